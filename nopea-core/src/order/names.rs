//! Which other objects a manifest names, by the fields of the kinds that name any.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Manifest, ObjectKey};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Keys that a manifest names, collected relative to its namespace.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    namespace: String,
    keys: BTreeSet<ObjectKey>,
}

impl Names {
    pub(crate) fn new(of: &ObjectKey) -> Self {
        Self { namespace: of.namespace.to_string(), keys: BTreeSet::new() }
    }

    /// The keys, sorted.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &ObjectKey> {
        self.keys.iter()
    }

    /// Names an object of the own namespace.
    fn local(&mut self, group: &str, kind: &str, name: Option<&Value>) {
        let namespace = self.namespace.clone();
        self.put(group, kind, &namespace, name);
    }

    fn put(&mut self, group: &str, kind: &str, namespace: &str, name: Option<&Value>) {
        if let Some(name) = name.and_then(Value::as_str).filter(|name| !name.is_empty()) {
            self.keys.insert(ObjectKey::new(group, kind, namespace, name));
        }
    }
}

/// Collects what a manifest names.
pub(super) fn of(manifest: &Manifest, names: &mut Names) {
    let body = &*manifest.body;
    let kind = &manifest.key.kind;
    if let Some(pod) = pod_spec(&kind.group, &kind.kind, body) {
        of_pod(pod, names);
    }
    match (&*kind.group, &*kind.kind) {
        ("apps", "StatefulSet") => names.local("", "Service", body.pointer("/spec/serviceName")),
        ("networking.k8s.io", "Ingress") => ingress(body, names),
        ("gateway.networking.k8s.io", _) => route(body, names),
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => binding(body, names),
        ("admissionregistration.k8s.io", kind) if kind.ends_with("AdmissionPolicyBinding") => {
            let policy = kind.trim_end_matches("Binding");
            let group = "admissionregistration.k8s.io";
            names.put(group, policy, "", body.pointer("/spec/policyName"));
        }
        _ => {}
    }
}

/// The Pod spec within an object that is or makes Pods.
fn pod_spec<'a>(group: &str, kind: &str, body: &'a Value) -> Option<&'a Value> {
    match (group, kind) {
        ("", "Pod") => body.get("spec"),
        ("", "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job") => body.pointer("/spec/template/spec"),
        ("batch", "CronJob") => body.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}

/// Collects what a Pod spec names, optional references too.
pub(crate) fn of_pod(spec: &Value, names: &mut Names) {
    for field in ["serviceAccountName", "serviceAccount"] {
        names.local("", "ServiceAccount", spec.get(field)); // the second is its deprecated alias
    }
    names.put("scheduling.k8s.io", "PriorityClass", "", spec.get("priorityClassName"));
    names.put("node.k8s.io", "RuntimeClass", "", spec.get("runtimeClassName"));
    for secret in items(spec, "imagePullSecrets") {
        names.local("", "Secret", secret.get("name"));
    }
    for volume in items(spec, "volumes") {
        source(volume, names);
        names.local(
            "",
            "PersistentVolumeClaim",
            volume.pointer("/persistentVolumeClaim/claimName"),
        );
        for projected in volume.get("projected").into_iter().flat_map(|it| items(it, "sources")) {
            source(projected, names);
        }
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in items(spec, list) {
            for from in items(container, "envFrom") {
                names.local("", "ConfigMap", from.pointer("/configMapRef/name"));
                names.local("", "Secret", from.pointer("/secretRef/name"));
            }
            for env in items(container, "env") {
                names.local("", "ConfigMap", env.pointer("/valueFrom/configMapKeyRef/name"));
                names.local("", "Secret", env.pointer("/valueFrom/secretKeyRef/name"));
            }
        }
    }
}

/// A `ConfigMap` or Secret of a volume; a Secret is named `secretName` alone and `name` in a projection.
fn source(volume: &Value, names: &mut Names) {
    names.local("", "ConfigMap", volume.pointer("/configMap/name"));
    names.local("", "Secret", volume.pointer("/secret/secretName"));
    names.local("", "Secret", volume.pointer("/secret/name"));
    for driver in ["csi", "cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
        for field in ["nodePublishSecretRef", "secretRef"] {
            names.local("", "Secret", volume.pointer(&format!("/{driver}/{field}/name")));
        }
    }
    names.local("", "Secret", volume.pointer("/azureFile/secretName"));
}

fn ingress(body: &Value, names: &mut Names) {
    let Some(spec) = body.get("spec") else { return };
    let rules = items(spec, "rules").filter_map(|rule| rule.get("http"));
    let backends =
        rules.flat_map(|http| items(http, "paths")).filter_map(|path| path.get("backend"));
    for backend in backends.chain(spec.get("defaultBackend")) {
        names.local("", "Service", backend.pointer("/service/name"));
    }
    for tls in items(spec, "tls") {
        names.local("", "Secret", tls.get("secretName"));
    }
}

/// A route of the Gateway API: its backends are Services unless they say otherwise.
fn route(body: &Value, names: &mut Names) {
    let Some(spec) = body.get("spec") else { return };
    for backend in items(spec, "rules").flat_map(|rule| items(rule, "backendRefs")) {
        let text = |field| backend.get(field).and_then(Value::as_str);
        if text("kind").unwrap_or("Service") == "Service" && text("group").unwrap_or("").is_empty()
        {
            match text("namespace") {
                Some(namespace) => names.put("", "Service", namespace, backend.get("name")),
                None => names.local("", "Service", backend.get("name")),
            }
        }
    }
}

fn binding(body: &Value, names: &mut Names) {
    match body.pointer("/roleRef/kind").and_then(Value::as_str) {
        Some("Role") => names.local(RBAC, "Role", body.pointer("/roleRef/name")),
        Some("ClusterRole") => {
            names.put(RBAC, "ClusterRole", "", body.pointer("/roleRef/name"));
        }
        Some(_) | None => {}
    }
    for subject in items(body, "subjects") {
        if subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount") {
            match subject.get("namespace").and_then(Value::as_str) {
                Some(namespace) => {
                    names.put("", "ServiceAccount", namespace, subject.get("name"));
                }
                None => names.local("", "ServiceAccount", subject.get("name")),
            }
        }
    }
}

/// The items of a list; none where there is no list.
fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}
