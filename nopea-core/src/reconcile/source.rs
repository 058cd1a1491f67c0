//! The source lane: which commit is wanted. It runs beside everything else, so that a newer commit is
//! found while an attempt runs, waits or fails.

use super::{
    effect::Effect,
    event::{Ticket, Waiter},
    state::{Asking, Goal, State, Sync, Waiting},
    turn::Turn,
};
use crate::{
    backoff,
    fault::{Code, Fault, Retry},
    model::{Commit, Timestamp},
    port::Location,
};

/// Wishes for a look-up whose answer is not older than `not_before`.
pub(super) fn wish(state: &mut State, not_before: Timestamp) {
    let wished = &mut state.source.wished;
    *wished = Some(wished.map_or(not_before, |before| before.max(not_before)));
}

/// Somebody asks for a sync and waits for its end.
pub(super) fn requested(state: &mut State, waiter: Waiter, at: Timestamp) {
    state.waiters.push(Waiting { waiter, since: at, resolved: false, attempted: false });
    wish(state, at);
}

/// Where the wanted commit is looked up.
pub(super) fn location(state: &State) -> Location {
    let spec = &state.declared.spec;
    Location { url: spec.url.clone(), reference: spec.reference.clone() }
}

/// Takes the answer of a look-up; an older one than the one that is open says nothing (rule 3).
pub(super) fn resolved(
    state: &mut State,
    ticket: Ticket,
    result: Result<Commit, Fault>,
    turn: &mut Turn,
) {
    let Some(asking) = state.source.asking.take_if(|asking| asking.ticket == ticket) else {
        return;
    };
    for waiting in &mut state.waiters {
        waiting.resolved |= waiting.since <= asking.not_before;
    }
    state.source.next_poll = turn.at + state.declared.spec.interval;
    match result {
        Ok(commit) => {
            state.source.failures = 0;
            if state.source.fault.take().is_some() {
                state.report.due = true;
            }
            state.source.commit = Some(commit);
            retry_at_poll(state);
        }
        Err(fault) => {
            state.source.failures = state.source.failures.saturating_add(1);
            if fault.retry == Retry::Soon {
                let pause = backoff::delay(state.source.failures, &state.declared.uid);
                let soon = turn.at + fault.retry_after.map_or(pause, |named| named.max(pause));
                state.source.next_poll = soon.min(state.source.next_poll);
            }
            if state.source.fault.as_ref() != Some(&fault) {
                state.source.fault = Some(fault);
                state.report.due = true;
            }
        }
    }
}

/// A poll answered: what a cluster or a source refused until then is worth another try (rule 9).
fn retry_at_poll(state: &mut State) {
    let retry = match &state.concluded {
        Some(concluded) => match concluded.outcome {
            super::state::Outcome::Failed(retry) => retry == Retry::Interval,
            super::state::Outcome::Synced | super::state::Outcome::Unready => false,
        },
        None => false,
    };
    if retry && state.sync == Sync::Stalled {
        state.concluded = None;
        state.sync = Sync::Idle;
    }
}

/// The commit that is wanted: the pin while it holds, else what the source named (rule 2).
pub(super) fn target(state: &State, at: Timestamp) -> Option<Commit> {
    match &state.declared.orders.pin {
        Some(pin) if pin.holds(at) => Some(pin.commit.clone()),
        Some(_) | None => state.source.commit.clone(),
    }
}

/// What the next attempt would have to reach.
pub(super) fn goal(state: &State, at: Timestamp) -> Option<Goal> {
    Some(Goal {
        commit: target(state, at)?,
        spec: std::sync::Arc::clone(&state.declared.spec),
        approved: state.declared.orders.approved_prune,
        token: state.declared.orders.sync_token.clone(),
    })
}

/// Looks the commit up when that is due and nobody does.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    if state.declared.spec.suspend || state.declared.deleted_at.is_some() {
        return;
    }
    if let Some(until) = state.declared.orders.pin.as_ref().and_then(|pin| pin.until)
        && until > turn.at
    {
        turn.wake_at(until);
    }
    if let Some(Asking { ticket, until, .. }) = state.source.asking {
        if until > turn.at {
            turn.wake_at(until);
            return;
        }
        turn.emit(Effect::Cancel(ticket));
        let message = "the source did not say within the timeout which commit is wanted";
        resolved(state, ticket, Err(Fault::new(Code::SourceTimedOut, message)), turn);
    }
    let due = state.source.next_poll <= turn.at;
    if state.source.wished.is_none() && !due {
        turn.wake_at(state.source.next_poll);
        return;
    }
    // a poll takes any answer of its interval: many repositories share one look-up
    let interval = state.declared.spec.interval;
    let not_before = state.source.wished.take().unwrap_or(turn.at - interval / 2);
    let ticket = state.numbers.ticket();
    let until = turn.at + state.declared.spec.timeout;
    turn.wake_at(until);
    state.source.asking = Some(Asking { ticket, not_before, until });
    turn.emit(Effect::Resolve { ticket, location: location(state), not_before });
}
