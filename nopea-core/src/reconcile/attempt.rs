//! The life of an attempt: when one begins and what ends it.

use std::{mem, sync::Arc};

use super::{
    apply,
    conclude::{self, End},
    declare::{applies_like, same_aim},
    effect::Effect,
    plan::Plan,
    source,
    state::{Goal, Outcome, Phase, Running, Stage, State, Sync},
    turn::Turn,
};
use crate::{
    fault::{Code, Fault, Retry},
    model::{Intent, Timestamp, What},
};

/// How an attempt goes on.
#[derive(Debug)]
pub(super) enum Flow {
    /// It waits for an event.
    Wait,
    /// It can go on at once.
    Go,
    /// It is over.
    Ended(End),
}

/// Takes the running attempt out of the state; the lane is idle meanwhile.
pub(super) fn take(state: &mut State) -> Option<Box<Running>> {
    match mem::replace(&mut state.sync, Sync::Idle) {
        Sync::Running(run) => Some(run),
        other @ (Sync::Restoring(_)
        | Sync::Idle
        | Sync::BackingOff { .. }
        | Sync::Stalled
        | Sync::Removing(_)
        | Sync::Gone) => {
            state.sync = other;
            None
        }
    }
}

/// Lets `act` change the plan of the running attempt beside the rest of the state.
pub(super) fn with_plan(state: &mut State, act: impl FnOnce(&mut State, &mut Plan)) {
    let Some(mut run) = take(state) else { return };
    if let Stage::Planned { plan, .. } = &mut run.stage {
        act(state, plan);
    }
    state.sync = Sync::Running(run);
}

/// Begins, drives or ends the one attempt there is (rule 1).
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    // each round ends an attempt or waits; a superseded one makes room for exactly one other
    for _round in 0..2 {
        if let Some(run) = take(state) {
            drive(state, run, turn);
        }
        if let Some(goal) = wanted(state, turn) {
            begin(state, goal, turn);
            return;
        }
    }
}

/// What the next attempt is to reach, where one is wanted and may begin now.
fn wanted(state: &mut State, turn: &mut Turn) -> Option<Goal> {
    let waits = match state.sync {
        Sync::Idle | Sync::Stalled => None,
        Sync::BackingOff { until } => Some(until),
        Sync::Restoring(_) | Sync::Running(_) | Sync::Removing(_) | Sync::Gone => return None,
    };
    // rule 10: suspended means no sync, whatever the trigger
    if state.declared.spec.suspend || state.declared.deleted_at.is_some() {
        return None;
    }
    // rule 5 holds for the spec as well: one that cannot be leaves the last good state standing
    if state.declared.orders.refused.is_some() || state.reclaim.is_open() {
        return None;
    }
    let goal = source::goal(state, turn.at)?;
    let asked = state.waiters.iter().any(|waiting| waiting.resolved && !waiting.attempted);
    let Some(concluded) = &mut state.concluded else { return Some(goal) };
    if !same_aim(&concluded.goal, &goal) {
        state.failures = 0;
        return Some(goal);
    }
    match concluded.outcome {
        // rule 4: the same commit and spec, and no drift
        Outcome::Synced | Outcome::Unready => {
            concluded.goal = goal.clone();
            acknowledge(state, &goal);
            (state.leak && state.declared.orders.intent == Intent::Sync).then_some(goal)
        }
        Outcome::Failed(retry) => {
            let ordered = concluded.goal.approved != goal.approved
                || concluded.goal.token != goal.token
                || asked;
            let due = match (retry, waits) {
                (Retry::Soon, Some(until)) => {
                    if until > turn.at {
                        turn.wake_at(until);
                    }
                    until <= turn.at
                }
                (Retry::Soon, None) => true,
                (Retry::Interval | Retry::Never, _) => false,
            };
            (ordered || due).then_some(goal)
        }
    }
}

/// The declaration asks for what stands already: it is told that this was seen.
fn acknowledge(state: &mut State, goal: &Goal) {
    let report = &mut state.report;
    report.observed_generation = state.declared.generation;
    let looked = state.source.asking.is_none() && state.source.wished.is_none();
    if looked && report.token != goal.token {
        report.token.clone_from(&goal.token);
        report.due = true;
    }
}

