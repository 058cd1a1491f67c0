//! Surveys, parents, statuses, releases; and that every port stays usable as a trait object.

use std::collections::BTreeSet;

use nopea_core::{
    model::{GroupKind, Status},
    port::{Claim, ClusterView, Look, Parent, ParentRef, Publish, Release, StatusSink, Survey},
};
use serde_json::json;

use super::*;

#[tokio::test]
async fn surveys_find_members_by_label_and_contents_by_place() {
    let cluster = cluster();
    applied(&cluster, &config("a", &json!({})));
    let mut stranger = config("b", &json!({}));
    stranger["metadata"]["labels"] = json!({});
    applied(&cluster, &stranger);
    let names = |found: Vec<nopea_core::model::Observation>| -> Vec<String> {
        found.iter().map(|one| one.key.name.as_ref().to_owned()).collect()
    };
    let kinds: BTreeSet<_> =
        [GroupKind::new("", "ConfigMap"), GroupKind::new("x.io", "Thing")].into();
    let members = cluster.survey(&Survey::Members { repo: repo(), kinds }).await.unwrap();
    assert!(members.iter().all(|one| one.object.is_some()));
    assert_eq!(names(members), ["a"]);
    let all = cluster.survey(&Survey::AllKinds { repo: repo() }).await.unwrap();
    assert_eq!(names(all), ["a"]);
    let contents = cluster.survey(&Survey::Contents { key: key("Namespace", "t") }).await.unwrap();
    assert!(contents.iter().all(|one| one.object.is_some()), "who owns it is read from the object");
    assert_eq!(names(contents), ["a", "b", "default"]);
}

#[tokio::test]
async fn r22_a_claim_never_makes_a_parent_and_holds_a_deleted_one_until_its_release() {
    let cluster = cluster();
    let (repo, kinds) = (repo(), BTreeSet::from([GroupKind::new("", "ConfigMap")]));
    let gone = ParentRef { repo: repo.clone(), uid: Uid::new("gone") };
    let claim = |parent: &ParentRef| Claim { parent: parent.clone(), kinds: kinds.clone() };
    assert_eq!(refused(Parent::claim(&cluster, &claim(&gone)).await).code, 409);
    let parent = ParentRef { repo: repo.clone(), uid: cluster.declare(&repo) };
    assert_eq!(refused(Parent::claim(&cluster, &claim(&gone)).await).code, 422);
    Parent::claim(&cluster, &claim(&parent)).await.unwrap();
    cluster.undeclare(&repo);
    assert_eq!(Parent::read(&cluster, &parent).await.unwrap().claimed, Some(kinds));
    Parent::release(&cluster, &parent).await.unwrap();
    assert!(cluster.parent(&repo).is_none());
    assert_eq!(refused(Parent::read(&cluster, &parent).await).code, 404);
}

#[tokio::test]
async fn a_status_is_written_only_where_it_differs() {
    let cluster = cluster();
    let parent = ParentRef { repo: repo(), uid: cluster.declare(&repo()) };
    let publish = Publish { parent, status: Arc::new(Status::default()) };
    cluster.publish(&publish).await.unwrap();
    cluster.publish(&publish).await.unwrap();
    assert_eq!(cluster.parent(&repo()).unwrap().status_writes, 1);
    assert_eq!(cluster.requests().status, 2);
}

#[tokio::test]
async fn r12_a_release_rewrites_the_entries_under_the_version_it_saw() {
    let cluster = cluster();
    cluster.create("kubectl-create", &config("a", &json!({"k": "1", "b": "2"}))).unwrap();
    let object = applied(&cluster, &config("a", &json!({"k": "1", "b": "2"})));
    let entries: Vec<Value> = object["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["manager"] == "nopea")
        .cloned()
        .collect();
    let release = |version: &str| Release {
        key: key("ConfigMap", "a"),
        api_version: "v1".into(),
        version: ResourceVersion::new(version),
        managed_fields: Arc::new(json!(entries)),
    };
    assert_eq!(refused(Applier::release(&cluster, &release("5")).await).code, 409);
    Applier::release(&cluster, &release(&version(&object))).await.unwrap();
    assert_eq!(managers(&cluster.get(&key("ConfigMap", "a")).unwrap()), ["nopea/Apply"]);
    let dropped = applied(&cluster, &config("a", &json!({"k": "1"})));
    assert!(dropped["data"].get("b").is_none());
}

#[tokio::test]
async fn every_port_stays_dyn_compatible() {
    let cluster = cluster();
    let ports: (&dyn Applier, &dyn ClusterView, &dyn Parent, &dyn StatusSink) =
        (&cluster, &cluster, &cluster, &cluster);
    let request = Apply {
        manifest: manifest(&config("a", &json!({}))),
        guard: Guard::Absent,
        mode: Mode::Try,
    };
    assert!(ports.0.apply(&request).await.unwrap().created);
    let look = Look { key: key("ConfigMap", "a"), api_version: "v1".into() };
    assert!(ports.1.look(&look).await.unwrap().is_none());
    let parent = ParentRef { repo: repo(), uid: cluster.declare(&repo()) };
    assert_eq!(ports.2.read(&parent).await.unwrap().claimed, None);
    let publish = Publish { parent, status: Arc::new(Status::default()) };
    assert!(ports.3.publish(&publish).await.is_ok());
}
