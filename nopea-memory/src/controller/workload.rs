//! Deployments, `ReplicaSets`, `StatefulSets` and `DaemonSets`.

use nopea_core::model::ObjectKey;
use serde_json::{Value, json};

use super::{
    condition, owner,
    replicas::{is_ready, pod_of, revision, wanted},
};
use crate::{
    json,
    server::{Server, Work, seconds, signed},
};

const MANAGER: &str = "kube-controller-manager";
const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const CONTROLLER_HASH: &str = "controller-revision-hash";

impl Server {
    pub(super) fn deployment(&mut self, key: &ObjectKey, deployment: &Value) {
        if json::get(deployment, &["spec", "paused"]) == Some(&Value::Bool(true)) {
            return;
        }
        let hash = revision(deployment);
        let name = format!("{}-{hash}", key.name);
        let newest = ObjectKey::new("apps", "ReplicaSet", &*key.namespace, name);
        let sets = self.owned(json::text(deployment, &["metadata", "uid"]), "ReplicaSet");
        let wanted = wanted(deployment);
        if !sets.iter().any(|(one, _)| *one == newest) {
            let number = (sets.len() + 1).to_string();
            let set = replica_set_of(deployment, &newest, &hash, &number);
            self.make(&newest, MANAGER, &set);
            self.change(key, MANAGER, |object| {
                json::set(object, &["metadata", "annotations", REVISION], number);
            });
            self.wake(Work::Object(key.clone()));
            return;
        }
        let count = |set: &Value, field| json::number(set, &["status", field]).unwrap_or(0);
        let mut newest_ready = 0;
        let mut total = 0;
        let mut updated = 0;
        let mut ready = 0;
        let mut since = self.now;
        for (one, set) in &sets {
            total += count(set, "replicas");
            ready += count(set, "readyReplicas");
            if *one == newest {
                updated = count(set, "replicas");
                newest_ready = count(set, "readyReplicas");
                let made = json::text(set, &["metadata", "creationTimestamp"]);
                since = made.parse().unwrap_or(self.now);
                self.scale(one, set, wanted);
            }
        }
        let complete = usize::try_from(newest_ready).unwrap_or(0) >= wanted;
        if complete {
            for (one, set) in sets.iter().filter(|(one, _)| *one != newest) {
                self.scale(one, set, 0);
            }
        }
        let span = json::number(deployment, &["spec", "progressDeadlineSeconds"]).unwrap_or(600);
        let deadline =
            since + signed(std::time::Duration::from_secs(u64::try_from(span).unwrap_or(600)));
        if !complete && deadline > self.now {
            self.wake_at(Work::Object(key.clone()), deadline);
        }
        let now = seconds(self.now);
        let (progress, reason, message) = if complete {
            ("True", "NewReplicaSetAvailable", "has successfully progressed.")
        } else if deadline <= self.now {
            ("False", "ProgressDeadlineExceeded", "has timed out progressing.")
        } else {
            ("True", "ReplicaSetUpdated", "is progressing.")
        };
        let message = format!("ReplicaSet {:?} {message}", &*newest.name);
        let wished = i64::try_from(wanted).unwrap_or(i64::MAX);
        let available = ready >= wished;
        let (is, why, text) = if available {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            (
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        };
        let mut status = json!({
            "observedGeneration": json::number(deployment, &["metadata", "generation"]),
            "conditions": [
                condition(deployment, "Available", is, why, text, &now),
                condition(deployment, "Progressing", progress, reason, &message, &now),
            ],
        });
        for (field, number) in [
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", (wished - ready).max(0)),
        ] {
            if number != 0 {
                json::set(&mut status, &[field], number);
            }
        }
        self.set_status(key, MANAGER, status);
    }

    fn scale(&mut self, key: &ObjectKey, set: &Value, wanted: usize) {
        if super::replicas::wanted(set) != wanted {
            self.change(key, MANAGER, |set| json::set(set, &["spec", "replicas"], wanted));
        }
    }

    pub(super) fn replica_set(&mut self, key: &ObjectKey, set: &Value) {
        let pods = self.pods_of(set);
        let wanted = wanted(set);
        for (pod, _) in pods.iter().skip(wanted) {
            self.sweep(pod);
        }
        for _ in pods.len()..wanted {
            let mark = crate::store::scramble(self.store.version());
            let name = format!("{}-{:05x}", key.name, mark & 0xf_ffff);
            let pod = ObjectKey::new("", "Pod", &*key.namespace, name);
            let body = pod_of(set, &pod, &[]);
            self.make(&pod, MANAGER, &body);
        }
        let pods = self.pods_of(set);
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let mut status = json!({
            "replicas": pods.len(),
            "fullyLabeledReplicas": pods.len(),
            "observedGeneration": json::number(set, &["metadata", "generation"]),
        });
        if ready > 0 {
            json::set(&mut status, &["readyReplicas"], ready);
            json::set(&mut status, &["availableReplicas"], ready);
        }
        self.set_status(key, MANAGER, status);
        for owner in json::items(set, &["metadata", "ownerReferences"]) {
            let name = json::text(owner, &["name"]);
            let owner = ObjectKey::new("apps", json::text(owner, &["kind"]), &*key.namespace, name);
            self.wake(Work::Object(owner));
        }
    }

    pub(super) fn stateful_set(&mut self, key: &ObjectKey, set: &Value) {
        let wanted = wanted(set);
        let names: Vec<String> =
            (0..wanted).map(|number| format!("{}-{number}", key.name)).collect();
        for template in json::items(set, &["spec", "volumeClaimTemplates"]) {
            for name in &names {
                let claim = format!("{}-{name}", json::text(template, &["metadata", "name"]));
                let claim = ObjectKey::new("", "PersistentVolumeClaim", &*key.namespace, claim);
                if self.store.get(&claim).is_none() {
                    let mut body = template.clone();
                    json::remove(&mut body, &["status"]);
                    json::set(&mut body, &["metadata", "name"], &*claim.name);
                    json::set(&mut body, &["metadata", "namespace"], &*claim.namespace);
                    self.make(&claim, MANAGER, &body);
                }
            }
        }
        self.keep_named_pods(set, &names, CONTROLLER_HASH);
        let pods = self.pods_of(set);
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let revision = format!("{}-{}", key.name, revision(set));
        let status = json!({
            "observedGeneration": json::number(set, &["metadata", "generation"]),
            "replicas": pods.len(),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": pods.len(),
            "updatedReplicas": pods.len(),
            "currentRevision": revision,
            "updateRevision": revision,
            "collisionCount": 0,
        });
        self.set_status(key, MANAGER, status);
    }

    pub(super) fn daemon_set(&mut self, key: &ObjectKey, set: &Value) {
        let names = [format!("{}-node", key.name)];
        self.keep_named_pods(set, &names, CONTROLLER_HASH);
        let pods = self.pods_of(set);
        let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
        let mut status = json!({
            "observedGeneration": json::number(set, &["metadata", "generation"]),
            "desiredNumberScheduled": 1,
            "currentNumberScheduled": pods.len(),
            "updatedNumberScheduled": pods.len(),
            "numberMisscheduled": 0,
            "numberReady": ready,
        });
        let field = if ready > 0 { "numberAvailable" } else { "numberUnavailable" };
        json::set(&mut status, &[field], 1);
        self.set_status(key, MANAGER, status);
    }
}

/// A `ReplicaSet`: labels of the template, annotations of the Deployment (experiments 1.20).
fn replica_set_of(deployment: &Value, key: &ObjectKey, hash: &str, number: &str) -> Value {
    let mut spec = json!({
        "replicas": wanted(deployment),
        "selector": json::get(deployment, &["spec", "selector"]),
        "template": json::get(deployment, &["spec", "template"]),
    });
    json::set(&mut spec, &["selector", "matchLabels", HASH], hash);
    json::set(&mut spec, &["template", "metadata", "labels", HASH], hash);
    let labels = json::get(&spec, &["template", "metadata", "labels"]).cloned();
    let mut annotations =
        json::get(deployment, &["metadata", "annotations"]).cloned().unwrap_or_else(|| json!({}));
    json::remove(&mut annotations, &["kubectl.kubernetes.io/last-applied-configuration"]);
    json::set(&mut annotations, &[REVISION], number);
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": &*key.name, "namespace": &*key.namespace, "labels": labels,
            "annotations": annotations, "ownerReferences": owner(deployment),
        },
        "spec": spec,
    })
}
