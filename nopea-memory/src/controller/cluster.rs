//! Namespaces and definitions: what makes them usable, and what goes with them.

use nopea_core::model::{GroupKind, ObjectKey};
use serde_json::{Value, json};

use super::condition;
use crate::{
    json,
    server::{CLEANUP, Server, seconds},
};

impl Server {
    pub(super) fn namespace(&mut self, key: &ObjectKey, namespace: &Value) {
        if json::get(namespace, &["metadata", "deletionTimestamp"]).is_none() {
            let account = ObjectKey::new("", "ServiceAccount", &*key.name, "default");
            if self.store.get(&account).is_none() {
                let metadata = json!({"name": "default", "namespace": &*key.name});
                let body =
                    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
                self.make(&account, "kube-controller-manager", &body);
            }
            return;
        }
        let inside: Vec<ObjectKey> =
            self.store.in_namespace(&key.name).map(|(key, _)| key.clone()).collect();
        for one in &inside {
            self.sweep(one);
        }
        if self.store.in_namespace(&key.name).next().is_none() {
            self.erase(key);
        }
    }

    pub(super) fn definition(&mut self, key: &ObjectKey, definition: &Value) {
        let group = json::text(definition, &["spec", "group"]);
        let kind = GroupKind::new(group, json::text(definition, &["spec", "names", "kind"]));
        if json::get(definition, &["metadata", "deletionTimestamp"]).is_some() {
            self.definition_goes(key, &kind);
            return;
        }
        let taken = self.kinds.get(&kind).is_some_and(|one| match &one.source {
            crate::kinds::Source::Custom(other) => other != key,
            crate::kinds::Source::Builtin => true,
            crate::kinds::Source::Assumed => false,
        });
        let now = seconds(self.now);
        let names = json::get(definition, &["spec", "names"]).cloned().unwrap_or_default();
        let stored: Vec<&str> = json::items(definition, &["spec", "versions"])
            .iter()
            .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
            .map(|version| json::text(version, &["name"]))
            .collect();
        let (accepted, conditions) = if taken {
            let message = format!("{:?} is already in use", format!("{}List", kind.kind));
            let of = |kind, reason, message: &str| {
                condition(definition, kind, "False", reason, message, &now)
            };
            let refused = of("NamesAccepted", "ListKindConflict", &message);
            let idle = of("Established", "NotAccepted", "not all names are accepted");
            (json!({"kind": "", "plural": ""}), vec![refused, idle])
        } else {
            let of =
                |kind, reason, message| condition(definition, kind, "True", reason, message, &now);
            let accepted = of("NamesAccepted", "NoConflicts", "no conflicts found");
            let message = "the initial names have been accepted";
            (names, vec![accepted, of("Established", "InitialNamesAccepted", message)])
        };
        let status = json!({
            "acceptedNames": accepted,
            "conditions": conditions,
            "storedVersions": stored,
        });
        self.set_status(key, "kube-apiserver", status);
    }

    fn definition_goes(&mut self, key: &ObjectKey, kind: &GroupKind) {
        if self.kinds.of_definition(key).is_some() {
            let objects: Vec<ObjectKey> =
                self.store.of_kind(kind).map(|(key, _)| key.clone()).collect();
            for object in &objects {
                self.sweep(object);
            }
            if self.store.of_kind(kind).next().is_some() {
                return;
            }
        }
        self.drop_finalizer(key, CLEANUP);
    }

    pub(super) fn claim(&mut self, key: &ObjectKey, claim: &Value) {
        if json::text(claim, &["spec", "volumeName"]).is_empty() {
            let volume = format!("pvc-{}", json::text(claim, &["metadata", "uid"]));
            self.change(key, "kube-controller-manager", |claim| {
                json::set(claim, &["spec", "volumeName"], volume);
            });
        }
        let capacity = json::get(claim, &["spec", "resources", "requests"]).cloned();
        let status = json!({
            "phase": "Bound",
            "accessModes": json::get(claim, &["spec", "accessModes"]),
            "capacity": capacity,
        });
        self.set_status(key, "kube-controller-manager", status);
    }

    /// Copies a Service's labels to its `EndpointSlice`, as the real controller does (R1).
    pub(super) fn service(&mut self, key: &ObjectKey, service: &Value) {
        let slice = GroupKind::new("discovery.k8s.io", "EndpointSlice");
        let endpoints = GroupKind::new("", "Endpoints");
        if json::entries(service, &["spec", "selector"]).next().is_none() {
            return;
        }
        let mut labels =
            json::get(service, &["metadata", "labels"]).cloned().unwrap_or_else(|| json!({}));
        let metadata = |name: &str, labels: &Value| {
            json!({
                "name": name, "namespace": &*key.namespace, "labels": labels,
                "ownerReferences": super::owner(service),
            })
        };
        if self.kinds.get(&endpoints).is_some() {
            let copy = ObjectKey { kind: endpoints, ..key.clone() };
            let body = json!({
                "apiVersion": "v1", "kind": "Endpoints", "metadata": metadata(&key.name, &labels),
            });
            self.copy_labels(&copy, &body);
        }
        if let Some(kind) = self.kinds.get(&slice) {
            let api_version = kind.preferred();
            json::set(&mut labels, &["kubernetes.io/service-name"], &*key.name);
            let name = format!("{}-slice", key.name);
            let copy = ObjectKey {
                kind: slice,
                namespace: nopea_core::model::Text::clone(&key.namespace),
                name: name.as_str().into(),
            };
            let body = json!({
                "apiVersion": &*api_version, "kind": "EndpointSlice",
                "metadata": metadata(&name, &labels), "addressType": "IPv4", "endpoints": [],
            });
            self.copy_labels(&copy, &body);
        }
    }

    fn copy_labels(&mut self, copy: &ObjectKey, body: &Value) {
        let manager = "kube-controller-manager";
        let Some(live) = self.store.get(copy) else { return self.make(copy, manager, body) };
        let wanted = json::get(body, &["metadata", "labels"]);
        if json::get(live, &["metadata", "labels"]) != wanted {
            self.change(copy, manager, |object| json::carry(object, body, &["metadata", "labels"]));
        }
    }
}
