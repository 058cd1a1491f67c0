//! What becomes an Event, and that a flood does not.

use nopea_core::{
    fault::{Code, Fault},
    model::{Changes, Commit, Delivery, ObjectKey, What},
    port::{Parent as _, ParentRef},
};
use serde_json::json;

use super::*;
use crate::transport::fake::{self, Reply};

fn repo() -> RepoKey {
    RepoKey::new("team", "shop")
}

fn commit() -> Commit {
    Commit::parse(&"a".repeat(40)).unwrap()
}

fn failed(code: Code, message: &str) -> What {
    let key = ObjectKey::new("apps", "Deployment", "shop", "web");
    let faults = vec![Fault::new(code, message).on(key), Fault::new(Code::Invalid, "another")];
    What::Failed { commit: Some(commit()), faults: faults.into() }
}

fn synced(created: usize) -> What {
    What::Synced {
        commit: commit(),
        previous: None,
        delivery: Delivery::Deployed,
        changes: Changes { created, unchanged: 3, ..Changes::default() },
        took: Duration::from_secs(1),
    }
}

#[test]
fn a_failure_names_its_first_fault_and_the_way_out() {
    let told = tell::told(&failed(Code::UnknownField, "spec.foo: not declared")).unwrap();
    assert!(told.warning);
    assert_eq!(told.reason, "SyncFailed");
    assert!(told.note.starts_with("K006 Deployment.apps shop/web: spec.foo: not declared"));
    assert!(told.note.contains("(and 1 more)") && told.note.contains(Code::UnknownField.help()));
}

#[test]
fn a_held_prune_and_a_blocked_deletion_have_reasons_of_their_own() {
    assert_eq!(tell::told(&failed(Code::PruneHeld, "5 of 6")).unwrap().reason, "PruneHeld");
    let left = Fault::new(Code::DeletionBlocked, "finalizers of others hold it")
        .on(ObjectKey::new("", "Namespace", "", "shop"));
    let told = tell::told(&What::Removed { deleted: 3, left: Arc::from([left]) }).unwrap();
    assert_eq!(told.reason, "DeletionBlocked");
    assert!(told.note.contains("Namespace shop: finalizers of others hold it"));
    assert_eq!(tell::told(&What::Removed { deleted: 3, left: Arc::default() }), None);
}

#[test]
fn a_sync_that_went_well_is_in_the_status_and_costs_no_event() {
    assert_eq!(tell::told(&synced(2)), None);
}

#[test]
fn a_note_is_never_longer_than_the_api_takes() {
    let told = tell::told(&failed(Code::Invalid, &"ä".repeat(5000))).unwrap();
    assert!(told.note.len() <= 1000, "{}", told.note.len());
}

#[test]
fn a_repository_that_fails_again_and_again_is_told_once_in_a_while() {
    let mut budgets = Budgets::default();
    let told = |number: u64| tell::told(&failed(Code::Invalid, &format!("n{number}"))).unwrap();
    let at = |seconds: u64| Timestamp(1_764_000_000_000 + seconds * 1000);
    assert_eq!(budgets.grant(&repo(), at(0), &told(0)), Grant::Tell);
    assert_eq!(budgets.grant(&repo(), at(9), &told(0)), Grant::Told);
    let grants: Vec<_> = (1..=20).map(|n| budgets.grant(&repo(), at(10), &told(n))).collect();
    assert_eq!(grants.iter().filter(|grant| **grant == Grant::Tell).count(), 9);
    assert_eq!(grants.last(), Some(&Grant::TooMany));
    let other = RepoKey::new("team", "other");
    assert_eq!(budgets.grant(&other, at(10), &told(1)), Grant::Tell, "others speak");
    assert_eq!(budgets.grant(&repo(), at(41), &told(30)), Grant::Tell);
    assert_eq!(budgets.grant(&repo(), at(41), &told(31)), Grant::TooMany);
    assert_eq!(budgets.grant(&repo(), at(3600), &told(30)), Grant::Tell, "it is still so");
}

#[tokio::test]
async fn an_event_is_written_on_the_repository() {
    let (client, record) = fake::client(|seen| {
        let object = json!({"metadata": {"uid": "u1"}});
        if seen.line.starts_with("POST") {
            Reply::Json(201, seen.body.clone())
        } else {
            Reply::Json(200, object)
        }
    });
    let cluster = Kubernetes::builder(client).build();
    let recorder = Recorder::new(&cluster, "pod-1");
    let notice = |what| Notice { repo: repo(), at: Timestamp(1_764_000_000_000), what };
    cluster.read(&ParentRef { repo: repo(), uid: Uid::new("u1") }).await.unwrap();
    recorder.emit(&notice(synced(0)));
    recorder.emit(&notice(failed(Code::Invalid, "spec.replicas")));
    let written = || record.all().into_iter().find(|seen| seen.line.starts_with("POST"));
    let event = loop {
        if let Some(seen) = written() {
            break seen;
        }
        tokio::task::yield_now().await;
    };
    assert!(event.line.starts_with("POST /apis/events.k8s.io/v1/namespaces/team/events"));
    assert_eq!(event.body["reason"], "SyncFailed");
    assert_eq!(event.body["type"], "Warning");
    assert_eq!(event.body["regarding"]["uid"], "u1");
    assert_eq!(event.body["reportingInstance"], "pod-1");
    assert_eq!(recorder.lost(), 0);
}

#[tokio::test]
async fn a_full_queue_loses_and_counts() {
    let (client, _) = fake::client(|_| Reply::Silence);
    let cluster = Kubernetes::builder(client).build();
    let recorder = Recorder::new(&cluster, "pod-1");
    let at = Timestamp(0);
    cluster.shown.stands(&ParentRef { repo: repo(), uid: Uid::new("u1") }, None);
    for number in 0..QUEUE + 5 {
        let what = failed(Code::Invalid, &number.to_string());
        recorder.emit(&Notice { repo: repo(), at, what });
    }
    assert_eq!(recorder.lost(), 5);
}
