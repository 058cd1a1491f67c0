//! Section 6: preconditions, propagation, finalizers, and what goes with namespaces and definitions.

use nopea_core::port::Delete;
use serde_json::json;

use super::*;
use crate::Propagation;

fn deletion(object: &Value, mode: Mode) -> Delete {
    let manifest = manifest(object);
    Delete {
        key: manifest.key,
        api_version: manifest.api_version,
        uid: uid(object),
        version: Some(ResourceVersion::new(version(object))),
        mode,
    }
}

#[tokio::test]
async fn r20_a_delete_of_another_uid_or_version_is_409_and_deletes_nothing() {
    let cluster = cluster();
    let object = applied(&cluster, &config("a", &json!({})));
    let good = deletion(&object, Mode::Real);
    let wrong = Delete { uid: Uid::new("other"), ..good.clone() };
    let status = refused(cluster.delete(&wrong).await);
    assert_eq!(status.code, 409);
    assert!(status.message.contains("The UID in the precondition"), "{}", status.message);
    let stale = Delete { version: Some(ResourceVersion::new("5")), ..good.clone() };
    assert_eq!(refused(cluster.delete(&stale).await).code, 409);
    cluster.delete(&Delete { mode: Mode::Try, ..good.clone() }).await.unwrap();
    assert!(cluster.get(&key("ConfigMap", "a")).is_some());
    cluster.delete(&good).await.unwrap();
    assert_eq!(refused(cluster.delete(&good).await).code, 404);
}

#[test]
fn what_a_deployment_made_goes_with_it_and_a_jobs_pods_only_where_propagation_is_said() {
    let cluster = cluster();
    applied(&cluster, &deployment("nginx:1"));
    let pods = || cluster.list(&key("Pod", "").kind).len();
    assert_eq!(pods(), 1);
    cluster.delete_as_user(&key("Deployment", "web"), Propagation::Background).unwrap();
    assert_eq!((pods(), cluster.list(&key("ReplicaSet", "").kind).len()), (0, 0));
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "t"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}}});
    applied(&cluster, &job);
    cluster.delete_as_user(&key("Job", "j"), Propagation::Unsaid).unwrap();
    assert_eq!(pods(), 1);
}

#[test]
fn a_finalizer_holds_an_object_and_its_removal_by_an_apply_ends_it() {
    let cluster = cluster();
    let mut body = config("a", &json!({"k": "1"}));
    body["metadata"]["finalizers"] = json!(["x.io/hold"]);
    applied(&cluster, &body);
    cluster.delete_as_user(&key("ConfigMap", "a"), Propagation::Background).unwrap();
    let dying = cluster.get(&key("ConfigMap", "a")).unwrap();
    assert!(dying["metadata"]["deletionTimestamp"].is_string());
    body["data"]["k"] = json!("2");
    applied(&cluster, &body);
    body["metadata"].as_object_mut().unwrap().remove("finalizers");
    applied(&cluster, &body);
    assert!(cluster.get(&key("ConfigMap", "a")).is_none());
}

#[test]
fn r24_nothing_new_goes_into_a_terminating_namespace_and_its_contents_go_first() {
    let cluster = cluster();
    let mut held = config("a", &json!({}));
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    applied(&cluster, &held);
    applied(&cluster, &config("b", &json!({})));
    cluster.delete_as_user(&key("Namespace", "t"), Propagation::Background).unwrap();
    assert!(cluster.get(&key("ConfigMap", "b")).is_none());
    assert_eq!(cluster.get(&key("Namespace", "t")).unwrap()["status"]["phase"], "Terminating");
    let status = refused(apply(&cluster, &config("c", &json!({}))));
    assert_eq!((status.code, &*status.causes[0].reason), (403, "NamespaceTerminating"));
    cluster
        .edit(&key("ConfigMap", "a"), "x", |object| object["metadata"]["finalizers"] = json!([]))
        .unwrap();
    assert!(cluster.get(&key("Namespace", "t")).is_none());
}

#[test]
fn r21_a_definition_takes_its_objects_and_then_its_kind_with_it() {
    let cluster = cluster();
    applied(&cluster, &definition(&json!({"type": "object"})));
    let body = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "t"}});
    applied(&cluster, &body);
    cluster
        .delete_as_user(&key("CustomResourceDefinition", "things.x.io"), Propagation::Background)
        .unwrap();
    assert!(cluster.get(&manifest(&body).key).is_none());
    assert!(!refused(apply(&cluster, &body)).typed);
}
