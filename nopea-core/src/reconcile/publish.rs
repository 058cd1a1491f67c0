//! What readers are told: the status, made of the state; written when something changed, once a step.

use std::{sync::Arc, time::Duration};

use super::{
    conclude,
    declare::same_aim,
    effect::Effect,
    heal,
    refuse::INVALID_SPEC,
    source,
    state::{Outcome, State, Sync},
    turn::Turn,
};
use crate::{
    condition,
    fault::{Code, Fault, Retry},
    model::{
        Condition, ConditionStatus, ConditionType, Phase, Status, Text, Timestamp,
        declared::InvalidOrder, status::MAX_FAULTS,
    },
};

/// Progress of an attempt is told only after this long: an ordinary sync writes its status once.
const PROGRESS_AFTER: Duration = Duration::from_secs(10);
/// Counts that move alone are told at most this often.
const COUNTS_PAUSE: Duration = Duration::from_secs(1);

/// Publishes the status where something changed that belongs into it.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    if matches!(state.sync, Sync::Restoring(_) | Sync::Gone) {
        return;
    }
    conclude::recover(state, turn);
    if let Sync::Running(run) = &state.sync {
        let told = run.began + PROGRESS_AFTER;
        if turn.at >= told {
            state.report.due = true;
        } else {
            turn.wake_at(told);
            // one write for a short sync: what is due is told at its end
            return;
        }
    }
    counts_moved(state, turn);
    if !std::mem::take(&mut state.report.due) {
        return;
    }
    state.report.counts_due = None;
    let status = status(state, turn.at);
    state.report.conditions.clone_from(&status.conditions);
    let before = state.report.published.as_ref();
    if before.is_some_and(|before| says_the_same(before, &status)) {
        return;
    }
    let status = Arc::new(status);
    state.report.published = Some(Arc::clone(&status));
    turn.emit(Effect::Publish { parent: state.parent(), status });
}

/// Counts alone are no reason to write at once, but they must not stay wrong.
fn counts_moved(state: &mut State, turn: &mut Turn) {
    if state.report.due || matches!(state.sync, Sync::Running(_) | Sync::Removing(_)) {
        return;
    }
    let Some(published) = &state.report.published else { return };
    if published.objects == state.members.counts() {
        state.report.counts_due = None;
        return;
    }
    let due = *state.report.counts_due.get_or_insert(turn.at + COUNTS_PAUSE);
    if due <= turn.at {
        state.report.due = true;
    } else {
        turn.wake_at(due);
    }
}

/// Equal but for which commit was seen: that moves only together with something else.
fn says_the_same(before: &Status, now: &Status) -> bool {
    let mut before = before.clone();
    before.observed_commit.clone_from(&now.observed_commit);
    before.applied_commit.clone_from(&now.applied_commit);
    before == *now
}

fn status(state: &State, at: Timestamp) -> Status {
    let report = &state.report;
    let mut faults: Vec<Fault> = state.source.fault.iter().cloned().collect();
    faults.extend(state.healing.fault.iter().cloned());
    faults.extend(heal::faults(&state.healing.due).cloned());
    if !is_synced(state, at) || faults.is_empty() {
        faults.extend(report.faults.iter().cloned());
    }
    faults.extend(state.members.frozen().map(|key| {
        let message = "nopea.io/suspend-heal stands on it: neither healed, changed nor pruned";
        Fault::new(Code::Suspended, message).on(key.clone())
    }));
    let fault_count = faults.len();
    faults.truncate(MAX_FAULTS);
    let pin = state.declared.orders.pin.as_ref().filter(|pin| pin.holds(at));
    let mut status = Status {
        phase: phase(state, at),
        observed_generation: if state.declared.spec.suspend
            || state.declared.orders.refused.is_some()
            // another place forgets it: it is the verdict on what is declared now
            || state.source.fault.is_some()
        {
            state.declared.generation
        } else {
            report.observed_generation
        },
        observed_commit: source::target(state, at),
        applied_commit: report.applied.clone(),
        last_sync_time: report.last_sync,
        conditions: report.conditions.clone(),
        objects: state.members.counts(),
        faults,
        fault_count,
        history: Arc::clone(&report.history),
        kinds: state.claimed.clone(),
        sync_token: report.token.clone(),
        pin: pin.map(|pin| pin.commit.clone()),
        pending_prune: report.pending_prune,
    };
    status.conditions = conditions(state, &status, at);
    status
}

/// Says whether the cluster is what is wanted now.
fn is_synced(state: &State, at: Timestamp) -> bool {
    let goal = source::goal(state, at);
    let same = |concluded: &super::state::Concluded| {
        goal.as_ref().is_none_or(|goal| same_aim(&concluded.goal, goal))
    };
    state.concluded.as_ref().is_some_and(|concluded| {
        concluded.outcome == Outcome::Synced && (same(concluded) || state.declared.spec.suspend)
    })
}

fn phase(state: &State, at: Timestamp) -> Phase {
    if state.declared.deleted_at.is_some() {
        return Phase::Terminating;
    }
    if state.declared.orders.refused.is_some() {
        return Phase::Failed;
    }
    if state.declared.spec.suspend {
        return Phase::Suspended;
    }
    match &state.sync {
        Sync::Restoring(_) => Phase::Pending,
        Sync::Running(_) => Phase::Syncing,
        Sync::Removing(_) | Sync::Gone => Phase::Terminating,
        Sync::Idle | Sync::BackingOff { .. } | Sync::Stalled => {
            if state.source.fault.is_some() {
                Phase::Failed
            } else if is_synced(state, at) {
                Phase::Synced
            } else if state.concluded.is_some() {
                Phase::Failed
            } else {
                Phase::Pending
            }
        }
    }
}

