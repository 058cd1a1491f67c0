//! How an attempt ends, and what is remembered of it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    answer, apply,
    effect::Effect,
    heal,
    plan::Plan,
    state::{Concluded, Doing, Goal, LastRender, Manifests, Outcome, Running, Stage, State, Sync},
    turn::Turn,
};
use crate::{
    backoff,
    fault::{Fault, Retry, soonest},
    model::{Changes, Delivery, HistoryEntry, What, status::MAX_HISTORY},
};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum End {
    /// Everything was applied; these objects are not ready.
    Synced {
        /// Why not, one each.
        unready: Vec<Fault>,
    },
    /// The commit renders as the one before.
    Unchanged,
    /// The preflight passed, and no more was wanted.
    Planned,
    /// It went wrong.
    Failed(Vec<Fault>),
    /// Something newer is wanted: no verdict.
    Superseded,
}

/// Ends the attempt.
pub(super) fn conclude(state: &mut State, run: Running, end: End, turn: &mut Turn) {
    let Running { goal, generation, began, stage, .. } = run;
    ground(state, &stage, turn);
    let plan = match stage {
        Stage::Planned { plan, .. } => Some(plan),
        Stage::Rendering { .. } | Stage::Scoping { .. } => None,
    };
    let took = turn.at.since(began);
    let changes = plan.as_ref().map(|plan| plan.changes).unwrap_or_default();
    state.sync = Sync::Idle;
    if !matches!(end, End::Superseded) {
        state.report.observed_generation = generation;
        // who asked is answered, whatever came of it
        state.report.due |= state.report.token != goal.token;
        state.report.token.clone_from(&goal.token);
    }
    let about = About { goal, took, changes };
    match end {
        End::Superseded => {
            if state.dirty {
                state.concluded = None;
            }
        }
        End::Unchanged => unchanged(state, about, turn),
        End::Planned => {
            close(state, about, Outcome::Synced, turn);
        }
        End::Failed(faults) => failed(state, about, faults, turn),
        End::Synced { unready } => {
            if let Some(plan) = plan {
                settle_set(state, &about.goal, *plan);
            }
            synced(state, about, unready, turn);
        }
    }
}

/// What an ended attempt was about.
#[derive(Debug)]
struct About {
    goal: Goal,
    took: std::time::Duration,
    changes: Changes,
}

/// Calls back what the attempt has in the air: renders, dry runs, and writes whose time is over.
fn ground(state: &mut State, last: &Stage, turn: &mut Turn) {
    if let Stage::Rendering { ticket } = last {
        turn.emit(Effect::Cancel(*ticket));
    }
    let of_attempt = |doing: &Doing| doing.is_of_attempt();
    let keys: Vec<_> = state
        .flights
        .iter()
        .filter(|(_, flight)| of_attempt(&flight.doing))
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        let Some(flight) = state.flights.remove(&key) else { continue };
        turn.emit(Effect::Cancel(flight.ticket));
        if let Some(held) = flight.held {
            answer::release(state, held, None, turn);
        }
    }
}

/// The commit renders as the last: it is recorded as applied, and nothing else happens.
fn unchanged(state: &mut State, about: About, turn: &mut Turn) {
    // a refused commit in between says nothing about the objects of this one
    let unready = match state.concluded.take().map(|before| before.outcome) {
        Some(Outcome::Unready | Outcome::Failed(_)) if about.goal.spec.wait => {
            apply::unready(state, None)
        }
        Some(Outcome::Synced | Outcome::Unready | Outcome::Failed(_)) | None => Vec::new(),
    };
    state.failures = 0;
    let outcome = if unready.is_empty() {
        clear_faults(state);
        Outcome::Synced
    } else {
        state.report.faults = unready.into();
        state.report.due = true;
        Outcome::Unready
    };
    if let Some(last) = &mut state.rendered {
        last.commit = about.goal.commit.clone();
    }
    close(state, about, outcome, turn);
}

/// Remembers the set as what the cluster is.
fn settle_set(state: &mut State, goal: &Goal, plan: Plan) {
    state.desired = Arc::new(
        plan.set.objects.iter().map(|object| object.manifest.key.clone()).collect::<BTreeSet<_>>(),
    );
    state.rendered = Some(LastRender {
        commit: goal.commit.clone(),
        spec: Arc::clone(&goal.spec),
        inputs: Arc::clone(&plan.rendered.inputs),
    });
    state.dirty = false;
    let desired = Arc::clone(&state.desired);
    let strays: Vec<_> =
        state.healing.due.keys().filter(|key| !desired.contains(*key)).cloned().collect();
    for key in strays {
        heal::forgive(state, &key);
    }
    state.manifests =
        if state.healing.due.is_empty() { Manifests::Dropped } else { Manifests::Held(plan.set) };
}

