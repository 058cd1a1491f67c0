//! Job and `CronJob`.

use super::read::{Look, degraded, of, progressing, suspended};
use crate::model::Health;

/// A job is healthy once it is complete: what waits for it waits for its outcome.
pub(super) fn job(look: Look<'_>) -> Health {
    for kind in ["Failed", "FailureTarget"] {
        if let Some(failed) = look.condition(kind).filter(|condition| condition.holds()) {
            return degraded(format!("failed: {}", failed.words()));
        }
    }
    for kind in ["Complete", "SuccessCriteriaMet"] {
        if look.condition(kind).is_some_and(super::read::Condition::holds) {
            return Health::Healthy;
        }
    }
    if look.flag("/spec/suspend") {
        return suspended("the job is suspended");
    }
    let wanted = look.number("/spec/completions").unwrap_or(1);
    progressing(of(look.count("/status/succeeded"), wanted, "pod", "pods", "complete"))
}

pub(super) fn cron_job(look: Look<'_>) -> Health {
    if look.flag("/spec/suspend") {
        return suspended("the schedule is suspended");
    }
    Health::Healthy
}
