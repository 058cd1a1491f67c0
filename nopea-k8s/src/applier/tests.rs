//! One row for each request that goes out, and what comes of the answers.

use std::sync::Arc;

use nopea_core::{
    model::{Manifest, ObjectKey, Origin, ResourceVersion, Uid},
    port::Guard,
};
use serde_json::json;

use super::*;
use crate::transport::fake::{self, Record, Reply, Seen};

const FORCED: &str = "fieldManager=nopea&force=true&fieldValidation=Strict";
const CONFIG: &str = "/api/v1/namespaces/shop/configmaps/web";

fn discovery(seen: &Seen) -> Option<Reply> {
    let resource = |plural: &str, kind: &str, scope: &str| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": ["get"]});
    let list = |items: Value| json!({"kind": "APIGroupDiscoveryList", "items": items});
    let group = |name: &str, version: &str, resources: Value| json!({"metadata": {"name": name}, "versions": [{"version": version, "resources": resources}]});
    let items = match &*seen.line {
        "GET /api" => {
            json!([group("", "v1", json!([resource("configmaps", "ConfigMap", "Namespaced"),]))])
        }
        "GET /apis" => json!([
            group("demo.example.com", "v1", json!([resource("widgets", "Widget", "Namespaced")])),
            group(
                "apiextensions.k8s.io",
                "v1",
                json!([resource(
                    "customresourcedefinitions",
                    "CustomResourceDefinition",
                    "Cluster"
                ),])
            ),
        ]),
        _ => return None,
    };
    Some(Reply::Json(200, list(items)))
}

/// A cluster that answers every write with `answer`.
fn cluster(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Kubernetes, Record) {
    let (client, record) =
        fake::client(move |seen| discovery(seen).unwrap_or_else(|| answer(seen)));
    (Kubernetes::builder(client).build(), record)
}

fn live() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
    }, "data": {"a": "1"}})
}

fn manifest(body: Value) -> Manifest {
    let text = |pointer: &str| body.pointer(pointer).map_or("", |text| text.as_str().unwrap());
    let api_version = text("/apiVersion");
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let key =
        ObjectKey::new(group, text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    let origin = Origin { file: "a.yaml".into(), line: 1, column: 1 };
    Manifest { key, api_version: api_version.into(), body: Arc::new(body), origin }
}

fn config() -> Manifest {
    // a field that no typed struct knows
    manifest(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "web", "namespace": "shop", "unheardOf": null}, "data": {"a": "1"}}))
}

fn widget() -> Manifest {
    manifest(json!({"apiVersion": "demo.example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"}}))
}

fn key() -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "shop", "web")
}

fn written(record: &Record) -> Seen {
    let writes: Vec<Seen> =
        record.all().into_iter().filter(|seen| !seen.line.starts_with("GET ")).collect();
    assert_eq!(writes.len(), 1, "one request: {writes:?}");
    writes[0].clone()
}

#[tokio::test]
async fn an_apply_sends_the_body_as_it_is_with_its_guard() {
    let uid = Uid::new("u1");
    let at = |version: Option<&str>| Guard::Live {
        uid: uid.clone(),
        version: version.map(ResourceVersion::new),
    };
    let table = [
        (Guard::Absent, Mode::Real, json!({"resourceVersion": "1"}), ""),
        (Guard::Absent, Mode::Try, json!({"resourceVersion": "1"}), "&dryRun=All"),
        (at(None), Mode::Real, json!({"uid": "u1"}), ""),
        (at(Some("7")), Mode::Try, json!({"uid": "u1", "resourceVersion": "7"}), "&dryRun=All"),
    ];
    for (guard, mode, marks, dry) in table {
        let (cluster, record) = cluster(|_| Reply::Json(200, live()));
        let manifest = config();
        let asked = Apply { manifest: manifest.clone(), guard, mode };
        cluster.apply(&asked).await.unwrap();
        let seen = written(&record);
        assert_eq!(seen.line, format!("PATCH {CONFIG}?{FORCED}{dry}"));
        assert_eq!(seen.content_type, "application/apply-patch+yaml");
        let mut expected = Value::clone(&manifest.body);
        let metadata = expected["metadata"].as_object_mut().unwrap();
        metadata.extend(marks.as_object().unwrap().clone());
        assert_eq!(seen.body, expected);
        assert_eq!(asked.manifest, manifest, "the shared body stays as it is");
    }
}

#[tokio::test]
async fn an_answer_says_whether_the_object_is_new_and_what_it_looks_like() {
    for (code, created) in [(201, true), (200, false)] {
        let (cluster, _record) = cluster(move |_| Reply::Json(code, live()));
        let asked = Apply { manifest: config(), guard: Guard::Absent, mode: Mode::Real };
        let applied = cluster.apply(&asked).await.unwrap();
        assert_eq!(applied.created, created);
        assert_eq!((&applied.now.key, &*applied.now.uid.0), (&key(), "u1"));
        assert_eq!(applied.now.object.as_deref(), Some(&live()));
    }
}

