//! What became due after an event: each lane goes on as far as it can without another answer.

use std::sync::Arc;

use super::{
    attempt,
    effect::Effect,
    heal, observe, publish, reclaim, remove, restore, source,
    state::{Outcome, State, Sync},
    turn::Turn,
};
use crate::{
    fault::{Code, Fault},
    model::Commit,
};

/// Lets every lane go on.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    if state.sync == Sync::Gone {
        return;
    }
    restore::advance(state, turn);
    source::advance(state, turn);
    reclaim::advance(state, turn);
    attempt::advance(state, turn);
    remove::advance(state, turn);
    observe::advance(state, turn);
    heal::advance(state, turn);
    answer_waiters(state, turn);
    publish::advance(state, turn);
}

/// Tells those who wait how the sync ended that their look-up asked for.
fn answer_waiters(state: &mut State, turn: &mut Turn) {
    if state.waiters.is_empty() {
        return;
    }
    let verdict = match state.sync {
        Sync::Restoring(_) | Sync::Running(_) | Sync::Removing(_) | Sync::Gone => return,
        Sync::Idle | Sync::BackingOff { .. } | Sync::Stalled => verdict(state),
    };
    let suspended = state.declared.spec.suspend;
    let Some(result) = verdict else { return };
    state.waiters.retain(|waiting| {
        let answered = waiting.resolved || suspended;
        if answered {
            let (waiter, result) = (waiting.waiter, result.clone());
            turn.emit(Effect::Reply { waiter, result });
        }
        !answered
    });
}

fn verdict(state: &State) -> Option<Result<Commit, Arc<[Fault]>>> {
    if state.declared.spec.suspend {
        let fault = Fault::new(Code::Paused, "the repository is suspended");
        return Some(Err([fault].into()));
    }
    if let Some(fault) = &state.source.fault {
        return Some(Err([fault.clone()].into()));
    }
    let concluded = state.concluded.as_ref()?;
    Some(match concluded.outcome {
        Outcome::Synced => Ok(concluded.goal.commit.clone()),
        Outcome::Unready | Outcome::Failed(_) => Err(Arc::clone(&state.report.faults)),
    })
}