fn begin(state: &mut State, goal: Goal, turn: &mut Turn) {
    let ticket = state.numbers.ticket();
    state.report.pending_prune = None;
    for waiting in &mut state.waiters {
        waiting.attempted |= waiting.resolved;
    }
    // what an earlier render read counts only while the cluster is what that render said
    let clean = !state.dirty && !state.leak;
    let last = state.rendered.as_ref().filter(|last| clean && applies_like(&last.spec, &goal.spec));
    turn.notify(What::Started { commit: goal.commit.clone() });
    turn.emit(Effect::Render {
        ticket,
        location: source::location(state),
        commit: goal.commit.clone(),
        spec: Arc::clone(&goal.spec),
        known: last.map(|last| Arc::clone(&last.inputs)),
    });
    let deadline = turn.at + goal.spec.timeout;
    turn.wake_at(deadline);
    state.sync = Sync::Running(Box::new(Running {
        attempt: state.numbers.attempt(),
        goal,
        generation: state.declared.generation,
        began: turn.at,
        deadline,
        superseded: false,
        stage: Stage::Rendering { ticket },
    }));
}

/// Lets an attempt go on until it waits or ends.
fn drive(state: &mut State, mut run: Box<Running>, turn: &mut Turn) {
    let aim = source::goal(state, turn.at);
    let moved = aim.is_none_or(|aim| !same_aim(&run.goal, &aim));
    run.superseded |= moved || state.declared.spec.suspend || state.declared.deleted_at.is_some();
    loop {
        let flow = match interrupt(&run, turn.at) {
            Some(end) => Flow::Ended(end),
            None => match &mut run.stage {
                Stage::Rendering { .. } | Stage::Scoping { .. } => Flow::Wait,
                Stage::Planned { plan, phase } => {
                    let round = apply::Round {
                        attempt: run.attempt,
                        goal: &run.goal,
                        deadline: run.deadline,
                        halted: run.superseded,
                    };
                    apply::advance(state, plan, phase, &round, turn)
                }
            },
        };
        match flow {
            Flow::Go => {}
            Flow::Ended(end) => return conclude::conclude(state, *run, end, turn),
            Flow::Wait => break,
        }
    }
    turn.wake_at(run.deadline);
    state.sync = Sync::Running(run);
}

/// Ends an attempt from outside: something newer is wanted (rule 3), or its time is over.
fn interrupt(run: &Running, at: Timestamp) -> Option<End> {
    let over = at >= run.deadline;
    match &run.stage {
        Stage::Rendering { .. } | Stage::Scoping { .. } => {
            if run.superseded {
                return Some(End::Superseded);
            }
            over.then(|| End::Failed(vec![timed_out("the commit was not rendered")]))
        }
        Stage::Planned { plan, phase } => {
            let free = match phase {
                Phase::Surveying { .. }
                | Phase::Preflighting
                | Phase::Checking { .. }
                | Phase::Gating { .. }
                | Phase::AskingWanted
                | Phase::Settling => true,
                // nothing new is started; what is open is awaited, its outcome counts
                Phase::Claiming => false,
                Phase::Applying { .. } | Phase::Pruning { .. } => plan.open == 0,
            };
            if run.superseded && free {
                return Some(End::Superseded);
            }
            // gates and settling say themselves what they waited for
            let says_itself = matches!(phase, Phase::Gating { .. } | Phase::Settling);
            (over && !says_itself).then(|| {
                let faults = plan.faults.iter().cloned();
                End::Failed(faults.chain([timed_out(waiting_for(phase))]).collect())
            })
        }
    }
}

fn waiting_for(phase: &Phase) -> &'static str {
    match phase {
        Phase::Surveying { .. } => "the contents of what is to be pruned were not listed",
        Phase::Preflighting | Phase::Checking { .. } => "the dry runs did not end",
        Phase::Claiming => "the claim was not answered",
        Phase::Applying { .. } => "the writes did not end",
        Phase::Gating { .. } | Phase::Settling => "the objects were not ready",
        Phase::AskingWanted => "the other repositories did not answer",
        Phase::Pruning { .. } => "the deletions did not end",
    }
}

fn timed_out(what: &str) -> Fault {
    Fault::new(Code::AttemptTimedOut, format!("{what} within the timeout"))
}
