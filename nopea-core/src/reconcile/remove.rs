//! The end of a repository: its objects are deleted or left, then its parent is let go (rule 14).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    apply::take_off,
    contents,
    effect::{Ask, Effect},
    event::{Answer, Attempt, Ticket},
    meaning::{Meaning, meaning},
    members::Leaving,
    state::{Doing, Removal, RemovalStage, State, Sync},
    turn::Turn,
};
use crate::{
    backoff, classify,
    fault::{Code, Fault},
    model::{DeletionPolicy, ObjectKey, Observation, Text, What},
    order,
    port::Refusal,
};

/// Ends at once: the parent is gone, nothing is deleted on its account.
pub(super) fn retire(state: &mut State, turn: &mut Turn) {
    for flight in std::mem::take(&mut state.flights).into_values() {
        turn.emit(Effect::Cancel(flight.ticket));
    }
    for waiting in std::mem::take(&mut state.waiters) {
        let fault = Fault::new(Code::Undeclared, "the repository is declared no more");
        turn.emit(Effect::Reply { waiter: waiting.waiter, result: Err([fault].into()) });
    }
    state.sync = Sync::Gone;
    turn.emit(Effect::Retire);
}

/// Begins or drives the removal.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    if state.declared.deleted_at.is_none() {
        return;
    }
    match &state.sync {
        Sync::Restoring(_) | Sync::Running(_) | Sync::Gone => return,
        Sync::Idle | Sync::BackingOff { .. } | Sync::Stalled => begin(state, turn),
        Sync::Removing(_) => {}
    }
    let Sync::Removing(mut removal) = std::mem::replace(&mut state.sync, Sync::Idle) else {
        return;
    };
    drive(state, &mut removal, turn);
    if state.sync == Sync::Idle {
        state.sync = Sync::Removing(removal);
    }
}

fn begin(state: &mut State, turn: &mut Turn) {
    let spec = &state.declared.spec;
    // rule 10: deleting a suspended repository deletes nothing in the cluster
    let leaves = spec.suspend || spec.deletion_policy == DeletionPolicy::Orphan;
    let attempt = state.numbers.attempt();
    let mut surveying = BTreeSet::new();
    if !leaves {
        let keys = state.members.iter().map(|(key, _)| key);
        surveying.extend(keys.filter(|key| contents::has_contents(&key.kind)).cloned());
        for key in &surveying {
            turn.emit(Effect::AskContents { attempt, key: key.clone() });
        }
    }
    let begin_at = if leaves {
        turn.notify(What::Removed { deleted: 0, left: std::sync::Arc::default() });
        RemovalStage::ReleaseDue { at: turn.at }
    } else {
        RemovalStage::Surveying
    };
    state.healing.due.clear();
    state.report.due = true;
    state.sync = Sync::Removing(Box::new(Removal {
        attempt,
        deadline: turn.at + spec.timeout,
        surveying,
        steps: Vec::new(),
        step: 0,
        deleted: 0,
        left: BTreeMap::new(),
        retry_at: BTreeMap::new(),
        stage: begin_at,
    }));
}

fn drive(state: &mut State, removal: &mut Removal, turn: &mut Turn) {
    loop {
        let over = turn.at >= removal.deadline;
        match removal.stage {
            RemovalStage::Surveying => {
                if !removal.surveying.is_empty() && !over {
                    return turn.wake_at(removal.deadline);
                }
                // what could not be looked into in time is left
                for key in std::mem::take(&mut removal.surveying) {
                    let message = "its contents could not be listed";
                    removal.left.insert(key.clone(), blocked(&key, message));
                }
                removal.steps = order::prune_steps(&remaining(state, removal));
                removal.stage = RemovalStage::Deleting;
            }
            RemovalStage::Deleting => {
                if !delete_step(state, removal, turn) {
                    return turn.wake_at(removal.deadline);
                }
                removal.step += 1;
                if removal.step < removal.steps.len() {
                    continue;
                }
                // a correction that was in the air may have made another one
                let late: Vec<_> = remaining(state, removal);
                if !late.is_empty() {
                    removal.steps = order::prune_steps(&late);
                    removal.step = 0;
                } else if !state.flights.is_empty() && !over {
                    return turn.wake_at(removal.deadline);
                } else {
                    let left = removal.left.values().cloned().collect();
                    turn.notify(What::Removed { deleted: removal.deleted, left });
                    removal.stage = RemovalStage::ReleaseDue { at: turn.at };
                }
            }
            RemovalStage::ReleaseDue { at } if at <= turn.at => {
                let ticket = state.numbers.ticket();
                removal.stage = RemovalStage::Releasing { ticket };
                turn.emit(Effect::Release { ticket, parent: state.parent() });
                return;
            }
            RemovalStage::ReleaseDue { at } => return turn.wake_at(at),
            RemovalStage::Releasing { .. } => return,
        }
    }
}

