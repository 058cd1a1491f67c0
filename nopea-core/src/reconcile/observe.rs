//! What the cluster shows: sightings of members, and what is concluded from them (R1, R2, R3, R19).

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    apply::take_off,
    effect::Ask,
    event::Answer,
    heal,
    meaning::{Meaning, meaning},
    members::{Drift, Leaving, Member},
    plan::Plan,
    state::{Doing, Doubt, Stage, State, Sync},
    turn::Turn,
};
use crate::{
    backoff, baseline,
    membership::{self, Owner},
    model::{Change, GroupKind, Intent, ObjectKey, Observation, Text, Timestamp, Uid},
    port::Refusal,
};

/// How long the watch may take to show what an answer has shown.
const UNSEEN: Duration = Duration::from_secs(5);

/// A followed kind showed an object: held while a request for it is open, else judged.
pub(super) fn observed(state: &mut State, seen: Box<Observation>, turn: &mut Turn) {
    match state.flights.get_mut(&seen.key) {
        Some(flight) => {
            let newer = flight
                .held
                .as_ref()
                .is_none_or(|held| !seen.version.is_at_or_before(&held.version));
            if newer {
                flight.held = Some(seen);
            }
        }
        None => judge(state, &seen, turn),
    }
}

fn judge(state: &mut State, seen: &Observation, turn: &mut Turn) {
    let key = &seen.key;
    match seen.change {
        Change::Gone => vanished(state, key, turn.at),
        Change::LeftView => {
            let Some(member) = state.members.get(key) else { return };
            let expected = member.leaving != Leaving::No && member.uid == seen.uid;
            if member.leaving == Leaving::Deleted && expected {
                vanished(state, key, turn.at);
            } else {
                doubt(state, key, &seen.api_version);
            }
        }
        Change::Present | Change::Terminating => {
            // a sighting from before what was judged last says nothing new
            let old = state.members.get(key).is_some_and(|member| {
                member.uid == seen.uid
                    && seen.version != member.seen
                    && seen.version.is_at_or_before(&member.seen)
            });
            if !old {
                state.doubts.remove(key);
                sighted(state, seen, turn);
            }
        }
    }
}

/// Doubts that an object is there: DELETED cannot tell a deletion from a removed label (R2).
pub(super) fn doubt(state: &mut State, key: &ObjectKey, api_version: &Text) {
    let api_version = Text::clone(api_version);
    let fresh = Doubt { api_version, retry_at: Timestamp::default(), failures: 0 };
    state.doubts.entry(key.clone()).or_insert(fresh);
}

/// Doubts that an object is there, unless the watch soon shows it.
pub(super) fn unseen(state: &mut State, key: &ObjectKey, at: Timestamp) {
    let Some(member) = state.members.get(key) else { return };
    let api_version = Text::clone(&member.api_version);
    let fresh = Doubt { api_version, retry_at: at + UNSEEN, failures: 0 };
    state.doubts.entry(key.clone()).or_insert(fresh);
}

/// Looks at every object in doubt that has no open request.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    if matches!(state.sync, Sync::Restoring(_) | Sync::Gone) {
        return;
    }
    let mut due = Vec::new();
    for (key, doubt) in &state.doubts {
        if doubt.retry_at > turn.at {
            turn.wake_at(doubt.retry_at);
        } else if !state.flights.contains_key(key) {
            due.push((key.clone(), Text::clone(&doubt.api_version)));
        }
    }
    for (key, api_version) in due {
        take_off(state, &key, Doing::Looking, Ask::Look { api_version }, turn);
    }
}

