//! What cannot be changed after creation (experiments, section 8).

use serde_json::Value;

use super::Errors;
use crate::{answer::FieldError, json, kinds::Kind};

const BINDING: &str = "spec is immutable after creation except resources.requests and \
     volumeAttributesClassName for bound claims";
const POD: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
     `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions \
     to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it \
     was previously negative)";

/// Fields of kinds whose change says `field is immutable`.
fn plain(group: &str, kind: &str) -> &'static [&'static str] {
    match (group, kind) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &["spec.selector"],
        ("apps", "StatefulSet") => {
            &["spec.selector", "spec.volumeClaimTemplates", "spec.serviceName"]
        }
        ("batch", "Job") => {
            &["spec.selector", "spec.template", "spec.completions", "spec.completionMode"]
        }
        ("", "Secret") => &["type"],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &["roleRef"],
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            &["spec.scope", "spec.group", "spec.names.plural", "spec.names.kind"]
        }
        ("networking.k8s.io", "IngressClass") => &["spec.controller"],
        ("storage.k8s.io", "StorageClass") => &["provisioner", "parameters"],
        ("storage.k8s.io", "CSIDriver") => &["spec.attachRequired"],
        ("discovery.k8s.io", "EndpointSlice") => &["addressType"],
        ("node.k8s.io", "RuntimeClass") => &["handler"],
        _ => &[],
    }
}

pub(super) fn builtin(kind: &Kind, object: &Value, live: &Value, errors: &mut Errors) {
    for field in plain(&kind.id.group, &kind.id.kind) {
        let path: Vec<&str> = field.split('.').collect();
        let value = json::get(object, &path);
        if value != json::get(live, &path) {
            errors.push(FieldError::immutable(field, value));
        }
    }
    match (&*kind.id.group, &*kind.id.kind) {
        ("", "Service") => service(object, live, errors),
        ("", "PersistentVolumeClaim") => claim(object, live, errors),
        ("", "PersistentVolume") => volume(object, live, errors),
        ("", "ConfigMap" | "Secret") => frozen(object, live, errors),
        ("", "Pod") => pod(object, live, errors),
        ("scheduling.k8s.io", "PriorityClass") if object.get("value") != live.get("value") => {
            errors.push(FieldError::forbidden("value", "may not be changed in an update."));
        }
        _ => {}
    }
}

fn service(object: &Value, live: &Value, errors: &mut Errors) {
    let once = "may not change once set";
    let address = |service: &Value| json::text(service, &["spec", "clusterIP"]).to_owned();
    let (old, new) = (address(live), address(object));
    let external = json::text(object, &["spec", "type"]) == "ExternalName";
    if !old.is_empty() && old != new && !external {
        let value = format!("{:?}", [new.as_str()]);
        errors.push(FieldError::invalid("spec.clusterIPs[0]", value, once));
    }
    let class = ["spec", "loadBalancerClass"];
    let (old, new) = (json::text(live, &class), json::text(object, &class));
    let balances = |service| json::text(service, &["spec", "type"]) == "LoadBalancer";
    if balances(live) && balances(object) && old != new {
        let value = format!("{new:?}");
        errors.push(FieldError::invalid("spec.loadBalancerClass", value, once));
    }
}

fn claim(object: &Value, live: &Value, errors: &mut Errors) {
    let bound = json::text(live, &["status", "phase"]) == "Bound";
    let fixed = |claim: &Value| -> Vec<(String, Value)> {
        json::entries(claim, &["spec"])
            .filter(|(name, _)| !(bound && *name == "resources"))
            .filter(|(name, _)| *name != "volumeName" || bound)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    // The binder sets the volume of a claim that has none.
    let binds = json::text(live, &["spec", "volumeName"]).is_empty()
        && !json::text(object, &["spec", "volumeName"]).is_empty();
    if !binds && fixed(object) != fixed(live) {
        errors.push(FieldError::forbidden("spec", BINDING));
    }
}

fn volume(object: &Value, live: &Value, errors: &mut Errors) {
    let sources = ["hostPath", "nfs", "csi", "local", "iscsi", "fc"];
    let source = |volume: &Value| sources.map(|name| json::get(volume, &["spec", name]).cloned());
    if source(object) != source(live) {
        errors.push(FieldError::forbidden(
            "spec.persistentvolumesource",
            "spec.persistentvolumesource is immutable after creation",
        ));
    }
}

fn frozen(object: &Value, live: &Value, errors: &mut Errors) {
    if live.get("immutable") != Some(&Value::Bool(true)) {
        return;
    }
    let detail = "field is immutable when `immutable` is set";
    for field in ["immutable", "data", "binaryData"] {
        if object.get(field) != live.get(field) {
            errors.push(FieldError::forbidden(field, detail));
        }
    }
}

fn pod(object: &Value, live: &Value, errors: &mut Errors) {
    let fixed = |pod: &Value| {
        let mut spec = json::get(pod, &["spec"]).cloned().unwrap_or_default();
        for list in ["containers", "initContainers"] {
            for container in json::items_mut(&mut spec, &[list]) {
                json::remove(container, &["image"]);
                json::remove(container, &["imagePullPolicy"]);
            }
        }
        for field in
            ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"]
        {
            json::remove(&mut spec, &[field]);
        }
        spec
    };
    if fixed(object) != fixed(live) {
        errors.push(FieldError::forbidden("spec", POD));
    }
}
