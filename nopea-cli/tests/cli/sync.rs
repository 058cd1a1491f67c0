//! `nopea sync`.

use crate::{
    manifest::{BARE, CUSTOM, SHOP},
    run::{folder, nopea, shows},
};

#[test]
fn a_sync_says_which_cluster_what_was_done_and_what_it_cost() {
    let folder = folder(&[("apps/shop.yaml", SHOP)]);
    shows!(nopea(folder.path(), &["sync", "."]).whole(), @r#"
    exit 0
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    KIND        NAMESPACE   NAME       ACTION    SOURCE
    Namespace   -           shop       created   apps/shop.yaml:1
    ConfigMap   shop        settings   created   apps/shop.yaml:6

    synced [COMMIT]: 2 created ([TIME])
    requests: 3 dry runs, 2 applies, 1 claim, [N] reads, 1 status
    --- stderr
    [COMMIT]: 2 objects, 2 to write, 0 to prune
    "#);
}

#[test]
fn the_json_of_a_sync_names_objects_places_and_requests() {
    let folder = folder(&[("apps/shop.yaml", SHOP)]);
    let run = nopea(folder.path(), &["sync", ".", "--name", "shop", "-o", "json"]);
    assert_eq!(run.code, Some(0));
    shows!(run.stdout, @r#"
    {
      "repository": "default/shop",
      "commit": "[ID]",
      "phase": "Synced",
      "changed": true,
      "objects": [
        {
          "group": "",
          "kind": "Namespace",
          "namespace": "",
          "name": "shop",
          "action": "created",
          "file": "apps/shop.yaml",
          "line": 1
        },
        {
          "group": "",
          "kind": "ConfigMap",
          "namespace": "shop",
          "name": "settings",
          "action": "created",
          "file": "apps/shop.yaml",
          "line": 6
        }
      ],
      "faults": [],
      "requests": {
        "dryRun": 3,
        "apply": 2,
        "delete": 0,
        "read": [N],
        "status": 1
      },
      "durationMs": [N]
    }
    "#);
    let json = run.json();
    assert_eq!(json["repository"], "default/shop");
    assert_eq!(json["requests"]["apply"], 2);
}

#[test]
fn yaml_says_the_same_as_json() {
    let folder = folder(&[("a.yaml", BARE)]);
    let read = |format| {
        let run = nopea(folder.path(), &["sync", ".", "-o", format]);
        let mut value: serde_json::Value = serde_yaml::from_str(&run.stdout).unwrap();
        value["durationMs"] = 0.into();
        value["requests"]["read"] = 0.into();
        value
    };
    assert_eq!(read("yaml"), read("json"));
}

#[test]
fn a_missing_namespace_is_made_with_a_warning() {
    let folder = folder(&[("a.yaml", BARE)]);
    let run = nopea(folder.path(), &["sync", ".", "--target-namespace", "lab"]);
    shows!(run.whole(), @r#"
    exit 0
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    KIND        NAMESPACE   NAME   ACTION    SOURCE
    ConfigMap   lab         bare   created   a.yaml:1

    synced [COMMIT]: 1 created ([TIME])
    requests: 1 dry run, 1 apply, 1 claim, [N] reads, 1 status
    --- stderr
    [COMMIT]: 1 object, 1 to write, 0 to prune
    warning[K020]: namespace lab is created; a real cluster would answer 404: namespaces "lab" not found
      = object: ConfigMap lab/bare
      = help: a real cluster refuses the object until the namespace exists
    "#);
}

#[test]
fn a_kind_without_a_definition_is_taken_with_a_warning() {
    let folder = folder(&[("a.yaml", CUSTOM)]);
    shows!(nopea(folder.path(), &["sync", "."]).whole(), @r#"
    exit 0
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    KIND                 NAMESPACE   NAME   ACTION    SOURCE
    Widget.example.org   default     one    created   a.yaml:1

    synced [COMMIT]: 1 created ([TIME])
    requests: 1 dry run, 1 apply, 1 claim, [N] reads, 1 status
    --- stderr
    [COMMIT]: 1 object, 1 to write, 0 to prune
    warning[K019]: Widget.example.org is taken without a schema; a real cluster would answer 404: the server could not find the requested resource
      = object: Widget.example.org default/one
      = help: a real cluster refuses it until its CustomResourceDefinition is installed
    "#);
}

#[test]
fn strict_refuses_what_a_real_cluster_refuses() {
    let folder = folder(&[("a.yaml", CUSTOM)]);
    shows!(nopea(folder.path(), &["sync", ".", "--strict"]).whole(), @r#"
    exit 1
    --- stdout
    cluster: embedded cluster (in memory, Kubernetes 1.37 behaviour)
    source:  .

    KIND                 NAMESPACE   NAME   ACTION   SOURCE
    Widget.example.org   default     one    failed   a.yaml:1

    failed [COMMIT]: 1 failed; nothing was written ([TIME])
    requests: [N] reads, 1 status
    --- stderr
    error[K003]: neither the cluster nor the commit has the kind Widget.example.org (example.org/v1)
     --> a.yaml:1:1
      = object: Widget.example.org default/one
      = help: install its CustomResourceDefinition, or add it to the same commit
    "#);
}

#[test]
fn an_object_that_does_not_get_ready_is_a_fault_unless_nobody_waits() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  \
               - name: web\n    image: example.org/does-not-exist:1\n";
    let folder = folder(&[("a.yaml", pod)]);
    let waits = nopea(folder.path(), &["sync", ".", "--timeout", "1s", "-o", "json"]);
    let leaves = nopea(folder.path(), &["sync", ".", "--wait=false", "-o", "json"]);
    assert_eq!((waits.code, leaves.code), (Some(1), Some(0)), "{waits:?}");
    assert_eq!(waits.json()["faults"][0]["code"], "K015");
}

#[test]
fn a_second_name_of_the_flags_can_be_left_out() {
    let folder = folder(&[("a.yaml", BARE)]);
    let run = nopea(folder.path(), &["sync", ".", "--prune", "--wait", "-o", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}
