//! What every maker of Pods shares: names, templates, counts.

use std::sync::Arc;

use nopea_core::model::{Hash, ObjectKey};
use serde_json::{Value, json};

use super::owner;
use crate::{json, server::Server};

/// A short name of a template: equal templates have equal ones.
pub(super) fn revision(object: &Value) -> String {
    let template = json::get(object, &["spec", "template"]).cloned().unwrap_or_default();
    let mut text = Hash::of_value(&template).to_string();
    text.truncate(10);
    text
}

/// How many replicas are wished.
pub(super) fn wanted(object: &Value) -> usize {
    let count = json::number(object, &["spec", "replicas"]).unwrap_or(1);
    usize::try_from(count).unwrap_or(0)
}

pub(super) fn is_ready(pod: &Value) -> bool {
    json::items(pod, &["status", "conditions"])
        .iter()
        .any(|one| json::text(one, &["type"]) == "Ready" && json::text(one, &["status"]) == "True")
}

/// A Pod of an owner's template; labels come from the template, never from the owner.
pub(super) fn pod_of(of: &Value, key: &ObjectKey, extra: &[(&str, &str)]) -> Value {
    let template = json::get(of, &["spec", "template"]).cloned().unwrap_or_default();
    let mut metadata = template.get("metadata").cloned().unwrap_or_else(|| json!({}));
    json::set(&mut metadata, &["name"], &*key.name);
    json::set(&mut metadata, &["namespace"], &*key.namespace);
    json::set(&mut metadata, &["ownerReferences"], owner(of));
    json::remove(&mut metadata, &["creationTimestamp"]);
    for (label, value) in extra {
        json::set(&mut metadata, &["labels", label], *value);
    }
    let spec = template.get("spec").cloned().unwrap_or_else(|| json!({}));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

impl Server {
    /// The Pods that an object owns.
    pub(super) fn pods_of(&self, object: &Value) -> Vec<(ObjectKey, Arc<Value>)> {
        self.owned(json::text(object, &["metadata", "uid"]), "Pod")
    }

    /// Makes Pods of fixed names where they miss or have another revision, and deletes others.
    pub(super) fn keep_named_pods(&mut self, object: &Value, names: &[String], label: &str) {
        let namespace = json::text(object, &["metadata", "namespace"]).to_owned();
        let revision = revision(object);
        for (key, pod) in self.pods_of(object) {
            let current = json::text(&pod, &["metadata", "labels", label]) == revision;
            if !current || !names.iter().any(|name| **name == *key.name) {
                self.sweep(&key);
            }
        }
        for name in names {
            let key = ObjectKey::new("", "Pod", namespace.as_str(), name.as_str());
            if self.store.get(&key).is_none() {
                let pod = pod_of(object, &key, &[(label, &revision)]);
                self.make(&key, "kube-controller-manager", &pod);
            }
        }
    }
}
