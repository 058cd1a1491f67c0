//! Tests of the renderer as its callers see it: trees in, manifests and faults out.

use std::{fmt::Write as _, sync::Arc};

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
fn a_document_without_a_kind_name_or_api_version_is_a_fault() {
    let text = "\
kind: Pod
metadata: {name: a}
---
apiVersion: v1
metadata:
  name: a
---
apiVersion: v1
kind: Pod
metadata:
  labels: {a: b}
---
apiVersion: v1
kind: Pod
---
apiVersion: ''
kind: ~
metadata: {name: ''}
";
    let found = of_file(text);
    let expected = [
        "MissingField a.yaml:1:1",
        "MissingField a.yaml:4:1",
        "MissingField a.yaml:10:1",
        "MissingField a.yaml:13:1",
        "MissingField a.yaml:16:1",
        "MissingField a.yaml:17:1",
        "MissingField a.yaml:18:12",
    ];
    assert_eq!(brief(&found), expected);
    let messages: Vec<_> = found.iter().map(|fault| &*fault.message).collect();
    assert_eq!(
        messages[..3],
        ["apiVersion is missing", "kind is missing", "metadata.name is missing"]
    );
    assert_eq!(
        messages[4..],
        ["apiVersion is empty", "kind has no value", "metadata.name is empty"]
    );
    assert!(found.iter().all(|fault| fault.retry == Retry::Never));
}

#[test]
fn a_field_of_the_wrong_type_is_a_fault_at_its_value() {
    let text = "\
apiVersion: v1
kind: Pod
metadata:
  name: 123
---
apiVersion: v1
kind: Pod
metadata:
  name: on
  namespace: [a]
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {a: 1, b: x, c: ~}
  annotations:
    ok: yes
---
apiVersion: a/b/c
kind: Pod
metadata: []
---
- a
---
text
";
    let found = of_file(text);
    let expected = [
        "WrongType a.yaml:4:9",
        "WrongType a.yaml:9:9",
        "WrongType a.yaml:10:14",
        "WrongType a.yaml:16:15",
        "WrongType a.yaml:18:9",
        "WrongType a.yaml:20:13",
        "WrongType a.yaml:22:1",
        "WrongType a.yaml:24:1",
        "WrongType a.yaml:26:1",
    ];
    assert_eq!(brief(&found), expected);
    assert!(found[1].help.contains("booleans"));
    assert_eq!(found[3].object.as_ref().unwrap().to_string(), "Pod web");
    assert_eq!(&*found[3].message, "metadata.labels[\"a\"] must be a text, not a number");
}

#[test]
fn a_generated_name_is_a_fault_with_the_way_out() {
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n");
    assert_eq!(brief(&found), ["GenerateName a.yaml:4:3"]);
    assert!(found[0].help.contains("metadata.name"));
}

#[test]
fn all_faults_of_all_files_come_in_one_answer() {
    let tree = MemoryTree::new()
        .file("a.yaml", "a: [\n---\nkind: Pod\nkind: Pod\n")
        .file("b.yaml", config("fine"))
        .file("c/d.json", "{")
        .file("e.yaml", "a:\n\tb: 1\n")
        .symlink("f.yaml", "nowhere.yaml")
        .symlink("g", "../outside");
    let expected = [
        "PathAbsent f.yaml:1:1",
        "PathOutside g:1:1",
        "Syntax a.yaml:1:4",
        "MissingField a.yaml:3:1",
        "MissingField a.yaml:3:1",
        "DuplicateKey a.yaml:4:1",
        "Syntax c/d.json:1:2",
        "Syntax e.yaml:2:2",
    ];
    assert_eq!(faults(&tree, ""), expected);
}

#[test]
fn a_fault_shows_its_line() {
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n\t- name: x\n  name: 123\n");
    let shown = found[0].excerpt.as_ref().unwrap();
    assert_eq!((&*shown.text, shown.start), ("→- name: x", 1));
    let found = of_file("apiVersion: v1\nkind: Pod\nmetadata:\n  name: 123\n");
    let shown = found[0].excerpt.as_ref().unwrap();
    assert_eq!((&*shown.text, shown.start, shown.length), ("  name: 123", 8, 3));
    let long = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{labels: {{x: '{}'}}, name: 1}}\n",
        "é".repeat(5_000)
    );
    let shown = of_file(&long)[0].excerpt.clone().unwrap();
    assert_eq!(shown.text.chars().nth(shown.start), Some('1'));
    assert!(shown.text.chars().count() < 130);
}

