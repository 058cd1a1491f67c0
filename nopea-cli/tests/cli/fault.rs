//! What bad manifests get: the code, the place, the caret, the way out.

use crate::{
    manifest::{BARE, config},
    run::{folder, nopea, shows},
};

#[test]
fn every_fault_of_a_render_is_shown_with_its_line_and_a_caret() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n";
    let folder = folder(&[("a.yaml", broken), ("b.yaml", "kind: [\n"), ("c.yaml", BARE)]);
    shows!(nopea(folder.path(), &["sync", "."]).whole(), @r#"
    exit 1
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    failed [COMMIT]: nothing was written ([TIME])
    requests: [N] reads, 1 status
    --- stderr
    error[M006]: the key "name" stands twice in one map, first at 4:3
     --> a.yaml:5:3
      |
    5 |   name: b
      |   ^^^^
      = help: remove one of the two

    error[M005]: a `[` or `{` is never closed
     --> b.yaml:1:7
      |
    1 | kind: [
      |       ^
      = help: close it, or quote the text if it begins with `[` or `{`
    "#);
}

#[test]
fn faults_have_code_place_and_help_in_json() {
    let file = config("a");
    let folder = folder(&[("a.yaml", &file), ("b.yaml", &file)]);
    let run = nopea(folder.path(), &["sync", ".", "-o", "json"]);
    assert_eq!(run.code, Some(1));
    let json = run.json();
    let fault = &json["faults"][0];
    assert_eq!(fault["code"], "M013");
    assert_eq!(fault["file"], "b.yaml");
    assert_eq!(fault["line"], 1);
    assert!(fault["message"].as_str().unwrap().contains("a.yaml:1"), "{fault}");
    assert!(!fault["help"].as_str().unwrap().is_empty());
    assert_eq!(json["phase"], "Failed");
    assert_eq!(json["requests"]["apply"], 0);
    assert!(!run.stderr.contains("M013"), "a fault is said once: {}", run.stderr);
}

#[test]
fn a_path_that_does_not_exist_is_a_fault_of_the_commit() {
    let folder = folder(&[("a.yaml", BARE)]);
    let run = nopea(folder.path(), &["sync", ".", "--path", "apps"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("error[M001]: "), "{run:?}");
}

#[test]
fn limits_can_be_set() {
    let folder = folder(&[("a.yaml", BARE)]);
    let run = nopea(folder.path(), &["render", ".", "--max-file-size", "10"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with("error[M007]: "), "{run:?}");
}