/// What a condition is to say.
struct Says(ConditionType, ConditionStatus, Text, Text);

fn conditions(state: &State, status: &Status, at: Timestamp) -> Vec<Condition> {
    let mut conditions = status.conditions.clone();
    for says in [
        told_unread(ready(state, status), &state.declared.orders.unread),
        reconciling(state),
        stalled(state, status),
        healthy(status),
        drifted(state),
        suspended(state),
    ] {
        let Says(kind, holds, reason, message) = says;
        condition::set(&mut conditions, kind, holds, reason, message, at);
    }
    conditions
}

fn says(kind: ConditionType, holds: bool, reason: &str, message: &str) -> Says {
    let status = if holds { ConditionStatus::True } else { ConditionStatus::False };
    Says(kind, status, reason.into(), message.into())
}

fn ready(state: &State, status: &Status) -> Says {
    let kind = ConditionType::Ready;
    if let Some(why) = refusal(state, status) {
        return says(kind, false, INVALID_SPEC, why);
    }
    let first = status.faults.first();
    match status.phase {
        Phase::Synced => {
            let commit = status.applied_commit.as_ref().map_or("", |commit| commit.short());
            says(kind, true, "Synced", &format!("the cluster is what commit {commit} says"))
        }
        Phase::Suspended => match state.concluded.as_ref().map(|concluded| &concluded.outcome) {
            Some(Outcome::Synced) => {
                says(kind, true, "Suspended", "synced before it was suspended")
            }
            Some(Outcome::Unready | Outcome::Failed(_)) | None => {
                says(kind, false, "Suspended", "suspended before it was synced")
            }
        },
        Phase::Failed => match first {
            Some(fault) => {
                says(kind, false, &format!("{:?}", fault.code), &headline(status, fault))
            }
            None => says(kind, false, "Failed", "the last attempt did not reach its end"),
        },
        Phase::Syncing => {
            Says(kind, ConditionStatus::Unknown, "Syncing".into(), "an attempt runs".into())
        }
        Phase::Pending => {
            Says(kind, ConditionStatus::Unknown, "Pending".into(), "nothing was synced yet".into())
        }
        Phase::Terminating => says(kind, false, "Terminating", "it is being deleted"),
    }
}

/// Why the spec that stands cannot be, unless it is on its way out anyhow.
fn refusal<'a>(state: &'a State, status: &Status) -> Option<&'a str> {
    state.declared.orders.refused.as_deref().filter(|_| status.phase != Phase::Terminating)
}

/// Annotations that cannot be read hinder nothing, but their author waits for something.
fn told_unread(says: Says, unread: &[InvalidOrder]) -> Says {
    let Says(kind, holds, reason, message) = says;
    let told = unread.iter().fold(message.to_string(), |told, wrong| format!("{told}; {wrong}"));
    Says(kind, holds, reason, told.into())
}

/// The first fault, and how many stand beside it.
fn headline(status: &Status, first: &Fault) -> String {
    match status.fault_count.saturating_sub(1) {
        0 => first.to_string(),
        more => format!("{first} (and {more} more)"),
    }
}

fn reconciling(state: &State) -> Says {
    let kind = ConditionType::Reconciling;
    match &state.sync {
        Sync::Running(run) => {
            let message = format!("commit {} is being applied", run.goal.commit.short());
            says(kind, true, "Syncing", &message)
        }
        Sync::BackingOff { .. } => says(kind, true, "BackingOff", "the next try comes by itself"),
        Sync::Removing(_) => says(kind, true, "Terminating", "its objects are being deleted"),
        Sync::Restoring(_) | Sync::Idle | Sync::Stalled | Sync::Gone => {
            says(kind, false, "Idle", "nothing is to be done")
        }
    }
}

fn stalled(state: &State, status: &Status) -> Says {
    let kind = ConditionType::Stalled;
    if let Some(why) = refusal(state, status) {
        return says(kind, true, INVALID_SPEC, why);
    }
    let retry = state.concluded.as_ref().and_then(|concluded| match concluded.outcome {
        Outcome::Failed(retry) => Some(retry),
        Outcome::Synced | Outcome::Unready => None,
    });
    match (retry, &state.sync) {
        (Some(Retry::Never), Sync::Stalled) => {
            let first = status.faults.first().map(ToString::to_string).unwrap_or_default();
            says(kind, true, "WaitsForCommit", &first)
        }
        (Some(Retry::Interval | Retry::Soon), Sync::Stalled) => {
            let first = status.faults.first().map(ToString::to_string).unwrap_or_default();
            says(kind, true, "WaitsForPoll", &first)
        }
        (Some(_) | None, _) => says(kind, false, "Progressing", "nothing is in the way"),
    }
}

fn healthy(status: &Status) -> Says {
    let kind = ConditionType::Healthy;
    let counts = status.objects;
    let message = format!("{} of {} objects are ready", counts.ready, counts.total);
    if counts.ready == counts.total {
        says(kind, true, "Ready", &message)
    } else if counts.unhealthy > 0 {
        says(kind, false, "Degraded", &message)
    } else {
        says(kind, false, "Progressing", &message)
    }
}

fn drifted(state: &State) -> Says {
    let kind = ConditionType::Drifted;
    let due = &state.healing.due;
    match due.first_key_value() {
        None => says(kind, false, "InSync", "nobody changed the objects"),
        Some((key, _)) => {
            let more = due.len() - 1;
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            says(kind, true, "Drifted", &format!("{key}{rest} differ from the applied commit"))
        }
    }
}

fn suspended(state: &State) -> Says {
    if state.declared.spec.suspend {
        says(ConditionType::Suspended, true, "Suspended", "spec.suspend is true")
    } else {
        says(ConditionType::Suspended, false, "Active", "spec.suspend is false")
    }
}