#[test]
fn an_excerpt_of_a_secret_shows_no_value() {
    let bodies = [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: 'hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: hunter2: x\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: *hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: !!int hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: @hunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: |\n    x\n\thunter2\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {hunter2: 1}}\n",
        "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, data: {a: hunter2}}]\n",
        "{\"kind\": \"Secret\", \"data\": {\"a\": \"hunter2\"",
        "stringData: {hunter2\nkind: Secret\n",
        "data:\n  a: 1\n  a: hunter2\nkind: !!str Secret\n",
    ];
    for body in bodies {
        let text = format!("{}---\n{body}", config("hunter2"));
        let found = if body.starts_with('{') { of_file(body) } else { of_file(&text) };
        assert!(!found.is_empty(), "{body}");
        for fault in found {
            let shown = fault.excerpt.as_ref().unwrap();
            assert!(!shown.text.contains("hunter2"), "{body}: {shown:?}");
            let public = body.contains("labels: {hunter2");
            assert!(public || !fault.to_string().contains("hunter2"), "{body}: {fault}");
            assert!(!fault.help.contains("hunter2"), "{body}: {fault:?}");
            assert!(shown.start < shown.text.chars().count().max(1), "{body}: {shown:?}");
        }
    }
    let found = of_file(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\nspec: {imagePullSecrets: []}\n",
    );
    assert!(found[0].excerpt.as_ref().unwrap().text.contains("name: 1"));
}

#[test]
fn a_kustomize_build_is_a_fault_and_nothing_of_it_is_read() {
    for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
        let tree = MemoryTree::new()
            .file(&format!("base/{name}"), "resources: [x.yaml]")
            .file("base/patch.yaml", "spec: {}")
            .file("other.yaml", config("a"));
        let found = render(&tree, "").unwrap_err();
        assert_eq!(brief(&found), [format!("KustomizeUnsupported base/{name}:1:1")]);
        assert!(
            found[0].message.contains("kustomize") && found[0].help.contains("kubectl kustomize")
        );
        let ignored = tree.file(".nopeaignore", "base/\n");
        assert_eq!(objects(&ignored, ""), ["other.yaml:1:1 ConfigMap a"]);
    }
}

#[test]
fn what_nopeaignore_names_is_left_out() {
    let tree = MemoryTree::new()
        .file(".nopeaignore", "# values of charts\nvalues*.yaml\n/drafts/\n!values-keep.yaml\n")
        .file("a.yaml", config("a"))
        .file("values.yaml", "x: 1")
        .file("apps/values.yaml", "x: 1")
        .file("apps/values-keep.yaml", config("keep"))
        .file("drafts/x.yaml", "[")
        .file("apps/drafts/x.yaml", config("draft"))
        .file("inner/.nopeaignore", "!values.yaml\nx.yaml")
        .file("inner/values.yaml", config("inner"))
        .file("inner/x.yaml", "[")
        .file("outer/x.yaml", config("x"));
    let expected = [
        "a.yaml:1:1 ConfigMap a",
        "apps/drafts/x.yaml:1:1 ConfigMap draft",
        "apps/values-keep.yaml:1:1 ConfigMap keep",
        "inner/values.yaml:1:1 ConfigMap inner",
        "outer/x.yaml:1:1 ConfigMap x",
    ];
    assert_eq!(objects(&tree, ""), expected);
}

#[test]
fn a_path_that_does_not_exist_is_a_fault() {
    let tree = MemoryTree::new().file("a.yaml", config("a")).file("b.txt", "x");
    for path in ["apps", "a.yaml/b", "b.txt"] {
        assert_eq!(faults(&tree, path), ["PathAbsent -"], "{path}");
    }
}

