//! The way in: what the cluster remembers, after a start or a restart. There is no other memory.

use std::collections::BTreeSet;

use super::{
    effect::Effect,
    event::Ticket,
    meaning::{Meaning, meaning},
    members::{Leaving, Member},
    reclaim, remove,
    state::{Restore, State, Sync},
    turn::Turn,
};
use crate::{
    backoff, membership,
    model::{Change, GroupKind, Observation},
    port::{ParentState, Refusal},
};

/// Reads the parent when that is due.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    let Sync::Restoring(Restore::Due { at }) = state.sync else { return };
    if at > turn.at {
        turn.wake_at(at);
        return;
    }
    let ticket = state.numbers.ticket();
    state.sync = Sync::Restoring(Restore::Reading { ticket });
    turn.emit(Effect::Restore { ticket, parent: state.parent() });
}

fn again(state: &mut State, turn: &Turn) {
    state.failures = state.failures.saturating_add(1);
    let at = turn.at + backoff::delay(state.failures, &state.declared.uid);
    state.sync = Sync::Restoring(Restore::Due { at });
}

/// The parent was read.
pub(super) fn restored(
    state: &mut State,
    ticket: Ticket,
    result: Result<Box<ParentState>, Refusal>,
    turn: &mut Turn,
) {
    if state.sync != Sync::Restoring(Restore::Reading { ticket }) {
        return;
    }
    let memory = match result {
        Ok(memory) => *memory,
        Err(refusal) if meaning(&refusal, &state.parent_key()) == Meaning::Gone => {
            return remove::retire(state, turn);
        }
        Err(_) => return again(state, turn),
    };
    state.claim_stands = memory.claimed.is_some();
    let kinds = wanted_kinds(&memory);
    state.claimed = memory.claimed.unwrap_or_default();
    if let Some(status) = memory.status {
        let report = &mut state.report;
        report.conditions.clone_from(&status.conditions);
        report.faults = status.faults.as_slice().into();
        report.history = std::sync::Arc::clone(&status.history);
        report.applied.clone_from(&status.applied_commit);
        report.last_sync = status.last_sync_time;
        report.observed_generation = status.observed_generation;
        report.pending_prune = status.pending_prune;
        report.token.clone_from(&status.sync_token);
        report.published = Some(status);
    }
    let ticket = state.numbers.ticket();
    state.sync = Sync::Restoring(Restore::Surveying { ticket, kinds: kinds.clone() });
    turn.emit(Effect::Survey { ticket, kinds });
}

/// Which kinds may hold members: those of the claim, unless claim and status disagree (R23).
fn wanted_kinds(memory: &ParentState) -> Option<BTreeSet<GroupKind>> {
    let told = memory.status.as_ref().map(|status| &status.kinds);
    match (&memory.claimed, told) {
        (Some(claimed), told) if told.is_none_or(|told| told.is_subset(claimed)) => {
            Some(claimed.clone())
        }
        // never claimed: nothing can live
        (None, told) if told.is_none_or(BTreeSet::is_empty) => Some(BTreeSet::new()),
        (Some(_) | None, _) => None,
    }
}

/// The members were listed.
pub(super) fn surveyed(
    state: &mut State,
    ticket: Ticket,
    result: Result<Vec<Observation>, Refusal>,
    turn: &mut Turn,
) {
    let Sync::Restoring(Restore::Surveying { ticket: asked, kinds }) = &state.sync else { return };
    if *asked != ticket {
        return;
    }
    let scanned = kinds.is_none();
    let Ok(found) = result else { return again(state, turn) };
    let parent = state.parent();
    let mut follow = std::collections::BTreeMap::new();
    for seen in found {
        if !membership::is_member(&parent, &seen.key, &seen.marks) {
            continue;
        }
        let mut member = Member::sighted(&seen);
        if seen.change == Change::Terminating {
            member.leaving = Leaving::Terminating;
        }
        follow.insert(seen.key.kind.clone(), std::sync::Arc::clone(&seen.api_version));
        state.members.insert(seen.key, member);
    }
    if scanned {
        state.claimed.extend(state.members.iter().map(|(key, _)| key.kind.clone()));
        reclaim::lost(state, turn.at);
    }
    state.followed.extend(follow.clone());
    if !follow.is_empty() {
        turn.emit(Effect::Follow { kinds: follow });
    }
    state.failures = 0;
    state.sync = Sync::Idle;
    state.report.due |= state.declared.spec.suspend;
}
