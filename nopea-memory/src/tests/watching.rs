//! Sections 1, 5, 7 and 11: what followers see.

use futures::{FutureExt as _, StreamExt as _};
use nopea_core::{
    model::{Change, Observation},
    port::{ClusterView as _, Follow, ViewEvent, ViewStream},
};
use serde_json::json;

use super::*;
use crate::{EventOrder, Propagation};

async fn follow(cluster: &MemoryCluster, kinds: &[(&str, &str)]) -> ViewStream {
    let kinds = kinds.iter().map(|(kind, version)| {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        (nopea_core::model::GroupKind::new(group, *kind), (*version).into())
    });
    cluster.follow(&Follow { repo: repo(), kinds: kinds.collect() }).await.unwrap()
}

/// What is there to be read now, in short.
fn drain(stream: &mut ViewStream) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(Some(event)) = stream.next().now_or_never() {
        seen.push(match event {
            ViewEvent::Observed(one) => format!("{:?} {}", one.change, one.key.name),
            ViewEvent::Synced { live, .. } => format!("Synced {}", live.len()),
            ViewEvent::Gone(kind) => format!("Gone {kind}"),
        });
    }
    seen
}

fn observed(stream: &mut ViewStream) -> Observation {
    match stream.next().now_or_never().flatten() {
        Some(ViewEvent::Observed(one)) => *one,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn r2_a_removed_label_and_a_deletion_leave_the_view_alike_and_show_the_state_before() {
    let cluster = cluster();
    let first = applied(&cluster, &config("a", &json!({"k": "old"})));
    applied(&cluster, &config("b", &json!({})));
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    assert_eq!(drain(&mut stream), ["Present a", "Present b", "Synced 2"]);
    let patch = json!({"metadata": {"labels": {PART_OF: null}}, "data": {"k": "new"}});
    let live = cluster.merge_patch(&key("ConfigMap", "a"), "kubectl-patch", &patch).unwrap();
    let seen = observed(&mut stream);
    assert_eq!((seen.change, &seen.uid), (Change::LeftView, &uid(&first)));
    assert_eq!(&*seen.version.0, version(&live));
    assert_eq!(seen.object.unwrap()["data"]["k"], "old");
    cluster.delete_as_user(&key("ConfigMap", "b"), Propagation::Background).unwrap();
    assert_eq!(drain(&mut stream), ["LeftView b"]);
}

#[tokio::test]
async fn r3_a_finalizer_shows_terminating_and_then_gone() {
    let cluster = cluster();
    let mut body = config("a", &json!({}));
    body["metadata"]["finalizers"] = json!(["x.io/hold"]);
    applied(&cluster, &body);
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut stream);
    cluster.delete_as_user(&key("ConfigMap", "a"), Propagation::Background).unwrap();
    assert_eq!(drain(&mut stream), ["Terminating a"]);
    cluster
        .edit(&key("ConfigMap", "a"), "x", |object| object["metadata"]["finalizers"] = json!([]))
        .unwrap();
    assert_eq!(drain(&mut stream), ["Gone a"]);
}

#[tokio::test]
async fn an_apply_that_changes_nothing_and_a_stranger_without_the_label_make_no_event() {
    let cluster = cluster();
    applied(&cluster, &config("a", &json!({"k": "1"})));
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut stream);
    applied(&cluster, &config("a", &json!({"k": "1"})));
    let mut stranger = config("b", &json!({}));
    stranger["metadata"]["labels"] = json!({});
    applied(&cluster, &stranger);
    assert!(drain(&mut stream).is_empty());
}

#[tokio::test]
async fn r6_an_expired_watch_lists_anew_and_compares_by_uid() {
    let cluster = cluster();
    applied(&cluster, &config("a", &json!({})));
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut stream);
    applied(&cluster, &config("b", &json!({})));
    cluster.expire_watches();
    assert_eq!(drain(&mut stream), ["Present a", "Present b", "Synced 2"]);
}

#[tokio::test]
async fn an_overflow_is_a_relist_of_that_stream_alone() {
    let cluster = MemoryCluster::builder().pace(Pace::Immediate).buffer(2).build();
    cluster.create_namespace("t");
    let mut slow = follow(&cluster, &[("ConfigMap", "v1")]).await;
    let mut fast = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut slow);
    drain(&mut fast);
    for number in 0..4 {
        applied(&cluster, &config("a", &json!({"n": number.to_string()})));
        assert_eq!(drain(&mut fast), ["Present a"]);
    }
    assert_eq!(drain(&mut slow), ["Present a", "Synced 1"]);
}

#[tokio::test]
async fn a_definition_opens_its_watch_every_change_of_it_relists_and_its_end_says_gone() {
    let cluster = cluster();
    let mut stream = follow(&cluster, &[("Thing", "x.io/v1")]).await;
    assert_eq!(drain(&mut stream), ["Gone Thing.x.io"]);
    applied(&cluster, &definition(&json!({"type": "object"})));
    assert_eq!(drain(&mut stream), ["Synced 0"]);
    let labels = json!({PART_OF: "x", REPOSITORY: "shop", NAMESPACE: "team"});
    applied(
        &cluster,
        &json!({"apiVersion": "x.io/v1", "kind": "Thing",
        "metadata": {"name": "a", "namespace": "t", "labels": labels}}),
    );
    assert_eq!(drain(&mut stream), ["Present a"]);
    let crd = key("CustomResourceDefinition", "things.x.io");
    cluster
        .edit(&crd, "kubectl-annotate", |object| {
            object["metadata"]["annotations"] = json!({"a": "b"});
        })
        .unwrap();
    assert_eq!(drain(&mut stream), ["Present a", "Synced 1"]);
    cluster.delete_as_user(&crd, Propagation::Background).unwrap();
    assert_eq!(drain(&mut stream).last().unwrap(), "Gone Thing.x.io");
}

#[tokio::test]
async fn the_old_owner_hears_when_an_object_goes_to_another_repository() {
    let cluster = cluster();
    applied(&cluster, &config("a", &json!({})));
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut stream);
    cluster
        .edit(&key("ConfigMap", "a"), "nopea", |object| {
            object["metadata"]["labels"][REPOSITORY] = json!("other");
        })
        .unwrap();
    let seen = observed(&mut stream);
    assert_eq!((seen.change, seen.marks.repository.as_deref()), (Change::Present, Some("other")));
}

#[tokio::test(start_paused = true)]
async fn r19_events_come_before_or_after_the_answer_as_asked_and_always_in_order() {
    let cluster = cluster();
    let mut stream = follow(&cluster, &[("ConfigMap", "v1")]).await;
    drain(&mut stream);
    cluster.event_order(EventOrder::AfterAnswer);
    applied(&cluster, &config("a", &json!({})));
    assert!(drain(&mut stream).is_empty());
    tokio::time::advance(std::time::Duration::from_millis(2)).await;
    let first = stream.next().await;
    assert!(matches!(first, Some(ViewEvent::Observed(_))));
    cluster.event_order(EventOrder::Random(7));
    let mut versions = Vec::new();
    for number in 0..50 {
        applied(&cluster, &config("a", &json!({"n": number.to_string()})));
    }
    while versions.len() < 50 {
        if let Some(ViewEvent::Observed(one)) = stream.next().await {
            versions.push(one.version.0.parse::<u64>().unwrap());
        }
    }
    assert!(versions.is_sorted());
}
