//! The values that the server fills in: the commonest of the built-in kinds' defaults, and those of a
//! definition's schema. What is filled in is nobody's field. Must not know requests.

mod pod;

use serde_json::{Value, json};

use crate::{json, kinds::Kind, schema};

/// Fills what the object leaves open.
pub(crate) fn fill(kind: &Kind, api_version: &str, object: &mut Value, live: Option<&Value>) {
    if let Some(open_api) = kind.version(api_version).and_then(|one| one.open_api.as_deref()) {
        schema::fill_defaults(open_api, object);
        return;
    }
    if !kind.is_builtin() {
        return;
    }
    match (&*kind.id.group, &*kind.id.kind) {
        ("", "Service") => service(object, live),
        ("", "Secret") => secret(object),
        ("", "Pod") => pod::spec(object, &["spec"]),
        ("", "Namespace") => namespace(object),
        ("", "PersistentVolumeClaim") => {
            json::default(object, &["spec", "volumeMode"], "Filesystem");
        }
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "ReplicaSet") => {
            json::default(object, &["spec", "replicas"], 1);
            pod::template(object, &["spec", "template"], "Always");
        }
        ("batch", "Job") => job(object, &["spec"]),
        ("batch", "CronJob") => cron_job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            json::default(object, &["spec", "minReplicas"], 1);
        }
        ("networking.k8s.io", "NetworkPolicy") => network_policy(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => {}
    }
}

/// What is filled in at creation only: controllers rely on it and nobody can change it.
pub(crate) fn on_create(kind: &Kind, object: &mut Value) {
    let uid = json::text(object, &["metadata", "uid"]).to_owned();
    if kind.is("batch", "Job")
        && json::get(object, &["spec", "manualSelector"]) != Some(&Value::Bool(true))
    {
        let name = json::text(object, &["metadata", "name"]).to_owned();
        json::default(
            object,
            &["spec", "selector"],
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}),
        );
        for (label, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("job-name", &name),
        ] {
            let path = ["spec", "template", "metadata", "labels", label];
            json::default(object, &path, value.as_str());
        }
    }
    if kind.is("", "Namespace") {
        json::set(object, &["status"], json!({"phase": "Active"}));
    }
    if kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        let mut finalizers = json::items(object, &["metadata", "finalizers"]).to_vec();
        finalizers.push(Value::from(crate::server::CLEANUP));
        json::set(object, &["metadata", "finalizers"], finalizers);
    }
}

fn service(object: &mut Value, live: Option<&Value>) {
    json::default(object, &["spec", "type"], "ClusterIP");
    json::default(object, &["spec", "sessionAffinity"], "None");
    let kind = json::text(object, &["spec", "type"]).to_owned();
    for port in json::items_mut(object, &["spec", "ports"]) {
        json::default(port, &["protocol"], "TCP");
        if let Some(number) = json::get(port, &["port"]).cloned() {
            let target = json::get(port, &["targetPort"]);
            if target.is_none_or(|target| *target == 0 || *target == "") {
                json::set(port, &["targetPort"], number);
            }
        }
    }
    if kind == "ExternalName" {
        return;
    }
    if let Some(live) = live {
        keep_allocations(object, live);
    }
    for (field, value) in [
        ("ipFamilies", json!(["IPv4"])),
        ("ipFamilyPolicy", json!("SingleStack")),
        ("internalTrafficPolicy", json!("Cluster")),
    ] {
        json::default(object, &["spec", field], value);
    }
    if matches!(&*kind, "NodePort" | "LoadBalancer") {
        json::default(object, &["spec", "externalTrafficPolicy"], "Cluster");
    } else {
        json::remove(object, &["spec", "externalTrafficPolicy"]);
        for port in json::items_mut(object, &["spec", "ports"]) {
            if json::number(port, &["nodePort"]) == Some(0) {
                json::remove(port, &["nodePort"]);
            }
        }
    }
    if kind == "LoadBalancer" {
        json::default(object, &["spec", "allocateLoadBalancerNodePorts"], true);
    }
}

/// A Service keeps its address and its nodePorts where a new state leaves them out.
fn keep_allocations(object: &mut Value, live: &Value) {
    let missing = json::text(object, &["spec", "clusterIP"]).is_empty();
    let was = json::text(live, &["spec", "type"]);
    if missing && was != "ExternalName" {
        json::carry(object, live, &["spec", "clusterIP"]);
        json::carry(object, live, &["spec", "clusterIPs"]);
    }
    if !matches!(json::text(object, &["spec", "type"]), "NodePort" | "LoadBalancer") {
        return;
    }
    let before = json::items(live, &["spec", "ports"]);
    for port in json::items_mut(object, &["spec", "ports"]) {
        let same = |old: &&Value| {
            old.get("port") == port.get("port") && old.get("protocol") == port.get("protocol")
        };
        if json::number(port, &["nodePort"]).unwrap_or(0) == 0
            && let Some(number) =
                before.iter().find(same).and_then(|old| json::number(old, &["nodePort"]))
        {
            json::set(port, &["nodePort"], number);
        }
    }
}