#[tokio::test]
async fn a_release_is_one_patch_locked_by_the_version() {
    let (cluster, record) = cluster(|_| Reply::Json(200, live()));
    let entries = json!([{"manager": "nopea", "operation": "Apply"}]);
    let asked = Release {
        key: key(),
        api_version: "v1".into(),
        version: ResourceVersion::new("7"),
        managed_fields: Arc::new(entries.clone()),
    };
    let seen = cluster.release(&asked).await.unwrap();
    assert_eq!(&*seen.version.0, "7");
    let sent = written(&record);
    assert_eq!(sent.line, format!("PATCH {CONFIG}?fieldManager=nopea"));
    assert_eq!(sent.content_type, "application/json-patch+json");
    let patch = json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
    ]);
    assert_eq!(sent.body, patch);
}

#[tokio::test]
async fn a_deletion_has_preconditions_and_runs_in_the_background() {
    let table = [
        (Some("7"), Mode::Real, json!({"uid": "u1", "resourceVersion": "7"})),
        (None, Mode::Real, json!({"uid": "u1"})),
        (None, Mode::Try, json!({"uid": "u1"})),
    ];
    for (version, mode, preconditions) in table {
        let (cluster, record) = cluster(|_| Reply::Json(200, json!({"kind": "Status"})));
        let asked = Delete {
            key: key(),
            api_version: "v1".into(),
            uid: Uid::new("u1"),
            version: version.map(ResourceVersion::new),
            mode,
        };
        cluster.delete(&asked).await.unwrap();
        let sent = written(&record);
        assert_eq!(sent.line, format!("DELETE {CONFIG}"));
        assert_eq!(sent.body["propagationPolicy"], "Background");
        assert_eq!(sent.body["preconditions"], preconditions);
        let dry = if mode == Mode::Try { json!(["All"]) } else { Value::Null };
        assert_eq!(sent.body["dryRun"], dry);
    }
}

#[tokio::test]
async fn a_tried_creation_is_a_post_that_changes_nothing() {
    let (cluster, record) = cluster(|_| Reply::Json(201, live()));
    cluster.try_create(&TryCreate { manifest: config() }).await.unwrap();
    let sent = written(&record);
    let query = "dryRun=All&fieldValidation=Strict&fieldManager=nopea";
    assert_eq!(sent.line, format!("POST /api/v1/namespaces/shop/configmaps?{query}"));
    assert_eq!(sent.body, *config().body);
}

#[tokio::test]
async fn a_refusal_comes_as_the_server_wrote_it() {
    let (cluster, _record) = cluster(|_| {
        fake::status(409, "Conflict", "uid mismatch: gone", &json!({"kind": "configmaps"}))
    });
    let asked = Apply { manifest: config(), guard: Guard::Absent, mode: Mode::Real };
    let Err(Refusal::Status(status)) = cluster.apply(&asked).await else { panic!() };
    assert_eq!((status.code, &*status.reason, &*status.kind), (409, "Conflict", "configmaps"));
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_refused_without_a_write() {
    let (cluster, record) = cluster(|_| Reply::Json(200, live()));
    let nothing = json!({"apiVersion": "nowhere.example/v1", "kind": "Nothing",
        "metadata": {"name": "a", "namespace": "shop"}});
    let asked = Apply { manifest: manifest(nothing), guard: Guard::Absent, mode: Mode::Real };
    let Err(Refusal::Status(status)) = cluster.apply(&asked).await else { panic!() };
    assert_eq!((status.code, status.typed), (404, false));
    assert!(record.lines().iter().all(|line| line.starts_with("GET ")));
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_gone_is_discovered_anew() {
    let (cluster, record) = cluster(|_| fake::page_not_found());
    let asked = Apply { manifest: widget(), guard: Guard::Absent, mode: Mode::Try };
    for _ in 0..2 {
        let Err(Refusal::Status(status)) = cluster.apply(&asked).await else { panic!() };
        assert_eq!((status.code, status.typed), (404, false));
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(record.lines().iter().filter(|line| *line == "GET /apis").count(), 2);
}

#[tokio::test]
async fn an_applied_definition_makes_custom_kinds_be_looked_up_again() {
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.demo.example.com",
        "uid": "u2", "resourceVersion": "8"}});
    let body = definition.clone();
    let (cluster, record) = cluster(move |_| Reply::Json(200, body.clone()));
    let apply = |manifest: Manifest, mode| Apply { manifest, guard: Guard::Absent, mode };
    cluster.apply(&apply(manifest(definition.clone()), Mode::Try)).await.unwrap();
    cluster.apply(&apply(widget(), Mode::Try)).await.unwrap();
    let loads = || record.lines().iter().filter(|line| *line == "GET /apis").count();
    assert_eq!(loads(), 1, "a dry run changes nothing");
    cluster.apply(&apply(manifest(definition), Mode::Real)).await.unwrap();
    cluster.apply(&apply(widget(), Mode::Try)).await.unwrap();
    assert_eq!(loads(), 2);
}

#[tokio::test]
async fn an_object_without_a_uid_is_no_answer() {
    let (cluster, _record) = cluster(|_| Reply::Json(200, json!({"kind": "ConfigMap"})));
    let asked = Apply { manifest: config(), guard: Guard::Absent, mode: Mode::Real };
    assert!(matches!(cluster.apply(&asked).await, Err(Refusal::Unreachable(_))));
}
