//! What reaches an engine, and what does not.

use nopea_core::model::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::{
    fixture::{object, with},
    object::read,
};

const ALL: Scope = None;

fn good() -> Value {
    json!({"url": "https://example.org/a.git"})
}

fn bad() -> Value {
    json!({"url": "https://example.org/a.git", "path": "/etc"})
}

/// An object at a generation, with whatever else.
fn seen(spec: &Value, generation: i64, change: impl FnOnce(&mut Value)) -> Seen {
    let object = with(object("web", spec), |metadata| {
        metadata["generation"] = json!(generation);
        change(metadata);
    });
    read(object).unwrap()
}

fn plain(spec: &Value, generation: i64) -> Seen {
    seen(spec, generation, |_| {})
}

fn claimed(metadata: &mut Value) {
    metadata["finalizers"] = json!(["nopea.io/members"]);
    metadata["labels"] = json!({"applyset.kubernetes.io/id": "x"});
    metadata["annotations"] = json!({"applyset.kubernetes.io/contains-group-kinds": "ConfigMap"});
}

fn dying(metadata: &mut Value) {
    metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
}

fn key() -> RepoKey {
    RepoKey::new("shop", "web")
}

/// The one declaration among the changes.
fn put(changes: &[Change]) -> &Declared {
    let mut puts = changes.iter().filter_map(|change| match change {
        Change::Put(declared) => Some(&**declared),
        Change::ClaimLost(_) | Change::Remove(_) | Change::Refuse(_) | Change::Accept(_) => None,
    });
    let (first, second) = (puts.next(), puts.next());
    assert!(second.is_none());
    first.unwrap()
}

fn table(objects: impl IntoIterator<Item = Seen>) -> Table {
    let mut table = Table::default();
    for object in objects {
        table.seen(&ALL, object);
    }
    table
}

#[test]
fn a_new_object_is_declared() {
    let changes = Table::default().seen(&ALL, plain(&good(), 1));
    assert_eq!((&put(&changes).key, put(&changes).generation), (&key(), 1));
}

#[test]
fn our_own_status_writes_and_claims_reach_nobody() {
    let mut table = table([plain(&good(), 1)]);
    assert_eq!(table.seen(&ALL, plain(&good(), 1)), []);
    assert_eq!(table.seen(&ALL, seen(&good(), 1, claimed)), []);
}

#[test]
fn another_generation_annotation_or_deletion_does() {
    let mut table = table([plain(&good(), 1)]);
    assert_eq!(put(&table.seen(&ALL, plain(&good(), 2))).generation, 2);
    let asked = |metadata: &mut Value| {
        metadata["annotations"] = json!({"nopea.io/sync-requested-at": "now"});
    };
    let changes = table.seen(&ALL, seen(&good(), 2, asked));
    assert_eq!(put(&changes).orders.sync_token.as_deref(), Some("now"));
    let changes = table.seen(&ALL, seen(&good(), 2, dying));
    assert_eq!(put(&changes).deleted_at, Some(Timestamp(1_767_225_600_000)));
}

#[test]
fn a_claim_that_goes_from_a_standing_object_is_lost() {
    let mut table = table([seen(&good(), 1, claimed)]);
    assert_eq!(table.seen(&ALL, plain(&good(), 1)), [Change::ClaimLost(key())]);
    assert_eq!(table.seen(&ALL, plain(&good(), 1)), [], "told once");
}

#[test]
fn a_replaced_object_is_declared_and_its_claim_lost() {
    let mut table = table([seen(&good(), 1, claimed)]);
    let changes = table.seen(&ALL, plain(&good(), 2));
    assert_eq!(put(&changes).generation, 2);
    assert_eq!(changes.last(), Some(&Change::ClaimLost(key())));
}