fn synced(state: &mut State, about: About, unready: Vec<Fault>, turn: &mut Turn) {
    state.failures = 0;
    state.report.due = true;
    if unready.is_empty() {
        clear_faults(state);
        close(state, about, Outcome::Synced, turn);
    } else {
        state.report.faults = unready.into();
        close(state, about, Outcome::Unready, turn);
    }
}

fn clear_faults(state: &mut State) {
    if !state.report.faults.is_empty() {
        state.report.faults = Arc::default();
        state.report.due = true;
    }
}

fn failed(state: &mut State, about: About, mut faults: Vec<Fault>, turn: &mut Turn) {
    faults.sort_by(|a, b| {
        let place = (&a.origin, &a.object, a.code, &a.message);
        place.cmp(&(&b.origin, &b.object, b.code, &b.message))
    });
    faults.dedup();
    for fault in &faults {
        if let Some(key) = &fault.object {
            turn.report_failed(key, fault);
        }
    }
    let retry = soonest(&faults);
    let named = faults.iter().filter_map(|fault| fault.retry_after).max().unwrap_or_default();
    state.failures = state.failures.saturating_add(1);
    state.sync = match retry {
        Retry::Soon => {
            let pause = backoff::delay(state.failures, &state.declared.uid);
            Sync::BackingOff { until: turn.at + pause.max(named) }
        }
        Retry::Interval | Retry::Never => Sync::Stalled,
    };
    state.report.faults = faults.into();
    state.report.due = true;
    close(state, about, Outcome::Failed(retry), turn);
}

/// Remembers the verdict and tells it.
fn close(state: &mut State, about: About, outcome: Outcome, turn: &mut Turn) {
    let About { goal, took, changes } = about;
    let previous = state.report.applied.clone();
    let delivery = delivery(state, &goal);
    let ok = outcome == Outcome::Synced;
    let plan_only = state.declared.orders.intent == crate::model::Intent::Plan;
    if !plan_only {
        remember(state, &goal, outcome != Outcome::Synced, took, changes, turn);
    }
    turn.notify(if ok {
        What::Synced { commit: goal.commit.clone(), previous, delivery, changes, took }
    } else {
        let faults = Arc::clone(&state.report.faults);
        What::Failed { commit: Some(goal.commit.clone()), faults }
    });
    state.concluded = Some(Concluded { goal, outcome });
}

/// What a commit is to the running service: by what was applied before it.
fn delivery(state: &State, goal: &Goal) -> Delivery {
    let applied = &state.report.applied;
    if applied.as_ref() == Some(&goal.commit) {
        return Delivery::Unchanged;
    }
    let before = |entry: &HistoryEntry| entry.succeeded && entry.commit == goal.commit;
    match applied {
        None => Delivery::Deployed,
        Some(_) if state.report.history.iter().any(before) => Delivery::RolledBack,
        Some(_) => Delivery::Upgraded,
    }
}

/// Writes the attempt into the history, unless it only says again what stands there.
fn remember(
    state: &mut State,
    goal: &Goal,
    failed: bool,
    took: std::time::Duration,
    changes: Changes,
    turn: &Turn,
) {
    let report = &mut state.report;
    let newest = report.history.first();
    let said = newest.is_some_and(|entry| {
        entry.commit == goal.commit && entry.succeeded != failed && !changes.any()
    });
    if !failed {
        if !said || report.applied.as_ref() != Some(&goal.commit) {
            report.last_sync = Some(turn.at);
        }
        report.applied = Some(goal.commit.clone());
    }
    if said {
        return;
    }
    let entry = HistoryEntry {
        commit: goal.commit.clone(),
        succeeded: !failed,
        at: turn.at,
        took,
        changes,
    };
    let kept = report.history.iter().take(MAX_HISTORY - 1).cloned();
    report.history = std::iter::once(entry).chain(kept).collect();
}

/// Objects that were awaited became ready after the verdict: the verdict follows.
pub(super) fn recover(state: &mut State, turn: &mut Turn) {
    let at_rest = state.sync == Sync::Idle && !state.dirty && state.healing.due.is_empty();
    if !at_rest {
        return;
    }
    let counts = state.members.counts();
    let Some(concluded) = &mut state.concluded else { return };
    if concluded.outcome != Outcome::Unready || counts.ready < counts.total {
        return;
    }
    concluded.outcome = Outcome::Synced;
    let goal = concluded.goal.clone();
    clear_faults(state);
    state.report.due = true;
    let about = About { goal, took: std::time::Duration::ZERO, changes: Changes::default() };
    close(state, about, Outcome::Synced, turn);
}