fn secret(object: &mut Value) {
    json::default(object, &["type"], "Opaque");
    let Some(Value::Object(plain)) = json::remove(object, &["stringData"]) else { return };
    for (name, value) in plain {
        let encoded = base64(value.as_str().unwrap_or_default().as_bytes());
        json::set(object, &["data", &name], encoded);
    }
}

fn namespace(object: &mut Value) {
    json::default(object, &["spec", "finalizers"], json!(["kubernetes"]));
    let name = json::text(object, &["metadata", "name"]).to_owned();
    json::set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
}

fn deployment(object: &mut Value) {
    json::default(object, &["spec", "replicas"], 1);
    json::default(object, &["spec", "revisionHistoryLimit"], 10);
    json::default(object, &["spec", "progressDeadlineSeconds"], 600);
    json::default(object, &["spec", "strategy", "type"], "RollingUpdate");
    if json::text(object, &["spec", "strategy", "type"]) == "RollingUpdate" {
        json::default(object, &["spec", "strategy", "rollingUpdate", "maxSurge"], "25%");
        json::default(object, &["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%");
    }
    pod::template(object, &["spec", "template"], "Always");
}

fn stateful_set(object: &mut Value) {
    json::default(object, &["spec", "replicas"], 1);
    json::default(object, &["spec", "revisionHistoryLimit"], 10);
    json::default(object, &["spec", "podManagementPolicy"], "OrderedReady");
    json::default(object, &["spec", "updateStrategy", "type"], "RollingUpdate");
    if json::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        json::default(object, &["spec", "updateStrategy", "rollingUpdate", "partition"], 0);
    }
    for field in ["whenDeleted", "whenScaled"] {
        let path = ["spec", "persistentVolumeClaimRetentionPolicy", field];
        json::default(object, &path, "Retain");
    }
    for claim in json::items_mut(object, &["spec", "volumeClaimTemplates"]) {
        json::default(claim, &["apiVersion"], "v1");
        json::default(claim, &["kind"], "PersistentVolumeClaim");
        json::default(claim, &["spec", "volumeMode"], "Filesystem");
        json::default(claim, &["status", "phase"], "Pending");
    }
    pod::template(object, &["spec", "template"], "Always");
}

fn daemon_set(object: &mut Value) {
    json::default(object, &["spec", "revisionHistoryLimit"], 10);
    json::default(object, &["spec", "updateStrategy", "type"], "RollingUpdate");
    if json::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        json::default(object, &["spec", "updateStrategy", "rollingUpdate", "maxSurge"], 0);
        json::default(object, &["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 1);
    }
    pod::template(object, &["spec", "template"], "Always");
}

fn job(object: &mut Value, spec: &[&str]) {
    let Some(spec) = json::at(object, spec) else { return };
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        json::set(spec, &["completions"], 1);
    }
    json::default(spec, &["parallelism"], 1);
    json::default(spec, &["backoffLimit"], 6);
    json::default(spec, &["completionMode"], "NonIndexed");
    json::default(spec, &["suspend"], false);
    json::default(spec, &["podReplacementPolicy"], "TerminatingOrFailed");
    pod::template(spec, &["template"], "Always");
}

fn cron_job(object: &mut Value) {
    json::default(object, &["spec", "concurrencyPolicy"], "Allow");
    json::default(object, &["spec", "suspend"], false);
    json::default(object, &["spec", "successfulJobsHistoryLimit"], 3);
    json::default(object, &["spec", "failedJobsHistoryLimit"], 1);
    // A CronJob's template gets the defaults of a Pod, not those of a Job.
    pod::template(object, &["spec", "jobTemplate", "spec", "template"], "Always");
}

fn network_policy(object: &mut Value) {
    let egress = json::get(object, &["spec", "egress"]).is_some();
    let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    json::default(object, &["spec", "policyTypes"], types);
    for rules in ["ingress", "egress"] {
        for rule in json::items_mut(object, &["spec", rules]) {
            for port in json::items_mut(rule, &["ports"]) {
                json::default(port, &["protocol"], "TCP");
            }
        }
    }
}

fn binding(object: &mut Value) {
    let group = "rbac.authorization.k8s.io";
    json::default(object, &["roleRef", "apiGroup"], group);
    for subject in json::items_mut(object, &["subjects"]) {
        if matches!(json::text(subject, &["kind"]), "User" | "Group") {
            json::default(subject, &["apiGroup"], group);
        }
    }
}

fn definition(object: &mut Value) {
    json::default(object, &["spec", "conversion", "strategy"], "None");
    let kind = json::text(object, &["spec", "names", "kind"]).to_owned();
    json::default(object, &["spec", "names", "listKind"], format!("{kind}List"));
    json::default(object, &["spec", "names", "singular"], kind.to_lowercase());
}

/// Standard base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |number: u32| {
        let place = usize::try_from(number & 63).unwrap_or(0);
        char::from(LETTERS.get(place).copied().unwrap_or(b'A'))
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let number = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        text.push(letter(number >> 18));
        text.push(letter(number >> 12));
        text.push(if chunk.len() > 1 { letter(number >> 6) } else { '=' });
        text.push(if chunk.len() > 2 { letter(number) } else { '=' });
    }
    text
}
