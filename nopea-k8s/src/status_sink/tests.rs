//! One write for each change, and none for what stands.

use nopea_core::{
    model::{Phase, Status},
    port::Parent as _,
};
use serde_json::json;

use super::*;
use crate::transport::fake::{self, Record, Reply, Seen};

fn cluster(
    parent: ParentObject,
    answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Kubernetes, Record) {
    let (client, record) = fake::client(answer);
    (Kubernetes::builder(client).parent(parent).build(), record)
}

fn publish(phase: Phase) -> Publish {
    let parent = ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u1") };
    let status = Status { phase, observed_generation: 2, ..Status::default() };
    Publish { parent, status: Arc::new(status) }
}

#[tokio::test]
async fn what_stands_is_not_written_again() {
    let (cluster, record) = cluster(ParentObject::GitRepository, |_| Reply::Json(200, json!({})));
    for phase in [Phase::Syncing, Phase::Syncing, Phase::Synced, Phase::Synced] {
        cluster.publish(&publish(phase)).await.unwrap();
    }
    let all = record.all();
    assert_eq!(all.len(), 2, "{:?}", record.lines());
    assert_eq!(
        all[0].line,
        "PATCH /apis/nopea.io/v1alpha1/namespaces/team/gitrepositories/shop/status\
         ?fieldManager=nopea-status"
    );
    let guard = json!({"op": "test", "path": "/metadata/uid", "value": "u1"});
    assert_eq!(all[0].body[0], guard);
    assert_eq!(all[1].body[1]["path"], "/status");
    assert_eq!(all[1].body[1]["value"]["phase"], "Synced");
}

#[tokio::test]
async fn what_was_read_after_a_restart_is_not_written_again() {
    let status = serde_json::to_value(shown(&publish(Phase::Synced).status)).unwrap();
    let object = json!({"metadata": {"uid": "u1"}, "status": status});
    let (cluster, record) =
        cluster(ParentObject::GitRepository, move |_| Reply::Json(200, object.clone()));
    cluster.read(&publish(Phase::Synced).parent).await.unwrap();
    cluster.publish(&publish(Phase::Synced)).await.unwrap();
    assert_eq!(record.lines().len(), 1);
    cluster.publish(&publish(Phase::Failed)).await.unwrap();
    assert_eq!(record.lines().len(), 2);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_sent_again() {
    let broken = std::sync::atomic::AtomicBool::new(true);
    let (cluster, record) = cluster(ParentObject::GitRepository, move |_| {
        if broken.swap(false, std::sync::atomic::Ordering::Relaxed) {
            Reply::Broken("cut")
        } else {
            Reply::Json(200, json!({}))
        }
    });
    let refusal = cluster.publish(&publish(Phase::Synced)).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unreachable(_)));
    cluster.publish(&publish(Phase::Synced)).await.unwrap();
    assert_eq!(record.lines().len(), 2);
}

#[tokio::test]
async fn a_parent_that_is_gone_or_replaced_is_not_found() {
    let causes = json!({"causes": [{"reason": "FieldValueInvalid", "field": "metadata.uid", "message": "m"}]});
    let answers = [
        fake::status(404, "NotFound", "not found", &json!({})),
        fake::status(409, "Conflict", "uid mismatch: … no existing object was found", &json!({})),
        fake::status(422, "Invalid", "field is immutable", &causes),
        fake::status(422, "Invalid", TEST_FAILED, &json!({})),
    ];
    for answer in answers {
        let (cluster, _) = cluster(ParentObject::GitRepository, move |_| answer.clone());
        match cluster.publish(&publish(Phase::Synced)).await.unwrap_err() {
            Refusal::Status(status) => assert_eq!(status.code, 404),
            other @ (Refusal::Unreachable(_) | Refusal::TimedOut(_)) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_config_map_holds_the_status_as_text() {
    let (cluster, record) = cluster(ParentObject::ConfigMap, |_| Reply::Json(200, json!({})));
    cluster.publish(&publish(Phase::Synced)).await.unwrap();
    let seen = record.all()[0].clone();
    assert!(seen.line.starts_with("PATCH /api/v1/namespaces/team/configmaps/nopea-shop?"));
    let text = seen.body["data"]["status"].as_str().unwrap().to_owned();
    let status: GitRepositoryStatus = serde_json::from_str(&text).unwrap();
    assert_eq!(status.phase.as_deref(), Some("Synced"));
}
