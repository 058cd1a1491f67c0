//! Tables of what is refused, and of what becomes of manifests.

mod normal_form;
mod properties;
mod refused;
mod set;

use serde_json::json;

use super::*;
use crate::{
    model::{Origin, RepoKey, Uid},
    port::Scope,
};

/// A manifest of a body, written in `file`.
fn manifest(file: &str, body: Value) -> Manifest {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
    let api_version = text("/apiVersion").to_owned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let key =
        ObjectKey::new(group, text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    Manifest {
        key,
        api_version: api_version.into(),
        body: Arc::new(body),
        origin: Origin { file: file.into(), line: 1, column: 1 },
    }
}

fn config(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[field.replace("~1", "/")] = value;
    body
}

fn definition(kind: &str, plural: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.x.io")},
        "spec": {"group": "x.io", "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
            "versions": [{"name": "v1", "served": true}, {"name": "v0", "served": false}]},
    })
}

fn scopes() -> Scopes {
    let scope = |namespaced, version: &str| Scope { namespaced, versions: vec![version.into()] };
    let rbac = "rbac.authorization.k8s.io";
    let webhooks = "admissionregistration.k8s.io";
    [
        ("", "ConfigMap", scope(true, "v1")),
        ("", "Secret", scope(true, "v1")),
        ("", "Service", scope(true, "v1")),
        ("", "Namespace", scope(false, "v1")),
        ("", "PersistentVolumeClaim", scope(true, "v1")),
        ("apps", "Deployment", scope(true, "v1")),
        (rbac, "ClusterRole", scope(false, "v1")),
        (webhooks, "ValidatingWebhookConfiguration", scope(false, "v1")),
        ("apiregistration.k8s.io", "APIService", scope(false, "v1")),
        ("apiextensions.k8s.io", "CustomResourceDefinition", scope(false, "v1")),
        ("y.io", "Known", scope(true, "v2")),
    ]
    .into_iter()
    .map(|(group, kind, scope)| (GroupKind::new(group, kind), scope))
    .collect()
}

fn parent() -> ParentRef {
    ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u-1") }
}

fn run(bodies: &[Value]) -> Result<PreparedSet, Vec<Fault>> {
    let files = (b'a'..=b'z').map(|letter| format!("{}.yaml", char::from(letter)));
    let manifests: Vec<_> =
        files.zip(bodies).map(|(file, body)| manifest(&file, body.clone())).collect();
    let (parent, scopes) = (parent(), scopes());
    prepare(&manifests, &Setting { parent: &parent, default_namespace: "team", scopes: &scopes })
}
