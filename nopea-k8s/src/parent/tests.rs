//! Claims: what is sent, what is read back, and that a parent is never made by accident.

use serde_json::json;

use super::*;
use crate::transport::fake::{self, Record, Reply, Seen};

fn parent() -> ParentRef {
    ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u1") }
}

fn cluster(
    parent: ParentObject,
    answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Kubernetes, Record) {
    let (client, record) = fake::client(answer);
    (Kubernetes::builder(client).parent(parent).build(), record)
}

fn git(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Kubernetes, Record) {
    cluster(ParentObject::GitRepository, answer)
}

fn claim(kinds: &[(&str, &str)]) -> Claim {
    let kinds = kinds.iter().map(|(group, kind)| GroupKind::new(*group, *kind)).collect();
    Claim { parent: parent(), kinds }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> u16 {
    match answer {
        Err(Refusal::Status(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

fn claimed_object() -> Value {
    json!({
        "metadata": {
            "name": "shop", "namespace": "team", "uid": "u1",
            "finalizers": ["other.example/one", FINALIZER],
            "labels": {ID: &*part_of_id(&parent().repo)},
            "annotations": {KINDS: "ConfigMap,Deployment.apps"},
        },
        "status": {"phase": "Synced", "observedGeneration": 3},
    })
}

#[tokio::test]
async fn a_claim_is_one_apply_under_its_own_manager_with_the_uid() {
    let (cluster, record) = git(|_| Reply::Json(200, json!({})));
    cluster.claim(&claim(&[("", "ConfigMap"), ("apps", "Deployment")])).await.unwrap();
    let [seen] = &record.all()[..] else { panic!("{:?}", record.lines()) };
    assert_eq!(
        seen.line,
        "PATCH /apis/nopea.io/v1alpha1/namespaces/team/gitrepositories/shop\
         ?fieldManager=nopea-claim&force=true"
    );
    assert_eq!(seen.content_type, "application/apply-patch+yaml");
    let metadata = &seen.body["metadata"];
    assert_eq!(metadata["uid"], "u1");
    assert_eq!(metadata["finalizers"], json!([FINALIZER]));
    assert_eq!(metadata["labels"][ID], &*part_of_id(&parent().repo));
    assert_eq!(metadata["annotations"][KINDS], "ConfigMap,Deployment.apps");
    assert!(metadata["annotations"][TOOLING].as_str().unwrap().starts_with("nopea/v"));
    assert_eq!(seen.body.get("spec"), None);
}

#[tokio::test]
async fn a_release_holds_nothing_of_the_claim() {
    let (cluster, record) = git(|_| Reply::Json(200, json!({})));
    cluster.release(&parent()).await.unwrap();
    let metadata = record.all()[0].body["metadata"].clone();
    assert_eq!(metadata, json!({"name": "shop", "namespace": "team", "uid": "u1"}));
}

#[tokio::test]
async fn a_collision_is_tried_again_and_a_parent_that_is_gone_is_not() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let (cluster, record) =
        git(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => fake::status(409, "Conflict", "the object has been modified", &json!({})),
            _ => Reply::Json(200, json!({})),
        });
    cluster.claim(&claim(&[])).await.unwrap();
    assert_eq!(record.lines().len(), 2);

    let message =
        "uid mismatch: the provided object specified uid u1, and no existing object was found";
    let (cluster, record) = git(move |_| fake::status(409, "Conflict", message, &json!({})));
    assert_eq!(code(cluster.claim(&claim(&[])).await), 409);
    assert_eq!(record.lines().len(), 1);

    let (cluster, record) = git(|_| fake::status(409, "Conflict", "modified", &json!({})));
    assert_eq!(code(cluster.claim(&claim(&[])).await), 409);
    assert_eq!(record.lines().len(), TRIES, "not for ever");
}

#[tokio::test]
async fn what_was_claimed_and_shown_is_read() {
    let (cluster, record) = git(|_| Reply::Json(200, claimed_object()));
    let state = cluster.read(&parent()).await.unwrap();
    let kinds = [GroupKind::new("", "ConfigMap"), GroupKind::new("apps", "Deployment")];
    assert_eq!(state.claimed, Some(BTreeSet::from(kinds)));
    assert_eq!(state.status.unwrap().observed_generation, 3);
    assert_eq!(record.lines().len(), 1);
}

#[test]
fn a_claim_of_which_a_part_is_missing_is_none() {
    for part in ["finalizers", "labels", "annotations"] {
        let mut object = claimed_object();
        object["metadata"].as_object_mut().unwrap().remove(part);
        assert_eq!(claimed(ParentObject::GitRepository, &object), None, "{part}");
    }
    let mut object = claimed_object();
    object["metadata"]["annotations"][KINDS] = json!("");
    assert_eq!(claimed(ParentObject::GitRepository, &object), Some(BTreeSet::new()));
}

#[tokio::test]
async fn another_object_of_the_name_is_not_the_parent() {
    let (cluster, _) = git(|_| Reply::Json(200, claimed_object()));
    let other = ParentRef { uid: Uid::new("u2"), ..parent() };
    assert_eq!(code(cluster.read(&other).await), 404);
}

#[tokio::test]
async fn a_new_object_was_neither_claimed_nor_shown() {
    let fresh = json!({
        "metadata": {"name": "shop", "namespace": "team", "uid": "u1"},
        "status": {"observedGeneration": -1},
    });
    let (cluster, _) = git(move |_| Reply::Json(200, fresh.clone()));
    assert_eq!(cluster.read(&parent()).await.unwrap(), ParentState::default());
}

#[tokio::test]
async fn a_config_map_stands_for_a_repository_without_a_finalizer() {
    let status = json!({"phase": "Failed"}).to_string();
    let (cluster, record) = cluster(ParentObject::ConfigMap, move |seen| {
        let mut object = claimed_object();
        object["metadata"].as_object_mut().unwrap().remove("finalizers");
        object["data"] = json!({STATUS_KEY: status});
        if seen.line.starts_with("GET") {
            Reply::Json(200, object)
        } else {
            Reply::Json(200, json!({}))
        }
    });
    let state = cluster.read(&parent()).await.unwrap();
    assert_eq!(state.claimed.map(|kinds| kinds.len()), Some(2));
    assert_eq!(state.status.map(|status| status.phase.to_string()).as_deref(), Some("Failed"));
    cluster.claim(&claim(&[("", "ConfigMap")])).await.unwrap();
    cluster.release(&parent()).await.unwrap();
    let all = record.all();
    let path = "/api/v1/namespaces/team/configmaps/nopea-shop";
    assert_eq!(all[1].line, format!("PATCH {path}?fieldManager=nopea-claim&force=true"));
    assert_eq!(all[1].body["metadata"].get("finalizers"), None);
    assert_eq!(all[1].body["metadata"]["name"], "nopea-shop");
    assert_eq!(all[2].line, format!("DELETE {path}"));
    assert_eq!(all[2].body["preconditions"]["uid"], "u1");
}

#[tokio::test]
async fn the_config_map_is_made_once() {
    let (cluster, record) = cluster(ParentObject::ConfigMap, |seen| {
        let absent = || fake::status(404, "NotFound", "not found", &json!({"kind": "configmaps"}));
        if seen.line.starts_with("GET") {
            absent()
        } else {
            Reply::Json(201, json!({"metadata": {"uid": "made"}}))
        }
    });
    assert_eq!(cluster.declare(&parent().repo).await.unwrap(), Uid::new("made"));
    assert_eq!(record.all()[1].body["metadata"]["name"], "nopea-shop");
    let (cluster, record) =
        self::cluster(ParentObject::ConfigMap, |_| Reply::Json(200, claimed_object()));
    assert_eq!(cluster.declare(&parent().repo).await.unwrap(), Uid::new("u1"));
    assert_eq!(record.lines().len(), 1);
}

#[tokio::test]
async fn a_name_that_an_operator_runs_is_told() {
    let (cluster, _) = cluster(ParentObject::ConfigMap, |_| Reply::Json(200, claimed_object()));
    assert_eq!(cluster.git_repository(&parent().repo).await.unwrap(), Some(Uid::new("u1")));
    let (cluster, _) = self::cluster(ParentObject::ConfigMap, |_| fake::page_not_found());
    assert_eq!(cluster.git_repository(&parent().repo).await.unwrap(), None);
}
