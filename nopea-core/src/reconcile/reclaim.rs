//! A claim that somebody took off the declaring object is made again at once (R22): without it the
//! next deletion would leave the members behind. Knows nothing of who took it.

use super::{
    effect::Effect,
    event::Attempt,
    meaning::{Meaning, meaning},
    state::{State, Sync},
    turn::Turn,
};
use crate::{backoff, model::Timestamp, port::Refusal};

/// Whether a lost claim is to be made again outside an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Reclaim {
    /// No.
    #[default]
    Idle,
    /// It is, from a time on.
    Due { at: Timestamp, failures: u32 },
    /// It is being made; what was lost meanwhile is lost again.
    Asked { attempt: Attempt, failures: u32, lost: bool },
}

impl Reclaim {
    /// Says whether a claim is under way: another one must not overtake it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Asked { .. })
    }
}

/// The claim was seen to be gone.
pub(super) fn lost(state: &mut State, at: Timestamp) {
    state.claim_stands = false;
    match &mut state.reclaim {
        Reclaim::Asked { lost, .. } => *lost = true,
        other @ (Reclaim::Idle | Reclaim::Due { .. }) => *other = Reclaim::Due { at, failures: 0 },
    }
}

/// Claims again when that is due and no attempt is there to do it.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    let Reclaim::Due { at, failures } = state.reclaim else { return };
    match state.sync {
        Sync::Idle | Sync::BackingOff { .. } | Sync::Stalled => {}
        // what was read may be older than the loss; a running attempt claims, or ends
        Sync::Restoring(_) | Sync::Running(_) => return,
        Sync::Removing(_) | Sync::Gone => return state.reclaim = Reclaim::Idle,
    }
    if state.claimed.is_empty() || state.declared.deleted_at.is_some() {
        state.reclaim = Reclaim::Idle;
        return;
    }
    if at > turn.at {
        return turn.wake_at(at);
    }
    let attempt = state.numbers.attempt();
    state.reclaim = Reclaim::Asked { attempt, failures, lost: false };
    let (parent, kinds) = (state.parent(), state.claimed.clone());
    turn.emit(Effect::Claim { attempt, parent, kinds });
}

/// The parent answered; says whether the answer was to this request.
pub(super) fn claimed(
    state: &mut State,
    attempt: Attempt,
    result: &Result<(), Refusal>,
    at: Timestamp,
) -> bool {
    let Reclaim::Asked { attempt: asked, failures, lost } = state.reclaim else { return false };
    if asked != attempt {
        return false;
    }
    state.reclaim = match result {
        Ok(()) if lost => Reclaim::Due { at, failures: 0 },
        Ok(()) => Reclaim::Idle,
        // the declaring object went, or another took its name: the watch of it says so
        Err(refusal) if meaning(refusal, &state.parent_key()) == Meaning::Gone => Reclaim::Idle,
        Err(_) => {
            let failures = failures.saturating_add(1);
            Reclaim::Due { at: at + backoff::delay(failures, &state.declared.uid), failures }
        }
    };
    state.claim_stands |= result.is_ok() && !lost;
    true
}
