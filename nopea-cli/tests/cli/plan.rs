//! `nopea plan`.

use crate::{
    manifest::{BARE, SHOP},
    run::{folder, nopea, shows},
};

#[test]
fn a_plan_shows_what_would_be_created_and_writes_nothing() {
    let folder = folder(&[("shop.yaml", SHOP), ("bare.yaml", BARE)]);
    shows!(nopea(folder.path(), &["plan", "."]).whole(), @"");
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
    shows!(nopea(folder.path(), &["plan", "."]).whole(), @"");
}
