//! `nopea sync`.

use crate::{
    manifest::{BARE, CUSTOM, SHOP},
    run::{folder, nopea, shows},
};

#[test]
fn a_sync_says_which_cluster_what_was_done_and_what_it_cost() {
    let folder = folder(&[("apps/shop.yaml", SHOP)]);
    shows!(nopea(folder.path(), &["sync", "."]).whole(), @"");
}

#[test]
fn the_json_of_a_sync_names_objects_places_and_requests() {
    let folder = folder(&[("apps/shop.yaml", SHOP)]);
    let run = nopea(folder.path(), &["sync", ".", "--name", "shop", "-o", "json"]);
    assert_eq!(run.code, Some(0));
    shows!(run.stdout, @"");
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
    shows!(run.whole(), @"");
}

#[test]
fn a_kind_without_a_definition_is_taken_with_a_warning() {
    let folder = folder(&[("a.yaml", CUSTOM)]);
    shows!(nopea(folder.path(), &["sync", "."]).whole(), @"");
}

#[test]
fn strict_refuses_what_a_real_cluster_refuses() {
    let folder = folder(&[("a.yaml", CUSTOM)]);
    shows!(nopea(folder.path(), &["sync", ".", "--strict"]).whole(), @"");
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
