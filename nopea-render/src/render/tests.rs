//! Tests of the renderer as its callers see it: trees in, manifests and faults out.

mod faulty;
mod path;

use std::sync::Arc;

use nopea_core::{
    fault::{Fault, Retry},
    model::{Inputs, ObjectId, Rendered, SourceUrl, Spec, Text, TreePath},
    port::{Entry, Render, Renderer as _, Rendering, SourceTree, Stop, TreeError},
};
use proptest::prelude::*;

use super::ManifestRenderer;
use crate::{Limits, MemoryTree};

fn request(tree: &MemoryTree, path: &str) -> Render {
    let mut spec = Spec::new(SourceUrl::parse("https://example.org/shop.git").unwrap());
    spec.path = TreePath::parse(path).unwrap();
    Render {
        tree: Arc::new(tree.clone()),
        spec: Arc::new(spec),
        known: None,
        stop: Stop::default(),
    }
}

fn render(tree: &MemoryTree, path: &str) -> Result<Rendered, Vec<Fault>> {
    match ManifestRenderer::default().render(&request(tree, path))? {
        Rendering::Fresh(rendered) => Ok(rendered),
        Rendering::Unchanged => panic!("nothing was known"),
    }
}

/// What was rendered, one `place object` a line.
fn objects(tree: &MemoryTree, path: &str) -> Vec<String> {
    let rendered = render(tree, path).unwrap();
    rendered.manifests.iter().map(|m| format!("{} {}", m.origin, m.key)).collect()
}

/// Code and place of every fault.
fn faults(tree: &MemoryTree, path: &str) -> Vec<String> {
    brief(&render(tree, path).unwrap_err())
}

fn brief(faults: &[Fault]) -> Vec<String> {
    let place =
        |fault: &Fault| fault.origin.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    faults.iter().map(|fault| format!("{:?} {}", fault.code, place(fault))).collect()
}

/// The faults of one file.
fn of_file(text: &str) -> Vec<Fault> {
    render(&MemoryTree::new().file("a.yaml", text), "").unwrap_err()
}

/// A tree in which one blob has 100 MB.
struct Huge {
    tree: MemoryTree,
    huge: ObjectId,
}

impl SourceTree for Huge {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        self.tree.entry(path)
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        self.tree.list(dir)
    }

    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError> {
        let size = 100_000_000;
        if *id == self.huge && limit < size {
            return Err(TreeError::TooLarge { id: id.clone(), size, limit });
        }
        self.tree.read(id, limit)
    }
}

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

#[test]
fn files_are_read_recursively_in_the_byte_order_of_their_paths() {
    let tree = MemoryTree::new()
        .file("b/z.yml", config("bz"))
        .file("b.yaml", config("b"))
        .file("b-c/x.yaml", config("bcx"))
        .file("a.json", r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"}}"#)
        .file("README.md", "# nothing")
        .file(".hidden.yaml", "{")
        .file(".github/x.yaml", "{");
    let expected = [
        "a.json:1:1 Deployment.apps shop/web",
        "b-c/x.yaml:1:1 ConfigMap bcx",
        "b.yaml:1:1 ConfigMap b",
        "b/z.yml:1:1 ConfigMap bz",
    ];
    assert_eq!(objects(&tree, ""), expected);
    assert_eq!(objects(&tree, "b"), ["b/z.yml:1:1 ConfigMap bz"]);
    assert_eq!(objects(&tree, "b.yaml"), ["b.yaml:1:1 ConfigMap b"]);
}

#[test]
fn lists_are_flattened_and_their_items_have_their_places() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: one}
- apiVersion: v1
  kind: ConfigMapList
  items:
    - metadata: {name: two}
    - {kind: Pod, apiVersion: v1, metadata: {name: three}}
---
apiVersion: v1
kind: List
items: []
---
apiVersion: example.org/v1
kind: AllowList
metadata: {name: four}
";
    let expected = [
        "a.yaml:4:3 Secret one",
        "a.yaml:10:7 ConfigMap two",
        "a.yaml:11:7 Pod three",
        "a.yaml:17:1 AllowList.example.org four",
    ];
    assert_eq!(objects(&MemoryTree::new().file("a.yaml", text), ""), expected);
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n  {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"one\"}}]}";
    assert_eq!(objects(&MemoryTree::new().file("a.json", json), ""), ["a.json:2:3 Pod one"]);
}

#[test]
fn an_empty_repository_renders_to_nothing() {
    let rendered = render(&MemoryTree::new(), "").unwrap();
    assert_eq!(rendered.manifests, []);
    assert_eq!(rendered.inputs.0.len(), 1);
    let rendered = render(&MemoryTree::new().file("a.yaml", "# nothing\n---\n"), "").unwrap();
    assert_eq!((rendered.manifests.len(), rendered.warnings.len()), (0, 0));
}

#[test]
fn a_hundred_megabyte_scalar_is_a_fault() {
    let tree = MemoryTree::new().file("a.yaml", "huge").file("b.yaml", "[");
    let huge = tree.entry("a.yaml").unwrap().unwrap().id;
    let tree: Arc<dyn SourceTree> = Arc::new(Huge { tree, huge });
    let request = Render { tree, ..request(&MemoryTree::new(), "") };
    let found = ManifestRenderer::default().render(&request).unwrap_err();
    assert_eq!(brief(&found), ["TooLarge a.yaml:1:1", "Syntax b.yaml:1:1"]);
    assert_eq!(&*found[0].message, "the file has 100000000 bytes, more than 16777216");
}