/// What lives and is not given up.
fn remaining(state: &State, removal: &Removal) -> Vec<ObjectKey> {
    let keys = state.members.iter().map(|(key, _)| key);
    keys.filter(|key| !removal.left.contains_key(key)).cloned().collect()
}

fn blocked(key: &ObjectKey, message: &str) -> Fault {
    Fault::new(Code::DeletionBlocked, message).on(key.clone())
}

/// Deletes the members of a step; true when each is gone or left.
fn delete_step(state: &mut State, removal: &mut Removal, turn: &mut Turn) -> bool {
    let over = turn.at >= removal.deadline;
    let keys = removal.steps.get(removal.step).cloned().unwrap_or_default();
    let mut done = true;
    for key in keys {
        let Some(member) = state.members.get(&key) else { continue };
        if removal.left.contains_key(&key) {
            continue;
        }
        if member.break_glass {
            let why = "nopea.io/suspend-heal stands on it";
            removal.left.insert(key.clone(), blocked(&key, why));
            continue;
        }
        if over {
            let why = match member.leaving {
                Leaving::No => "it could not be deleted within the timeout",
                Leaving::Terminating | Leaving::Deleted => {
                    "finalizers of others hold it beyond the timeout"
                }
            };
            removal.left.insert(key.clone(), blocked(&key, why));
            continue;
        }
        done = false;
        let due = removal.retry_at.get(&key).copied().unwrap_or_default();
        if due > turn.at {
            turn.wake_at(due);
        } else if member.leaving != Leaving::Deleted && !state.flights.contains_key(&key) {
            let ask = Ask::Delete {
                api_version: Text::clone(&member.api_version),
                uid: member.uid.clone(),
                version: Some(member.seen.clone()),
            };
            take_off(state, &key, Doing::Removing, ask, turn);
        }
    }
    done
}

/// What stands in a Namespace or CRD that is to go; false where somebody else asked.
pub(super) fn surveyed(
    state: &mut State,
    attempt: Attempt,
    key: &ObjectKey,
    result: &Result<Vec<Observation>, Refusal>,
) -> bool {
    let foreign = match result {
        Ok(found) => Ok(contents::foreign(state, found)),
        Err(refusal) => Err(classify::fault(refusal, None, key)),
    };
    let Sync::Removing(removal) = &mut state.sync else { return false };
    if removal.attempt != attempt || !removal.surveying.remove(key) {
        return false;
    }
    match foreign {
        Ok(foreign) if foreign.is_empty() => {}
        Ok(foreign) => {
            removal.left.insert(key.clone(), contents::fault(key, &foreign, None));
        }
        Err(fault) => {
            removal.left.insert(key.clone(), fault);
        }
    }
    true
}

/// A deletion of the removal answered.
pub(super) fn deleted(
    state: &mut State,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    let failures = state.failures;
    let uid = state.declared.uid.clone();
    let Sync::Removing(removal) = &mut state.sync else { return };
    match result {
        Ok(Answer::Deleted) => {
            removal.deleted += 1;
            state.members.change(key, |member| member.leaving = Leaving::Deleted);
        }
        Ok(Answer::Applied { .. } | Answer::Live(_) | Answer::Absent | Answer::Creatable) => {}
        Err(refusal) => {
            let meaning = meaning(&refusal, key);
            if meaning == Meaning::Gone {
                state.members.remove(key);
                return;
            }
            removal.retry_at.insert(key.clone(), turn.at + backoff::delay(failures.max(1), &uid));
            let version = state.members.get(key).map(|member| Text::clone(&member.api_version));
            if let Some(api_version) = version.filter(|_| meaning == Meaning::Moved) {
                take_off(state, key, Doing::Looking, Ask::Look { api_version }, turn);
            }
        }
    }
}

/// The parent was let go, or not.
pub(super) fn released(
    state: &mut State,
    ticket: Ticket,
    result: &Result<(), Refusal>,
    turn: &mut Turn,
) {
    let uid = state.declared.uid.clone();
    let parent = state.parent_key();
    let Sync::Removing(removal) = &mut state.sync else { return };
    if removal.stage != (RemovalStage::Releasing { ticket }) {
        return;
    }
    // a parent that is gone, or another one of its name, holds nothing of ours
    if result
        .as_ref()
        .map_or_else(|refusal| meaning(refusal, &parent) != Meaning::Refused, |()| true)
    {
        retire(state, turn);
        return;
    }
    state.failures = state.failures.saturating_add(1);
    let at = turn.at + backoff::delay(state.failures, &uid);
    removal.stage = RemovalStage::ReleaseDue { at };
}