#[test]
fn the_end_of_a_removal_is_no_loss_and_no_news() {
    let mut table = table([seen(&good(), 1, |metadata| {
        claimed(metadata);
        dying(metadata);
    })]);
    assert_eq!(table.seen(&ALL, seen(&good(), 1, dying)), []);
}

#[test]
fn what_a_list_does_not_show_again_is_removed_and_what_it_shows_is_no_news() {
    let mut table = table([plain(&good(), 1)]);
    let other = read(object("api", &good())).unwrap();
    table.seen(&ALL, other);
    table.list_begins(&ALL);
    assert_eq!(table.seen(&ALL, plain(&good(), 1)), []);
    assert_eq!(table.list_ends(&ALL), [Change::Remove(RepoKey::new("shop", "api"))]);
}

#[test]
fn the_list_of_one_namespace_says_nothing_of_another() {
    let mut table = table([plain(&good(), 1)]);
    let scope = Some("elsewhere".to_owned());
    table.list_begins(&scope);
    assert_eq!(table.list_ends(&scope), []);
}

#[test]
fn a_deleted_object_is_removed_once() {
    let mut table = table([plain(&good(), 1)]);
    assert_eq!(table.gone(&key()), [Change::Remove(key())]);
    assert_eq!(table.gone(&key()), []);
}

#[test]
fn an_object_that_never_could_be_read_is_refused_alone() {
    let mut table = table([read(object("api", &good())).unwrap()]);
    let changes = table.seen(&ALL, plain(&bad(), 1));
    let [Change::Refuse(refused)] = &*changes else { panic!("{changes:?}") };
    assert_eq!((&refused.parent.repo, refused.generation), (&key(), 1));
    assert!(refused.why.contains("path"), "{}", refused.why);
}

#[test]
fn an_object_that_becomes_unreadable_keeps_its_last_good_spec_and_says_why() {
    let mut table = table([plain(&good(), 1)]);
    let changes = table.seen(&ALL, plain(&bad(), 2));
    let declared = put(&changes);
    assert_eq!((declared.generation, declared.spec.path.as_str()), (2, ""));
    assert!(declared.orders.refused.as_deref().unwrap().contains("path"));
    let changes = table.seen(&ALL, plain(&good(), 3));
    assert_eq!(put(&changes).orders.refused, None);
}

#[test]
fn an_object_that_is_corrected_is_accepted_then_declared() {
    let mut table = table([plain(&bad(), 1)]);
    let changes = table.seen(&ALL, plain(&good(), 2));
    assert_eq!(changes.first(), Some(&Change::Accept(key())));
    assert_eq!(put(&changes).generation, 2);
}

#[test]
fn an_unreadable_object_that_is_deleted_takes_its_members_along() {
    let mut unread = table([seen(&bad(), 1, claimed)]);
    let changes = unread.seen(
        &ALL,
        seen(&bad(), 1, |metadata| {
            claimed(metadata);
            dying(metadata);
        }),
    );
    assert!(put(&changes).deleted_at.is_some());
    let mut read_once = table([seen(&good(), 1, claimed), seen(&bad(), 2, claimed)]);
    let changes = read_once.seen(
        &ALL,
        seen(&bad(), 2, |metadata| {
            claimed(metadata);
            dying(metadata);
        }),
    );
    assert_eq!(put(&changes).spec.url.to_string(), "https://example.org/a.git");
}

#[test]
fn another_object_of_the_same_name_is_declared_under_its_own_uid() {
    let mut table = table([plain(&good(), 1)]);
    let other = |spec: &Value| seen(spec, 1, |metadata| metadata["uid"] = json!("other"));
    assert_eq!(&*put(&table.seen(&ALL, other(&good()))).uid.0, "other");
    let third = seen(&bad(), 1, |metadata| metadata["uid"] = json!("third"));
    let changes = table.seen(&ALL, third);
    assert_eq!(changes.first(), Some(&Change::Remove(key())));
    assert!(matches!(changes.last(), Some(Change::Refuse(_))));
}
