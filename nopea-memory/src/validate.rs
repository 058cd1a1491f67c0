//! What the server refuses of an object's values, with 422: the commonest rules of the built-in kinds,
//! what a definition's schema demands, and what cannot be changed. Must not know other objects.

mod custom;
mod immutable;
mod name;
mod network;
mod workload;

use serde_json::Value;

use crate::{answer::FieldError, json, kinds::Kind};

/// The faults that one kind of value collects.
type Errors = Vec<FieldError>;

/// Lists what is wrong with a new state, alone and after the state before.
pub(crate) fn object(kind: &Kind, object: &Value, live: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Errors::new();
    name::metadata(kind, object, &mut errors);
    if kind.is_builtin() {
        values(kind, object, &mut errors);
        if let Some(live) = live {
            immutable::builtin(kind, object, live, &mut errors);
        }
    } else {
        let served = kind.version(json::text(object, &["apiVersion"]));
        if let Some(open_api) = served.and_then(|one| one.open_api.as_deref()) {
            custom::values(open_api, object, live, &mut errors);
        }
    }
    errors
}

fn values(kind: &Kind, object: &Value, errors: &mut Errors) {
    match (&*kind.id.group, &*kind.id.kind) {
        ("", "Pod") => workload::pod_spec(object, "spec", errors),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
            workload::selecting(object, errors);
        }
        ("batch", "Job") => workload::job(object, "spec", errors),
        ("batch", "CronJob") => workload::cron_job(object, errors),
        ("", "Service") => network::service(object, errors),
        ("networking.k8s.io", "Ingress") => network::ingress(object, errors),
        ("", "ConfigMap") => {
            for list in ["data", "binaryData"] {
                name::data_keys(object, list, errors);
            }
        }
        ("", "Secret") => name::data_keys(object, "data", errors),
        ("", "PersistentVolumeClaim") => claim(object, errors),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(object, errors),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            binding(object, errors);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object, errors),
        _ => {}
    }
}

/// Adds a fault where the text at `path` is missing or empty.
fn require_text(object: &Value, path: &str, errors: &mut Errors) {
    let parts: Vec<&str> = path.split('.').collect();
    if json::text(object, &parts).is_empty() {
        errors.push(FieldError::required(path, ""));
    }
}

fn claim(object: &Value, errors: &mut Errors) {
    if json::items(object, &["spec", "accessModes"]).is_empty() {
        errors.push(FieldError::required("spec.accessModes", "at least 1 access mode is required"));
    }
    if json::get(object, &["spec", "resources", "requests", "storage"]).is_none() {
        errors.push(FieldError::required("spec.resources[storage]", ""));
    }
}

fn autoscaler(object: &Value, errors: &mut Errors) {
    require_text(object, "spec.scaleTargetRef.kind", errors);
    require_text(object, "spec.scaleTargetRef.name", errors);
    let least = json::number(object, &["spec", "minReplicas"]).unwrap_or(1);
    match json::number(object, &["spec", "maxReplicas"]) {
        Some(most) if most < 1 => {
            errors.push(FieldError::invalid("spec.maxReplicas", most, "must be greater than 0"));
        }
        Some(most) if most < least => errors.push(FieldError::invalid(
            "spec.maxReplicas",
            most,
            "must be greater than or equal to `minReplicas`",
        )),
        Some(_) => {}
        None => errors.push(FieldError::invalid("spec.maxReplicas", 0, "must be greater than 0")),
    }
}

fn binding(object: &Value, errors: &mut Errors) {
    require_text(object, "roleRef.name", errors);
    let kind = json::text(object, &["roleRef", "kind"]);
    if !matches!(kind, "Role" | "ClusterRole") {
        errors.push(FieldError::unsupported("roleRef.kind", kind, &["Role", "ClusterRole"]));
    }
}

fn definition(object: &Value, errors: &mut Errors) {
    let group = json::text(object, &["spec", "group"]);
    let plural = json::text(object, &["spec", "names", "plural"]);
    let name = json::text(object, &["metadata", "name"]);
    if name != format!("{plural}.{group}") {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        errors.push(FieldError::invalid("metadata.name", format!("{name:?}"), detail));
    }
    require_text(object, "spec.names.kind", errors);
    let scope = json::text(object, &["spec", "scope"]);
    if !matches!(scope, "Namespaced" | "Cluster") {
        errors.push(FieldError::unsupported("spec.scope", scope, &["Cluster", "Namespaced"]));
    }
    let versions = json::items(object, &["spec", "versions"]);
    let stored = versions.iter().filter(|one| one.get("storage") == Some(&Value::Bool(true)));
    if stored.count() != 1 {
        let detail = "must have exactly one version marked as storage version";
        errors.push(FieldError::invalid("spec.versions", "[]", detail));
    }
    for (index, version) in versions.iter().enumerate() {
        if json::get(version, &["schema", "openAPIV3Schema"]).is_none() {
            let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
            errors.push(FieldError::required(&field, "schemas are required"));
        }
    }
}
