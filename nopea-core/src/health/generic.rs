//! The rules for every kind: the generation that was processed, and the conditions of kstatus.

use super::read::{Look, degraded, progressing};
use crate::model::Health;

/// What can be said of any object before its kind is looked at.
pub(super) fn early(look: Look<'_>) -> Option<Health> {
    if let (Some(wanted), Some(seen)) =
        (look.number("/metadata/generation"), look.number("/status/observedGeneration"))
        && wanted != seen
    {
        return Some(progressing("its controller has not seen the latest change yet"));
    }
    if let Some(stalled) = look.condition("Stalled").filter(|condition| condition.holds()) {
        return Some(degraded(stalled.words()));
    }
    let reconciling = look.condition("Reconciling").filter(|condition| condition.holds())?;
    Some(progressing(reconciling.words()))
}

/// The rule of kinds that have none of their own.
pub(super) fn by_ready(look: Look<'_>) -> Health {
    match look.condition("Ready") {
        Some(ready) if !ready.holds() => {
            let words = ready.words();
            progressing(if words.is_empty() { "not ready".to_owned() } else { words })
        }
        Some(_) | None => Health::Healthy,
    }
}

/// Says that a controller which always leaves a generation has left none.
pub(super) fn unseen(look: Look<'_>) -> Option<Health> {
    let seen = look.number("/status/observedGeneration").is_some();
    (!seen).then(|| progressing("its controller has not seen it yet"))
}
