//! `nopea plan`.

use crate::{
    manifest::{BARE, SHOP},
    run::{folder, nopea, shows},
};

#[test]
fn a_plan_shows_what_would_be_created_and_writes_nothing() {
    let folder = folder(&[("shop.yaml", SHOP), ("bare.yaml", BARE)]);
    shows!(nopea(folder.path(), &["plan", "."]).whole(), @r#"
    exit 1
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    KIND        NAMESPACE   NAME       ACTION   SOURCE        MESSAGE
    ConfigMap   default     bare       create   bare.yaml:1   -
    Namespace   -           shop       create   shop.yaml:1   -
    ConfigMap   shop        settings   create   shop.yaml:6   checked once what it needs exists

    plan of [COMMIT]: 3 to create ([TIME])
    requests: 3 dry runs, [N] reads
    --- stderr
    [COMMIT]: 3 objects, 3 to write, 0 to prune
    "#);
    let json = nopea(folder.path(), &["plan", ".", "-o", "json"]).json();
    assert_eq!(json["phase"], "Planned");
    assert_eq!(json["changed"], true);
    assert_eq!(json["requests"]["apply"], 0);
    assert_eq!(json["requests"]["status"], 0);
}

#[test]
fn a_plan_of_nothing_has_nothing_to_do() {
    let folder = folder(&[("README.md", "no manifest\n")]);
    let run = nopea(folder.path(), &["plan", ".", "-o", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.json()["changed"], false);
}

#[test]
fn a_plan_of_what_the_cluster_refuses_ends_with_2() {
    let file = BARE.replace("data: {}", "data: {}\nnosuch: field");
    let folder = folder(&[("a.yaml", &file)]);
    let run = nopea(folder.path(), &["plan", "."]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains(": 1 failed; nothing was written"), "{run:?}");
    shows!(run.stderr, @r#"
    [COMMIT]: 1 object, 1 to write, 0 to prune
    error[K006]: nosuch: field not declared in schema
     --> a.yaml:1:1
      = object: ConfigMap default/bare
      = help: correct the field; `kubectl explain` lists the right ones
    "#);
}