#[test]
fn a_render_beyond_a_limit_is_a_fault() {
    let tree = MemoryTree::new().file("a.yaml", config("a")).file("b.yaml", config("b"));
    let rendered_with = |limits: Limits| {
        ManifestRenderer::new(limits).render(&request(&tree, "")).map_err(|faults| brief(&faults))
    };
    let bytes = Limits { render_bytes: 80, ..Limits::default() };
    assert_eq!(rendered_with(bytes), Err(vec!["TooLarge b.yaml:1:1".to_owned()]));
    let objects = Limits { objects: 1, ..Limits::default() };
    assert_eq!(rendered_with(objects), Err(vec!["TooLarge b.yaml:1:1".to_owned()]));
    let nodes = Limits { nodes: 12, ..Limits::default() };
    assert_eq!(rendered_with(nodes), Err(vec!["TooLarge b.yaml:1:1".to_owned()]));
    assert!(rendered_with(Limits::default()).is_ok());
}

#[test]
fn a_plain_path_is_one_input_and_the_links_it_leads_through() {
    let tree = MemoryTree::new()
        .file("apps/web/a.yaml", config("a"))
        .file("apps/web/b/c.yaml", config("c"))
        .file("shared/s.yaml", config("s"))
        .symlink("current", "apps");
    let paths = |tree: &MemoryTree, path: &str| -> Vec<String> {
        let inputs = render(tree, path).unwrap().inputs;
        inputs.0.iter().map(|input| input.path.to_string()).collect()
    };
    assert_eq!(paths(&tree, "apps/web"), ["apps/web"]);
    assert_eq!(paths(&tree, "current/web"), ["apps/web", "current"]);
    let linked = tree.symlink("apps/web/s", "../../shared").symlink("apps/web/gone", "nowhere");
    assert_eq!(
        paths(&linked, "apps/web"),
        ["apps/web", "apps/web/gone", "apps/web/nowhere", "apps/web/s", "shared"]
    );
}

#[test]
fn equal_inputs_are_unchanged_whatever_else_the_commit_did() {
    let tree = MemoryTree::new()
        .file("apps/a.yaml", config("a"))
        .file("shared/s.yaml", config("s"))
        .file("other/x.yaml", config("x"))
        .symlink("apps/s", "../shared");
    let first = render(&tree, "apps").unwrap();
    let again = |tree: &MemoryTree, known: &Arc<Inputs>| {
        let known = Some(Arc::clone(known));
        ManifestRenderer::default().render(&Render { known, ..request(tree, "apps") }).unwrap()
    };
    assert_eq!(again(&tree, &first.inputs), Rendering::Unchanged);
    assert_eq!(again(&tree.clone().file("other/x.yaml", "["), &first.inputs), Rendering::Unchanged);
    for changed in [
        tree.clone().file("apps/b.yaml", config("b")),
        tree.clone().file("shared/s.yaml", config("t")),
        tree.clone().file("apps/.nopeaignore", "s"),
        tree.clone().symlink("apps/s", "../other"),
    ] {
        let Rendering::Fresh(next) = again(&changed, &first.inputs) else {
            panic!("it did change")
        };
        assert_ne!(next.fingerprint, first.fingerprint);
    }
    assert_eq!(render(&tree, "apps").unwrap().fingerprint, first.fingerprint);
}

#[test]
fn a_stopped_render_says_so() {
    let tree = MemoryTree::new().file("a.yaml", config("a"));
    let request = request(&tree, "");
    request.stop.stop();
    let found = ManifestRenderer::default().render(&request).unwrap_err();
    assert_eq!(brief(&found), ["RenderInterrupted -"]);
    assert_eq!(found[0].retry, Retry::Soon);
}

#[test]
fn namespaces_stay_as_written() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n";
    let rendered = render(&MemoryTree::new().file("a.yaml", text), "").unwrap();
    let namespaces: Vec<_> =
        rendered.manifests.iter().map(|m| m.key.namespace.to_string()).collect();
    assert_eq!(namespaces, ["x", ""]);
    assert!(rendered.manifests[1].body["metadata"].get("namespace").is_none());
}

proptest! {
    #[test]
    fn any_tree_is_rendered_without_a_panic(
        files in prop::collection::vec(("[ab]/[ab]{1,2}(\\.yaml|\\.json)", "[-a:{}\\[\\],&*!|'\"#\\n <0]{0,40}"), 0..5),
        links in prop::collection::vec(("[ab]/[cd]", "(\\.\\./|[abcd]/|[abcd]){0,4}"), 0..6),
    ) {
        let tree = files.iter().fold(MemoryTree::new(), |tree, (path, text)| tree.file(path, text.as_str()));
        let tree = links.iter().fold(tree, |tree, (path, target)| tree.symlink(path, target));
        if let Err(faults) = render(&tree, "") {
            prop_assert!(!faults.is_empty());
        }
    }
}
