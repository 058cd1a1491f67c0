//! `nopea.io/replace`: where only immutable fields stand in the way, the object is deleted and created
//! anew, after the server said that it would take the new one (R28).

use std::{sync::Arc, time::Duration};

use super::{
    apply::take_off,
    effect::Ask,
    event::Answer,
    live,
    meaning::{Meaning, meaning},
    members::Leaving,
    plan::{Act, Plan},
    state::{Doing, State},
    turn::Turn,
};
use crate::{
    classify::{self, Verdict},
    model::{ObjectKey, Text},
    port::{Guard, Refusal},
    prepare::Prepared,
};

/// How often a refused deletion is judged anew.
const MAX_TRIES: u8 = 4;
/// How often it is looked whether a deleted object is gone, should no event tell.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Whether a work deletes its object first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replacing {
    /// It does not.
    No,
    /// The server would take the new object: the old one is to be deleted.
    Agreed,
    /// The old one was deleted and has to go.
    Deleted,
}

/// Says whether an object may be deleted for the sake of a new one.
pub(super) fn may_be(object: &Prepared, refusal: &Refusal) -> bool {
    let key = &object.manifest.key;
    object.replace
        && !super::contents::has_contents(&key.kind)
        && classify::verdict_of(refusal, key) == Verdict::Immutable
}

/// Asks whether the server would take the new object.
pub(super) fn propose(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    object: &Prepared,
    turn: &mut Turn,
) {
    plan.open += 1;
    let manifest = object.manifest.clone();
    let key = &object.manifest.key;
    take_off(state, key, Doing::Proposing(index), Ask::TryCreate { manifest }, turn);
}

/// The server said whether it would take the new object.
pub(super) fn proposed(plan: &mut Plan, index: usize, result: Result<Answer, Refusal>) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    let key = &object.manifest.key;
    match result {
        // the name is taken, by the old one: everything else passed
        Err(refusal) if classify::verdict_of(&refusal, key) != Verdict::AlreadyExists => {
            plan.faults.push(classify::fault(&refusal, Some(&object.manifest), key));
        }
        Ok(_) | Err(_) => work.replacing = Replacing::Agreed,
    }
}

/// The deletion that a work begins with; none where it can be written.
pub(super) fn deletion(state: &State, plan: &Plan, index: usize) -> Option<(Doing, Ask)> {
    let (object, work) = (plan.object(index)?, plan.works.get(index)?);
    let Act::Write(guard) = &work.act else { return None };
    let api_version = Text::clone(&object.manifest.api_version);
    match (work.replacing, guard) {
        (Replacing::No, _)
        | (Replacing::Agreed, Guard::Absent)
        | (Replacing::Deleted, Guard::Live { .. }) => None,
        (Replacing::Agreed, Guard::Live { uid, version }) => {
            let seen = state.members.get(&object.manifest.key).map(|member| member.seen.clone());
            let version = version.clone().or(seen);
            let ask = Ask::Delete { api_version, uid: uid.clone(), version };
            Some((Doing::Replacing(index), ask))
        }
        (Replacing::Deleted, Guard::Absent) => {
            let stands = state.members.contains(&object.manifest.key);
            stands.then_some((Doing::AwaitingGone(index), Ask::Look { api_version }))
        }
    }
}

/// Picks the works whose deleted object is gone by now.
pub(super) fn wake_gone(state: &State, plan: &mut Plan) {
    let gone = |index: &usize| {
        let replaced = plan.works.get(*index).is_some_and(|w| w.replacing == Replacing::Deleted);
        let key = plan.object(*index).map(|object| &object.manifest.key);
        replaced && key.is_some_and(|key| !state.members.contains(key))
    };
    let ready: Vec<_> = plan.later.iter().filter(|(_, index)| gone(index)).copied().collect();
    for entry in ready {
        plan.later.remove(&entry);
        plan.pending.insert(entry.1);
    }
}

/// The old object was deleted, or not.
pub(super) fn deleted(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    let key = &object.manifest.key;
    match result {
        Ok(_) => {
            work.replacing = Replacing::Deleted;
            work.act = Act::Write(Guard::Absent);
            state.members.change(key, |member| member.leaving = Leaving::Deleted);
            plan.later.insert((turn.at + LOOK_EVERY, index));
        }
        Err(refusal) => match meaning(&refusal, key) {
            Meaning::Gone => gone(state, plan, index, key),
            Meaning::Moved if work.tries < MAX_TRIES => {
                work.tries += 1;
                plan.open += 1;
                let api_version = Text::clone(&object.manifest.api_version);
                take_off(state, key, Doing::Judging(index), Ask::Look { api_version }, turn);
            }
            Meaning::Moved | Meaning::Refused => {
                plan.faults.push(classify::fault(&refusal, Some(&object.manifest), key));
            }
        },
    }
}

fn gone(state: &mut State, plan: &mut Plan, index: usize, key: &ObjectKey) {
    state.members.remove(key);
    if let Some(work) = plan.works.get_mut(index) {
        work.replacing = Replacing::Deleted;
        work.act = Act::Write(Guard::Absent);
        plan.pending.insert(index);
    }
}

/// A look at whether the old object is gone answered.
pub(super) fn looked(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let Some(object) = set.objects.get(index) else { return };
    let key = &object.manifest.key;
    match result {
        Ok(Answer::Absent) => gone(state, plan, index, key),
        Ok(Answer::Live(now)) => {
            let old = state.members.get(key).is_some_and(|member| member.uid == now.uid);
            if old {
                plan.later.insert((turn.at + LOOK_EVERY, index));
            } else {
                // somebody was quicker: the creation finds out whose it is
                gone(state, plan, index, key);
            }
        }
        Ok(Answer::Applied { .. } | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => {
            let fault = classify::fault(&refusal, None, key);
            plan.faults.push(live::placed(fault, object));
        }
    }
}
