//! The rows of experiments.md that a cluster without admission policies shows, and what clients of
//! the fake rely on.

mod applying;
mod controllers;
mod deleting;
mod drifting;
mod immutable;
mod injecting;
mod ports;
mod watching;

use std::sync::Arc;

use nopea_core::{
    membership::{NAMESPACE, PART_OF, REPOSITORY},
    model::{Manifest, ObjectKey, Origin, RepoKey, ResourceVersion, Uid},
    port::{Applied, Applier, Apply, Guard, Mode, Refusal, ServerStatus},
};
use serde_json::{Value, json};

use crate::{MemoryCluster, Pace, merge::OnConflict};

/// A cluster whose controllers are done before a write is answered.
fn cluster() -> MemoryCluster {
    let cluster = MemoryCluster::builder().pace(Pace::Immediate).build();
    cluster.create_namespace("t");
    cluster
}

fn key(kind: &str, name: &str) -> ObjectKey {
    let group = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => "apps",
        "Job" | "CronJob" => "batch",
        "CustomResourceDefinition" => "apiextensions.k8s.io",
        _ => "",
    };
    let namespace = if matches!(kind, "Namespace" | "CustomResourceDefinition") { "" } else { "t" };
    ObjectKey::new(group, kind, namespace, name)
}

fn config(name: &str, data: &Value) -> Value {
    let labels = json!({PART_OF: "applyset-x", REPOSITORY: "shop", NAMESPACE: "team"});
    json!({"apiVersion": "v1", "kind": "ConfigMap",
           "metadata": {"name": name, "namespace": "t", "labels": labels}, "data": data})
}

fn deployment(image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "t"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
            {"name": "web", "image": image}]}},
    }})
}

fn service(ports: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "t"},
        "spec": {"selector": {"app": "web"}, "ports": ports}})
}

fn definition(schema: &Value) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.x.io"},
        "spec": {"group": "x.io", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": schema, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})
}

fn apply(cluster: &MemoryCluster, body: &Value) -> Result<Arc<Value>, Refusal> {
    cluster.apply_as("nopea", OnConflict::Force, body)
}

fn applied(cluster: &MemoryCluster, body: &Value) -> Arc<Value> {
    apply(cluster, body).unwrap()
}

/// The status of a refusal.
fn refused<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> ServerStatus {
    match answer.unwrap_err() {
        Refusal::Status(status) => *status,
        other @ (Refusal::Unreachable(_) | Refusal::TimedOut(_)) => panic!("{other:?}"),
    }
}

fn version(object: &Value) -> String {
    object["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

fn uid(object: &Value) -> Uid {
    Uid::new(object["metadata"]["uid"].as_str().unwrap())
}

fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let name = |entry: &Value| {
        let (manager, operation) = (&entry["manager"], &entry["operation"]);
        format!("{}/{}", manager.as_str().unwrap(), operation.as_str().unwrap())
    };
    entries.iter().map(name).collect()
}

fn manifest(body: &Value) -> Manifest {
    let kind = body["kind"].as_str().unwrap();
    let api_version = body["apiVersion"].as_str().unwrap();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let metadata = &body["metadata"];
    let namespace = metadata["namespace"].as_str().unwrap_or("");
    Manifest {
        key: ObjectKey::new(group, kind, namespace, metadata["name"].as_str().unwrap()),
        api_version: api_version.into(),
        body: Arc::new(body.clone()),
        origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
    }
}

async fn guarded(
    cluster: &MemoryCluster,
    body: &Value,
    guard: Guard,
    mode: Mode,
) -> Result<Applied, Refusal> {
    cluster.apply(&Apply { manifest: manifest(body), guard, mode }).await
}

fn live(object: &Value) -> Guard {
    Guard::Live { uid: uid(object), version: Some(ResourceVersion::new(version(object))) }
}

fn repo() -> RepoKey {
    RepoKey::new("team", "shop")
}
