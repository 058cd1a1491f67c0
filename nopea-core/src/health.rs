//! How well a live object does, from the object alone: the rules of kstatus, with reasons in words.
//!
//! The texts hold no times and no counters that move by themselves, so that equal states read
//! equal. There is no clock: what kstatus gives a grace period is reported at once.

mod batch;
mod cluster;
mod generic;
mod network;
mod pod;
mod policy;
mod read;
mod workload;

use serde_json::Value;

use crate::model::Health;
use read::Look;

/// The health of a live object.
///
/// Kinds without a rule of their own, Ingress among them, go by `observedGeneration` and the
/// conditions Stalled, Reconciling and Ready; without any they are healthy.
///
/// ```
/// use nopea_core::{health::health, model::Health};
/// let object = serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment",
///     "metadata": {"generation": 1}, "spec": {"replicas": 3},
///     "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3,
///                "readyReplicas": 2, "availableReplicas": 2}});
/// assert_eq!(health(&object), Health::Progressing("2 of 3 replicas are available".into()));
/// ```
pub fn health(object: &Value) -> Health {
    let look = Look(object);
    if look.text("/metadata/deletionTimestamp").is_some() {
        return Health::Progressing("being deleted".into());
    }
    if let Some(early) = generic::early(look) {
        return early;
    }
    let api_version = look.text("/apiVersion").unwrap_or_default();
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, look.text("/kind").unwrap_or_default()) {
        ("apps", "Deployment") => workload::deployment(look),
        ("apps", "StatefulSet") => workload::stateful_set(look),
        ("apps", "DaemonSet") => workload::daemon_set(look),
        ("apps", "ReplicaSet") => workload::replica_set(look),
        ("", "Pod") => pod::pod(look),
        ("batch", "Job") => batch::job(look),
        ("batch", "CronJob") => batch::cron_job(look),
        ("", "Service") => network::service(look),
        ("", "Namespace") => cluster::namespace(look),
        ("", "PersistentVolumeClaim") => cluster::claim(look),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => cluster::definition(look),
        ("apiregistration.k8s.io", "APIService") => cluster::api_service(look),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(look),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(look),
        _ => generic::by_ready(look),
    }
}

#[cfg(test)]
mod tests;