#[test]
fn an_absolute_path_or_one_that_leaves_the_tree_cannot_be_declared() {
    for path in ["/etc", "../x", "a/../../x"] {
        assert!(TreePath::parse(path).is_err(), "{path}");
    }
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
fn links_are_followed_inside_the_tree() {
    let tree = MemoryTree::new()
        .file("shared/a.yaml", config("a"))
        .file("shared/deep/b.yaml", config("b"))
        .symlink("apps/web/shared", "../../shared/deep")
        .symlink("apps/web/one.yaml", "../../shared/./a.yaml")
        .symlink("current", "apps/web");
    let expected = |path: &str| {
        [
            format!("{path}/one.yaml:1:1 ConfigMap a"),
            format!("{path}/shared/b.yaml:1:1 ConfigMap b"),
        ]
    };
    assert_eq!(objects(&tree, "apps/web"), expected("apps/web"));
    assert_eq!(objects(&tree, "current"), expected("current"));
    assert_eq!(objects(&tree, "current/shared"), ["current/shared/b.yaml:1:1 ConfigMap b"]);
}

#[test]
fn a_link_out_of_the_tree_is_a_fault() {
    let tree = MemoryTree::new()
        .symlink("a/up.yaml", "../../x.yaml")
        .symlink("a/abs", "/etc/passwd")
        .file("ok/a.yaml", config("a"));
    assert_eq!(faults(&tree, ""), ["PathOutside a/abs:1:1", "PathOutside a/up.yaml:1:1"]);
    assert_eq!(faults(&tree, "a/abs"), ["PathOutside -"]);
}

#[test]
fn a_chain_of_links_and_a_loop_are_faults() {
    let mut tree = MemoryTree::new()
        .symlink("self.yaml", "self.yaml")
        .symlink("a/up", "..")
        .symlink("b/c", "../d")
        .symlink("d/e", "../b");
    for number in 0..60 {
        tree = tree.symlink(&format!("x/{number}"), &format!("{}", number + 1));
    }
    tree = tree.file("x/60", "");
    let found = faults(&tree, "");
    assert!(found.contains(&"LinkLoop self.yaml:1:1".to_owned()), "{found:?}");
    assert!(found.contains(&"LinkLoop a/up:1:1".to_owned()), "{found:?}");
    assert!(found.iter().any(|fault| fault.starts_with("LinkLoop b/c/e")), "{found:?}");
    assert!(found.contains(&"LinkLoop x/0:1:1".to_owned()), "{found:?}");
    assert!(!found.iter().any(|fault| fault.contains("x/59")), "{found:?}");
}

#[test]
fn links_that_multiply_are_bounded() {
    let mut tree = MemoryTree::new().file("l30/a.yaml", config("a"));
    for level in 0..30 {
        for side in ["a", "b", "c"] {
            tree = tree.symlink(&format!("l{level}/{side}"), &format!("../l{}", level + 1));
        }
    }
    assert!(faults(&tree, "l0").iter().any(|fault| fault.starts_with("TooLarge")));
}

#[test]
fn a_submodule_is_named_in_a_warning() {
    let tree = MemoryTree::new().submodule("lib", "c0ffee").file("a.yaml", config("a"));
    let rendered = render(&tree, "").unwrap();
    assert_eq!(brief(&rendered.warnings), ["Submodule lib:1:1"]);
    assert_eq!(rendered.manifests.len(), 1);
    assert_eq!(faults(&tree, "lib"), ["Submodule -"]);
    assert_eq!(faults(&tree, "lib/apps"), ["Submodule -"]);
}

#[test]
fn a_file_with_an_upper_case_ending_is_named_in_a_warning() {
    let rendered = render(&MemoryTree::new().file("a.YAML", config("a")), "").unwrap();
    assert_eq!(brief(&rendered.warnings), ["IgnoredFile a.YAML:1:1"]);
}

#[test]
fn a_manifest_that_is_an_lfs_pointer_is_a_fault() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    assert_eq!(brief(&of_file(pointer)), ["LfsPointer a.yaml:1:1"]);
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
fn a_flood_of_faults_is_cut_and_says_so() {
    let mut text = String::new();
    (0..5_000).for_each(|number| write!(text, "---\na{number}: [\n").unwrap());
    let found = of_file(&text);
    assert_eq!(found.len(), 1_001);
    assert!(found[1_000].message.contains("more than 1000 faults"));
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
