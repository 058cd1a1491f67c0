//! Jobs: one Pod, run to its end.

use nopea_core::model::ObjectKey;
use serde_json::{Value, json};

use super::{condition, replicas::pod_of};
use crate::{
    json,
    server::{Server, seconds},
};

const MANAGER: &str = "kube-controller-manager";

impl Server {
    pub(super) fn job(&mut self, key: &ObjectKey, job: &Value) {
        let done = json::items(job, &["status", "conditions"]).iter().any(|one| {
            matches!(json::text(one, &["type"]), "Complete" | "Failed")
                && json::text(one, &["status"]) == "True"
        });
        if done || json::get(job, &["spec", "suspend"]) == Some(&Value::Bool(true)) {
            return;
        }
        let pod = ObjectKey::new("", "Pod", &*key.namespace, format!("{}-0", key.name));
        if self.store.get(&pod).is_none() {
            let body = pod_of(job, &pod, &[]);
            self.make(&pod, MANAGER, &body);
        }
        let phase =
            self.store.get(&pod).map(|pod| json::text(pod, &["status", "phase"]).to_owned());
        let now = seconds(self.now);
        let started = json::get(job, &["status", "startTime"]).cloned();
        let mut status = json!({"startTime": started.unwrap_or_else(|| json!(now))});
        match phase.as_deref() {
            Some("Succeeded") => {
                let of = |kind| condition(job, kind, "True", "CompletionsReached", "", &now);
                let completions = json::number(job, &["spec", "completions"]).unwrap_or(1);
                json::set(&mut status, &["succeeded"], completions);
                json::set(&mut status, &["completionTime"], now.as_str());
                let conditions = vec![of("SuccessCriteriaMet"), of("Complete")];
                json::set(&mut status, &["conditions"], conditions);
            }
            Some("Failed") => {
                let message = "Job has reached the specified backoff limit";
                let of = |kind| condition(job, kind, "True", "BackoffLimitExceeded", message, &now);
                json::set(&mut status, &["failed"], 1);
                json::set(&mut status, &["conditions"], vec![of("FailureTarget"), of("Failed")]);
            }
            Some(_) | None => json::set(&mut status, &["active"], 1),
        }
        self.set_status(key, MANAGER, status);
    }
}
