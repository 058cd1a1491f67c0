//! Defaults of Pods and of the templates that make them.

use serde_json::Value;

use crate::json;

/// Fills a Pod template.
pub(super) fn template(object: &mut Value, path: &[&str], restart: &str) {
    let Some(template) = json::at(object, path) else { return };
    if template.get("spec").is_some() {
        json::default(template, &["spec", "restartPolicy"], restart);
        spec(template, &["spec"]);
    }
}

/// Fills a Pod's spec.
pub(super) fn spec(object: &mut Value, path: &[&str]) {
    let Some(spec) = json::at(object, path) else { return };
    json::default(spec, &["restartPolicy"], "Always");
    json::default(spec, &["dnsPolicy"], "ClusterFirst");
    json::default(spec, &["terminationGracePeriodSeconds"], 30);
    json::default(spec, &["schedulerName"], "default-scheduler");
    json::default(spec, &["securityContext"], serde_json::json!({}));
    let account = json::text(spec, &["serviceAccountName"]).to_owned();
    if account.is_empty() {
        let old = json::text(spec, &["serviceAccount"]).to_owned();
        if !old.is_empty() {
            json::set(spec, &["serviceAccountName"], old);
        }
    } else {
        json::set(spec, &["serviceAccount"], account);
    }
    for list in ["containers", "initContainers"] {
        json::items_mut(spec, &[list]).iter_mut().for_each(container);
    }
    json::items_mut(spec, &["volumes"]).iter_mut().for_each(volume);
}

fn container(container: &mut Value) {
    json::default(container, &["terminationMessagePath"], "/dev/termination-log");
    json::default(container, &["terminationMessagePolicy"], "File");
    json::default(container, &["resources"], serde_json::json!({}));
    let image = json::text(container, &["image"]);
    let last = image.rsplit('/').next().unwrap_or_default();
    let floating =
        !image.contains('@') && last.rsplit_once(':').is_none_or(|(_, tag)| tag == "latest");
    let policy = if floating { "Always" } else { "IfNotPresent" };
    json::default(container, &["imagePullPolicy"], policy);
    for port in json::items_mut(container, &["ports"]) {
        json::default(port, &["protocol"], "TCP");
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            json::default(probe, &["timeoutSeconds"], 1);
            json::default(probe, &["periodSeconds"], 10);
            json::default(probe, &["successThreshold"], 1);
            json::default(probe, &["failureThreshold"], 3);
            if probe.get("httpGet").is_some() {
                json::default(probe, &["httpGet", "scheme"], "HTTP");
                json::default(probe, &["httpGet", "path"], "/");
            }
        }
    }
    for variable in json::items_mut(container, &["env"]) {
        if json::get(variable, &["valueFrom", "fieldRef"]).is_some() {
            json::default(variable, &["valueFrom", "fieldRef", "apiVersion"], "v1");
        }
    }
}

fn volume(volume: &mut Value) {
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if volume.get(source).is_some() {
            json::default(volume, &[source, "defaultMode"], 420);
        }
    }
    if volume.get("hostPath").is_some() {
        json::default(volume, &["hostPath", "type"], "");
    }
}
