//! Routes the answer of a per-object request to what it was for, and then judges the sighting that was
//! held back meanwhile (R19).

use super::{
    attempt::with_plan,
    event::{Answer, Ticket},
    heal,
    meaning::{Meaning, meaning},
    observe, prune, remove, replace, stand_in,
    state::{Doing, State},
    trial,
    turn::Turn,
};
use crate::{
    model::{Change, ObjectKey, Observation, ResourceVersion},
    port::Refusal,
};

/// Takes the answer of a request; one with another number changes nothing.
pub(super) fn answered(
    state: &mut State,
    ticket: Ticket,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    if state.flights.get(key).is_none_or(|flight| flight.ticket != ticket) {
        return;
    }
    let Some(flight) = state.flights.remove(key) else { return };
    let shown = shown(&flight.doing, &result);
    let judged_up_to = shown.map(|now| now.version.clone());
    let absent = says_absent(&flight.doing, key, &result);
    let doubtful = shown.is_some_and(|now| flight.is_doubtful(&now.uid));
    match flight.doing {
        Doing::Trying(at) => {
            with_plan(state, |state, plan| trial::tried(state, plan, at, result, turn));
        }
        Doing::StandingIn(at) => {
            with_plan(state, |_state, plan| stand_in::tried(plan, at, result));
        }
        Doing::Judging(at) => {
            with_plan(state, |state, plan| trial::judged(state, plan, at, result, turn));
        }
        Doing::Writing(at) => {
            with_plan(state, |state, plan| trial::wrote(state, plan, at, result, turn));
        }
        Doing::Proposing(at) => {
            with_plan(state, |_state, plan| replace::proposed(plan, at, result));
        }
        Doing::Replacing(at) => {
            with_plan(state, |state, plan| replace::deleted(state, plan, at, result, turn));
        }
        Doing::AwaitingGone(at) => {
            with_plan(state, |state, plan| replace::looked(state, plan, at, result, turn));
        }
        Doing::Pruning => {
            with_plan(state, |state, plan| prune::pruned(state, plan, key, result, turn));
        }
        Doing::JudgingPrune => {
            with_plan(state, |state, plan| prune::judged(state, plan, key, result, turn));
        }
        Doing::Looking => observe::looked(state, key, result, turn),
        Doing::Healing { intent, guarded } => {
            heal::healed(state, key, intent, guarded.as_ref(), result, turn);
        }
        Doing::HandingBack => heal::handed_back(state, key, result, turn),
        Doing::Removing => remove::deleted(state, key, result, turn),
    }
    if doubtful {
        observe::unseen(state, key, turn.at);
    }
    match flight.held {
        // an absence has no version: which of the two is newer only another look can tell
        Some(held) if absent && matches!(held.change, Change::Present | Change::Terminating) => {
            observe::doubt(state, key, &held.api_version);
        }
        Some(held) => release(state, held, judged_up_to.as_ref(), turn),
        None => {}
    }
}

/// Says whether an answer tells that the object is not there.
fn says_absent(doing: &Doing, key: &ObjectKey, result: &Result<Answer, Refusal>) -> bool {
    match result {
        // what is said of a stand-in is not said of the object
        _ if matches!(doing, Doing::StandingIn(_)) => false,
        Ok(Answer::Absent) => true,
        Ok(Answer::Applied { .. } | Answer::Live(_) | Answer::Deleted | Answer::Creatable) => false,
        Err(refusal) => meaning(refusal, key) == Meaning::Gone,
    }
}

/// The live object as an answer shows it; a dry run shows none of its own.
fn shown<'a>(doing: &Doing, result: &'a Result<Answer, Refusal>) -> Option<&'a Observation> {
    match result {
        Ok(Answer::Applied { now, .. } | Answer::Live(now))
            if !matches!(doing, Doing::Trying(_) | Doing::StandingIn(_)) =>
        {
            Some(now)
        }
        Ok(_) | Err(_) => None,
    }
}

/// Judges what was held back, unless the answer was newer.
pub(super) fn release(
    state: &mut State,
    held: Box<Observation>,
    judged_up_to: Option<&ResourceVersion>,
    turn: &mut Turn,
) {
    if judged_up_to.is_none_or(|version| !held.version.is_at_or_before(version)) {
        observe::observed(state, held, turn);
    }
}
