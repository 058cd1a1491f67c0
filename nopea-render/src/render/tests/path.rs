//! Which files a path means: names, links, submodules, `.nopeaignore`, kustomize builds.

use nopea_core::model::TreePath;

use super::{brief, config, faults, objects, render};
use crate::MemoryTree;

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
