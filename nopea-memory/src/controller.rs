//! Small, deterministic controllers: what a controller-manager and nodes would do, step by step.
//!
//! Each looks at one object and makes one step; what it writes wakes the next one. They write through
//! the same server as everybody, as managers of their own.

mod batch;
mod cluster;
mod pod;
mod replicas;
mod workload;

use jiff::Timestamp;
use nopea_core::model::ObjectKey;
use serde_json::{Value, json};

use crate::{
    json,
    server::{Server, Work, Writer},
    settings::Workloads,
};

/// The most steps of one round: controllers that wake each other for ever stop here.
const MOST_STEPS: usize = 1_000_000;

impl Server {
    /// Does everything that is due by `now`, and what follows from it.
    pub(crate) fn run_due(&mut self, now: Timestamp) {
        self.running = true;
        for _ in 0..MOST_STEPS {
            let next = self.due.iter().find(|(_, at)| **at <= now).map(|(work, _)| work.clone());
            let Some(work) = next else { break };
            self.due.remove(&work);
            match work {
                Work::Owner(uid) => self.collect(&uid),
                Work::Object(key) => self.reconcile(&key),
            }
        }
        self.running = false;
    }

    /// When the next thing is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    fn reconcile(&mut self, key: &ObjectKey) {
        let Some(object) = self.store.get(key).cloned() else { return };
        let deleting = json::get(&object, &["metadata", "deletionTimestamp"]).is_some();
        let foreground = json::items(&object, &["metadata", "finalizers"])
            .iter()
            .any(|one| one == "foregroundDeletion");
        if deleting && foreground {
            self.foreground(key, &object);
            return;
        }
        match (&*key.kind.group, &*key.kind.kind) {
            ("", "Namespace") => self.namespace(key, &object),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => self.definition(key, &object),
            _ if deleting || self.settings.workloads == Workloads::Rest => {}
            ("apps", "Deployment") => self.deployment(key, &object),
            ("apps", "ReplicaSet") => self.replica_set(key, &object),
            ("apps", "StatefulSet") => self.stateful_set(key, &object),
            ("apps", "DaemonSet") => self.daemon_set(key, &object),
            ("batch", "Job") => self.job(key, &object),
            ("", "Pod") => self.pod(key, &object),
            ("", "PersistentVolumeClaim") => self.claim(key, &object),
            ("", "Service") => self.service(key, &object),
            _ => {}
        }
    }

    fn foreground(&mut self, key: &ObjectKey, object: &Value) {
        let dependents = self.store.dependents(json::text(object, &["metadata", "uid"]));
        if dependents.is_empty() {
            self.drop_finalizer(key, "foregroundDeletion");
        }
        for dependent in dependents {
            self.sweep(&dependent);
        }
    }

    /// Writes a status where it differs.
    fn set_status(&mut self, key: &ObjectKey, manager: &str, status: Value) {
        let Some(live) = self.store.get(key) else { return };
        if live.get("status") == Some(&status) {
            return;
        }
        let version = json::text(live, &["apiVersion"]).to_owned();
        let writer = Writer::new(manager).through("status");
        self.log_refusal(key, |server| {
            server.edit(key, &version, writer, |object| json::set(object, &["status"], status))
        });
    }

    /// Changes an object as a controller.
    fn change(&mut self, key: &ObjectKey, manager: &str, change: impl FnOnce(&mut Value)) {
        let Some(live) = self.store.get(key) else { return };
        let version = json::text(live, &["apiVersion"]).to_owned();
        self.log_refusal(key, |server| server.edit(key, &version, Writer::new(manager), change));
    }

    /// Creates an object as a controller.
    fn make(&mut self, key: &ObjectKey, manager: &str, body: &Value) {
        let version = json::text(body, &["apiVersion"]).to_owned();
        self.log_refusal(key, |server| server.create(key, &version, body, Writer::new(manager)));
    }

    fn log_refusal(
        &mut self,
        key: &ObjectKey,
        write: impl FnOnce(&mut Self) -> Result<crate::server::Written, nopea_core::port::Refusal>,
    ) {
        if let Err(refusal) = write(self) {
            tracing::debug!(%key, %refusal, "a controller's write was refused");
        }
    }

    /// The live objects of a kind that an owner controls.
    fn owned(&self, uid: &str, kind: &str) -> Vec<(ObjectKey, std::sync::Arc<Value>)> {
        let keys = self.store.dependents(uid).into_iter().filter(|key| &*key.kind.kind == kind);
        keys.filter_map(|key| {
            let object = std::sync::Arc::clone(self.store.get(&key)?);
            let deleting = json::get(&object, &["metadata", "deletionTimestamp"]).is_some();
            (!deleting).then_some((key, object))
        })
        .collect()
    }
}

/// The reference of an object to the one that controls it.
fn owner(object: &Value) -> Value {
    json!([{
        "apiVersion": json::text(object, &["apiVersion"]),
        "kind": json::text(object, &["kind"]),
        "name": json::text(object, &["metadata", "name"]),
        "uid": json::text(object, &["metadata", "uid"]),
        "controller": true,
        "blockOwnerDeletion": true,
    }])
}

/// A condition; where one of the same type and status stands, with its time.
fn condition(
    object: &Value,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: &str,
) -> Value {
    let since = json::items(object, &["status", "conditions"])
        .iter()
        .find(|one| json::text(one, &["type"]) == kind && json::text(one, &["status"]) == status)
        .map_or(now, |one| json::text(one, &["lastTransitionTime"]));
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    })
}
