//! `PodDisruptionBudget` and `HorizontalPodAutoscaler`.

use super::{
    generic::unseen,
    read::{Look, degraded, of, progressing, suspended},
};
use crate::model::Health;

pub(super) fn disruption_budget(look: Look<'_>) -> Health {
    if let Some(unseen) = unseen(look) {
        return unseen;
    }
    let (healthy, wanted) =
        (look.count("/status/currentHealthy"), look.count("/status/desiredHealthy"));
    if healthy < wanted {
        return progressing(of(healthy, wanted, "needed pod", "needed pods", "healthy"));
    }
    Health::Healthy
}

/// Seen as `autoscaling/v1` it has no conditions and is healthy.
pub(super) fn autoscaler(look: Look<'_>) -> Health {
    if let Some(unable) = look.condition("AbleToScale").filter(|condition| condition.fails()) {
        return degraded(format!("it cannot scale: {}", unable.words()));
    }
    match look.condition("ScalingActive").filter(|condition| condition.fails()) {
        None => Health::Healthy,
        Some(idle) if idle.reason() == "ScalingDisabled" => {
            suspended("its target is scaled to zero")
        }
        Some(idle)
            if idle.reason().contains("Metric") && idle.reason().starts_with("FailedGet") =>
        {
            progressing(format!("it has no metrics yet: {}", idle.reason()))
        }
        Some(broken) => degraded(format!("it does not scale: {}", broken.words())),
    }
}