/// An object is there.
pub(super) fn sighted(state: &mut State, seen: &Observation, turn: &mut Turn) {
    let key = &seen.key;
    let parent = state.parent();
    let ours = membership::is_member(&parent, key, &seen.marks);
    let Some(member) = state.members.get(key) else {
        if ours {
            appeared(state, seen);
        }
        return;
    };
    if member.leaving == Leaving::Deleted && member.uid != seen.uid {
        // what we deleted is gone, and another object has its name
        state.members.remove(key);
        if ours {
            appeared(state, seen);
        }
        return;
    }
    if !ours {
        let same_uid = member.uid == seen.uid;
        match membership::owner(&parent, key, &seen.marks) {
            // a hand-over to another live parent is never drift
            Owner::Other(_) => {
                state.members.remove(key);
            }
            Owner::Us | Owner::Former | Owner::Nobody if same_uid => suspect(state, seen, turn.at),
            Owner::Us | Owner::Former | Owner::Nobody => vanished(state, key, turn.at),
        }
        return;
    }
    if seen.change == Change::Terminating {
        terminating(state, seen);
        return;
    }
    if member.break_glass != seen.break_glass {
        state.report.due = true;
        // what Git changed meanwhile was skipped
        state.leak |= member.break_glass;
    }
    let known = member.intent.is_some() && member.api_version == seen.api_version;
    let agrees = match (&member.baseline, &seen.baseline) {
        (Some(kept), Some(now)) => baseline::agrees(kept, now),
        (None, _) | (Some(_), None) => false,
    };
    let replaced = member.uid != seen.uid;
    if known && (replaced || !agrees) {
        suspect(state, seen, turn.at);
    } else {
        calm(state, seen, known);
    }
    let heals = !state.declared.spec.suspend
        && state.declared.orders.intent == Intent::Sync
        && !matches!(state.sync, Sync::Removing(_));
    if heals {
        heal::hand_back(state, seen, turn);
    }
}

/// An object of ours that was not known: a write whose answer was lost, or a restored backup.
fn appeared(state: &mut State, seen: &Observation) {
    let mut member = Member::sighted(seen);
    if seen.change == Change::Terminating {
        member.leaving = Leaving::Terminating;
    }
    state.members.insert(seen.key.clone(), member);
    // a plan that is made already does not know of it, and cannot delete it: the next one does
    let unplanned = planned(state).is_some_and(|plan| plan.position(&seen.key).is_none());
    let named = is_named(state, &seen.key);
    state.leak |= unplanned || !named;
    if named && seen.change == Change::Present {
        heal::ail(state, &seen.key, Timestamp::default(), None);
    }
}

fn terminating(state: &mut State, seen: &Observation) {
    state.healing.due.remove(&seen.key);
    state.members.change(&seen.key, |member| {
        if member.leaving == Leaving::No {
            member.leaving = Leaving::Terminating;
        }
        member.uid = seen.uid.clone();
        member.seen = seen.version.clone();
    });
}

/// Our fields look as we applied them.
fn calm(state: &mut State, seen: &Observation, known: bool) {
    state.members.change(&seen.key, |member| {
        let same = member.uid == seen.uid && member.baseline == seen.baseline;
        member.seen = seen.version.clone();
        member.uid = seen.uid.clone();
        member.health = seen.health.clone();
        member.break_glass = seen.break_glass;
        if member.leaving == Leaving::Terminating {
            member.leaving = Leaving::No;
        }
        if known {
            member.drift = Drift::InSync;
        } else if member.intent.is_none() {
            member.baseline.clone_from(&seen.baseline);
            // a watch shows no object: the one of the restore serves as long as our fields stay
            if seen.object.is_some() || !same {
                member.unverified.clone_from(&seen.object);
            }
        }
    });
    if known && state.healing.due.remove(&seen.key).is_some() {
        state.report.due = true;
    }
}

/// Our fields look different: whether they are is known when the correction answers (R10).
fn suspect(state: &mut State, seen: &Observation, at: Timestamp) {
    state.members.change(&seen.key, |member| {
        member.seen = seen.version.clone();
        member.uid = seen.uid.clone();
        member.health = seen.health.clone();
        member.break_glass = seen.break_glass;
        if member.leaving == Leaving::Terminating {
            member.leaving = Leaving::No;
        }
        if member.drift == Drift::InSync {
            member.drift = Drift::Suspected { since: at };
        }
    });
    heal::ail(state, &seen.key, at, seen.others.first().cloned());
}

