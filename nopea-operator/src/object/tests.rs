//! What objects declare, readable or not.

use super::*;
use crate::fixture::{object, with};

fn reading(spec: &Value) -> Reading {
    read(object("web", spec)).unwrap().reading
}

fn why(spec: &Value) -> String {
    match reading(spec) {
        Reading::Bad { why, .. } => why.to_string(),
        Reading::Good(declared) => panic!("{declared:?}"),
    }
}

fn removal(spec: &Value) -> Spec {
    match reading(spec) {
        Reading::Bad { removal, .. } => Spec::clone(&removal.unwrap().spec),
        Reading::Good(declared) => panic!("{declared:?}"),
    }
}

#[test]
fn a_valid_object_declares_its_spec_and_its_orders() {
    let object = with(object("web", &json!({"url": "https://example.org/a.git"})), |metadata| {
        metadata["annotations"] = json!({"nopea.io/pin": "main", "other": "x"});
    });
    let seen = read(object).unwrap();
    let Reading::Good(declared) = seen.reading else { panic!("{:?}", seen.reading) };
    assert_eq!(declared.key, RepoKey::new("shop", "web"));
    assert_eq!(
        declared.orders.unread.len(),
        1,
        "an annotation that cannot be read is kept to tell"
    );
    assert_eq!(seen.shown.annotations.len(), 1, "only ours matter");
}

#[test]
fn every_wrong_value_is_named_with_the_way_out() {
    let why = why(&json!({"url": "https://example.org/a.git", "path": "/etc", "interval": "1s"}));
    for part in ["path \"/etc\"", "interval \"1s\"", "write it relative", "give at least 10s"] {
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn every_value_of_a_wrong_type_is_named_and_spoils_no_other_object() {
    let why = why(&json!({
        "url": "https://example.org/a.git", "interval": 5, "suspend": "no", "path": "/etc",
    }));
    assert!(why.contains("spec.interval 5 cannot be"), "{why}");
    assert!(why.contains("spec.suspend \"no\" cannot be"), "{why}");
    assert!(why.contains("path \"/etc\" cannot be"), "of a wrong value as well: {why}");
}

#[test]
fn an_object_without_a_url_says_so() {
    assert!(why(&json!({})).contains("url"));
}

#[test]
fn what_cannot_be_read_can_be_removed_as_its_policy_says() {
    let spec = json!({"url": "x", "interval": 5, "timeout": "7s"});
    assert_eq!(removal(&spec).deletion_policy, DeletionPolicy::Delete);
    assert_eq!(removal(&spec).timeout, std::time::Duration::from_secs(7));
    let orphan = json!({"interval": 5, "deletionPolicy": "Orphan", "suspend": true});
    assert_eq!(removal(&orphan).deletion_policy, DeletionPolicy::Orphan);
    assert!(removal(&orphan).suspend);
}

#[test]
fn a_policy_that_cannot_be_read_deletes_nothing() {
    for policy in [json!("delete"), json!(1), json!(null)] {
        let spec = json!({"url": "x", "interval": 5, "deletionPolicy": policy});
        assert_eq!(removal(&spec).deletion_policy, DeletionPolicy::Orphan, "{policy}");
    }
}

#[test]
fn a_status_write_shows_nothing_that_matters() {
    let spec = json!({"url": "https://example.org/a.git"});
    let mut written = object("web", &spec);
    written.data["status"] = json!({"phase": "Synced"});
    let written = with(written, |metadata| metadata["resourceVersion"] = json!("2"));
    assert_eq!(read(written).unwrap().shown, read(object("web", &spec)).unwrap().shown);
}

#[test]
fn each_part_of_a_claim_can_be_lost() {
    let whole = Claim { finalizer: true, id: true, kinds: true };
    for part in [
        Claim { finalizer: false, ..whole },
        Claim { id: false, ..whole },
        Claim { kinds: false, ..whole },
    ] {
        assert!(part.lost_since(whole), "{part:?}");
        assert!(!whole.lost_since(part), "{part:?}");
    }
    assert!(!whole.lost_since(whole));
}
