//! Pods: a node that has every image but those that cannot be pulled.

use nopea_core::model::ObjectKey;
use serde_json::{Value, json};

use super::condition;
use crate::{
    json,
    server::{Server, seconds},
};

impl Server {
    pub(super) fn pod(&mut self, key: &ObjectKey, pod: &Value) {
        let phase = json::text(pod, &["status", "phase"]);
        if !matches!(phase, "Succeeded" | "Failed") {
            let images: Vec<(String, String)> = json::items(pod, &["spec", "containers"])
                .iter()
                .map(|one| {
                    (json::text(one, &["name"]).to_owned(), json::text(one, &["image"]).to_owned())
                })
                .collect();
            let status = self.pod_status(pod, &images);
            self.set_status(key, "kubelet", status);
        }
        for owner in json::items(pod, &["metadata", "ownerReferences"]) {
            let group = crate::kinds::group_of(json::text(owner, &["apiVersion"])).to_owned();
            let (kind, name) = (json::text(owner, &["kind"]), json::text(owner, &["name"]));
            let owner = ObjectKey::new(group, kind, &*key.namespace, name);
            self.wake(crate::server::Work::Object(owner));
        }
    }

    fn pod_status(&self, pod: &Value, images: &[(String, String)]) -> Value {
        let now = seconds(self.now);
        let broken = images.iter().any(|(_, image)| !can_be_pulled(image));
        let once = json::text(pod, &["spec", "restartPolicy"]) != "Always";
        let failed = once && images.iter().any(|(_, image)| image.contains("fails"));
        let (phase, ready, reason) = match (broken, once, failed) {
            (true, _, _) => ("Pending", "False", "ContainersNotReady"),
            (false, true, true) => ("Failed", "False", "PodFailed"),
            (false, true, false) => ("Succeeded", "False", "PodCompleted"),
            (false, false, _) => ("Running", "True", ""),
        };
        let state = |image: &str| match phase {
            "Pending" if !can_be_pulled(image) => json!({"waiting": {
                "reason": "ImagePullBackOff",
                "message": format!("Back-off pulling image {image:?}"),
            }}),
            "Pending" => json!({"waiting": {"reason": "ContainerCreating"}}),
            "Running" => json!({"running": {"startedAt": now}}),
            _ => {
                let code = i32::from(phase == "Failed");
                let reason = if code == 0 { "Completed" } else { "Error" };
                json!({"terminated": {"exitCode": code, "reason": reason}})
            }
        };
        let containers: Vec<Value> = images
            .iter()
            .map(|(name, image)| {
                json!({
                    "name": name, "image": image, "imageID": "", "restartCount": 0,
                    "ready": ready == "True", "started": ready == "True", "state": state(image),
                })
            })
            .collect();
        let of = |kind, status, reason| condition(pod, kind, status, reason, "", &now);
        json!({
            "phase": phase,
            "conditions": [
                of("PodScheduled", "True", ""),
                of("Initialized", "True", ""),
                of("ContainersReady", ready, reason),
                of("Ready", ready, reason),
            ],
            "containerStatuses": containers,
            "startTime": json::get(pod, &["metadata", "creationTimestamp"]),
        })
    }
}

/// Images whose names say so cannot be pulled.
fn can_be_pulled(image: &str) -> bool {
    !["does-not-exist", "broken", ":missing"].iter().any(|mark| image.contains(mark))
}