/// Says whether the last complete set names an object, or the one that is being applied.
fn is_named(state: &State, key: &ObjectKey) -> bool {
    planned(state).is_some_and(|plan| plan.position(key).is_some()) || state.desired.contains(key)
}

/// The plan that is being carried out.
fn planned(state: &State) -> Option<&Plan> {
    let Sync::Running(run) = &state.sync else { return None };
    match &run.stage {
        Stage::Planned { plan, .. } => Some(plan),
        Stage::Rendering { .. } | Stage::Scoping { .. } => None,
    }
}

/// An object is not there any more. It is created again even if the attempt that would is superseded.
pub(super) fn vanished(state: &mut State, key: &ObjectKey, at: Timestamp) {
    state.doubts.remove(key);
    state.members.remove(key);
    if is_named(state, key) {
        heal::ail(state, key, at, None);
    }
}

/// A look answered.
pub(super) fn looked(
    state: &mut State,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    let doubt = state.doubts.remove(key);
    match result {
        Ok(Answer::Live(now)) => {
            sighted(state, &now, turn);
            heal::claim_free(state, &now, turn.at);
        }
        Ok(Answer::Absent) => vanished(state, key, turn.at),
        Ok(Answer::Applied { .. } | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => match meaning(&refusal, key) {
            Meaning::Gone => vanished(state, key, turn.at),
            Meaning::Moved | Meaning::Refused => {
                heal::postpone(state, key, &refusal, turn.at);
                if let Some(mut doubt) = doubt {
                    doubt.failures = doubt.failures.saturating_add(1);
                    let pause = backoff::delay(doubt.failures, &state.declared.uid);
                    doubt.retry_at = turn.at + pause;
                    state.doubts.insert(key.clone(), doubt);
                }
            }
        },
    }
}

/// A followed kind has shown all that lives: members that are not among them left the view.
///
/// The first list of a kind is often older than our writes that it comes after: what of them it lacks is
/// looked for only if the watch does not show it soon either.
pub(super) fn kind_synced(state: &mut State, kind: &GroupKind, live: BTreeSet<Uid>, at: Timestamp) {
    let live = Arc::new(live);
    let first = state.shown.insert(kind.clone());
    for (_, flight) in state.flights.iter_mut().filter(|(key, _)| key.kind == *kind) {
        flight.list(Arc::clone(&live));
    }
    let gone: Vec<_> = state
        .members
        .iter()
        .filter(|(key, member)| key.kind == *kind && !live.contains(&member.uid))
        .map(|(key, member)| {
            (key.clone(), Text::clone(&member.api_version), member.intent.is_some())
        })
        .collect();
    for (key, api_version, written) in gone {
        if first && written {
            unseen(state, &key, at);
        } else {
            doubt(state, &key, &api_version);
        }
    }
}

/// A followed kind is no longer served: its objects went with it.
pub(super) fn kind_gone(state: &mut State, kind: &GroupKind, at: Timestamp) {
    let gone: Vec<_> = state
        .members
        .iter()
        .filter(|(key, _)| key.kind == *kind)
        .map(|(key, _)| key.clone())
        .collect();
    for key in gone {
        vanished(state, &key, at);
    }
    // should it be served again, it is followed again
    state.followed.remove(kind);
    state.shown.remove(kind);
}

/// Somebody asks to heal: what is due is due now.
pub(super) fn heal_requested(state: &mut State, keys: &BTreeSet<ObjectKey>, at: Timestamp) {
    for (key, ailing) in &mut state.healing.due {
        if keys.is_empty() || keys.contains(key) {
            ailing.retry_at = at;
        }
    }
    if matches!(state.sync, Sync::Stalled | Sync::Idle) {
        state.report.due = true;
    }
}
