//! Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet`: replica counts, and the conditions that say why.

use super::{
    generic::unseen,
    read::{Look, degraded, of, progressing, suspended},
};
use crate::model::Health;

pub(super) fn deployment(look: Look<'_>) -> Health {
    if look.flag("/spec/paused") {
        return suspended("the rollout is paused");
    }
    if let Some(unseen) = unseen(look) {
        return unseen;
    }
    let shortfall = deployment_shortfall(look);
    let progress = look.condition("Progressing");
    if progress.is_some_and(|condition| condition.reason() == "ProgressDeadlineExceeded") {
        let why = shortfall.unwrap_or_else(|| "the new replicas are not ready".to_owned());
        return degraded(format!("the rollout exceeded its deadline: {why}"));
    }
    let Some(shortfall) = shortfall else { return Health::Healthy };
    match look.condition("ReplicaFailure").filter(|condition| condition.holds()) {
        Some(failure) => progressing(format!("{shortfall}: {}", failure.words())),
        None => progressing(shortfall),
    }
}

fn deployment_shortfall(look: Look<'_>) -> Option<String> {
    let wanted = look.number("/spec/replicas").unwrap_or(1);
    let there = look.count("/status/replicas");
    let updated = look.count("/status/updatedReplicas");
    let available = look.count("/status/availableReplicas");
    let ready = look.count("/status/readyReplicas");
    if there < wanted {
        return Some(replicas(there, wanted, "created"));
    }
    if updated < wanted {
        return Some(replicas(updated, wanted, "updated"));
    }
    if there > wanted {
        return Some(surplus(there.saturating_sub(wanted)));
    }
    if available < updated {
        return Some(replicas(available, updated, "available"));
    }
    if ready < wanted {
        return Some(replicas(ready, wanted, "ready"));
    }
    let unavailable = look.condition("Available").filter(|condition| condition.fails());
    unavailable.map(|_| "it has fewer replicas than it needs".to_owned())
}

pub(super) fn stateful_set(look: Look<'_>) -> Health {
    if look.text("/spec/updateStrategy/type") == Some("OnDelete") {
        return Health::Healthy;
    }
    if let Some(unseen) = unseen(look) {
        return unseen;
    }
    let wanted = look.number("/spec/replicas").unwrap_or(1);
    let there = look.count("/status/replicas");
    let ready = look.count("/status/readyReplicas");
    let updated = look.count("/status/updatedReplicas");
    if there < wanted {
        return progressing(replicas(there, wanted, "created"));
    }
    if ready < wanted {
        return progressing(replicas(ready, wanted, "ready"));
    }
    if there > wanted {
        return progressing(surplus(there.saturating_sub(wanted)));
    }
    if let Some(partition) = look.number("/spec/updateStrategy/rollingUpdate/partition") {
        let wanted = wanted.saturating_sub(partition.max(0)).max(0);
        if updated < wanted {
            return progressing(replicas(updated, wanted, "updated"));
        }
        return Health::Healthy;
    }
    if look.text("/status/currentRevision") != look.text("/status/updateRevision") {
        return progressing(replicas(updated, wanted, "updated"));
    }
    Health::Healthy
}

pub(super) fn daemon_set(look: Look<'_>) -> Health {
    if let Some(unseen) = unseen(look) {
        return unseen;
    }
    let Some(wanted) = look.number("/status/desiredNumberScheduled") else {
        return progressing("its controller has not chosen nodes yet");
    };
    let by_hand = look.text("/spec/updateStrategy/type") == Some("OnDelete");
    let steps = [
        ("/status/currentNumberScheduled", "scheduled"),
        ("/status/updatedNumberScheduled", "updated"),
        ("/status/numberAvailable", "available"),
        ("/status/numberReady", "ready"),
    ];
    for (pointer, state) in steps {
        let count = look.count(pointer);
        if count < wanted && !(by_hand && state == "updated") {
            return progressing(of(count, wanted, "pod", "pods", state));
        }
    }
    Health::Healthy
}

pub(super) fn replica_set(look: Look<'_>) -> Health {
    if let Some(unseen) = unseen(look) {
        return unseen;
    }
    if let Some(failure) = look.condition("ReplicaFailure").filter(|condition| condition.holds()) {
        return progressing(format!("pods cannot be created: {}", failure.words()));
    }
    let wanted = look.number("/spec/replicas").unwrap_or(1);
    let there = look.count("/status/replicas");
    let steps = [
        ("/status/fullyLabeledReplicas", "created"),
        ("/status/availableReplicas", "available"),
        ("/status/readyReplicas", "ready"),
    ];
    for (pointer, state) in steps {
        if look.count(pointer) < wanted {
            return progressing(replicas(look.count(pointer), wanted, state));
        }
    }
    if there > wanted {
        return progressing(surplus(there.saturating_sub(wanted)));
    }
    Health::Healthy
}

fn replicas(part: i64, whole: i64, state: &str) -> String {
    of(part, whole, "replica", "replicas", state)
}

fn surplus(count: i64) -> String {
    let (noun, verb) = if count == 1 { ("replica", "waits") } else { ("replicas", "wait") };
    format!("{count} old {noun} {verb} to be removed")
}
