//! The dispatch: one helper per event, then whatever became due.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    advance, answer, apply, declare, dispute,
    effect::Effect,
    event::{Event, Input},
    members::Members,
    observe, prune, reclaim, render, restore, source,
    state::{Healing, Manifests, Report, Restore, Source, State, Sync},
    turn::{Numbers, Turn},
};
use crate::model::{Declared, Timestamp};

/// Begins the life of a repository.
#[must_use = "dropping the answer loses the first effects"]
pub fn start(declared: Declared, at: Timestamp) -> (State, Vec<Effect>) {
    let state = State {
        declared,
        source: Source {
            commit: None,
            fault: None,
            asking: None,
            // what was pushed before it was declared is meant as well
            wished: Some(at),
            next_poll: at,
            failures: 0,
        },
        sync: Sync::Restoring(Restore::Due { at }),
        flights: std::collections::BTreeMap::new(),
        members: Members::default(),
        doubts: std::collections::BTreeMap::new(),
        claimed: BTreeSet::new(),
        claim_stands: false,
        reclaim: reclaim::Reclaim::Idle,
        followed: std::collections::BTreeMap::new(),
        shown: BTreeSet::new(),
        concluded: None,
        desired: Arc::default(),
        rendered: None,
        scopes: std::collections::BTreeMap::new(),
        manifests: Manifests::Dropped,
        healing: Healing::default(),
        leak: false,
        dirty: false,
        failures: 0,
        numbers: Numbers::default(),
        waiters: Vec::new(),
        report: Report {
            published: None,
            due: false,
            counts_due: None,
            conditions: Vec::new(),
            faults: Arc::default(),
            history: Arc::default(),
            applied: None,
            last_sync: None,
            observed_generation: 0,
            pending_prune: None,
            token: None,
        },
    };
    step(state, Input { at, event: Event::Woke })
}

/// Takes one input and says what follows.
///
/// Total: any event in any state has an answer. What comes after the end changes nothing.
#[must_use = "dropping the answer loses the transition and its effects"]
pub fn step(mut state: State, input: Input) -> (State, Vec<Effect>) {
    if state.sync == Sync::Gone {
        return (state, Vec::new());
    }
    let mut turn = Turn::new(input.at);
    handle(&mut state, input.event, &mut turn);
    advance::advance(&mut state, &mut turn);
    (state, turn.finish())
}

fn handle(state: &mut State, event: Event, turn: &mut Turn) {
    match event {
        Event::Declared(declared) => declare::declared(state, *declared, turn),
        Event::Undeclared => declare::undeclared(state, turn),
        Event::ClaimLost => reclaim::lost(state, turn.at),
        Event::Woke => {}
        Event::Pushed => source::wish(state, turn.at),
        Event::SyncRequested(waiter) => source::requested(state, waiter, turn.at),
        Event::HealRequested(keys) => observe::heal_requested(state, &keys, turn.at),
        Event::Restored { ticket, result } => restore::restored(state, ticket, result, turn),
        Event::Surveyed { ticket, result } => restore::surveyed(state, ticket, result, turn),
        Event::Resolved { ticket, result } => source::resolved(state, ticket, result, turn),
        Event::Rendered { ticket, result } => render::rendered(state, ticket, result, turn),
        Event::Scoped { attempt, result } => render::scoped(state, attempt, result, turn),
        Event::Claimed { attempt, result } => {
            if !reclaim::claimed(state, attempt, &result, turn.at) {
                apply::claimed(state, attempt, result, turn);
            }
        }
        Event::Observed(seen) => observe::observed(state, seen, turn),
        Event::KindSynced { kind, live } => observe::kind_synced(state, &kind, live, turn.at),
        Event::KindGone(kind) => observe::kind_gone(state, &kind, turn.at),
        Event::Answered { ticket, key, result } => {
            answer::answered(state, ticket, &key, result, turn);
        }
        Event::Wanted { attempt, elsewhere, heard } => {
            dispute::settled(state, attempt, &elsewhere, &heard);
            prune::wanted(state, attempt, &elsewhere, turn);
        }
        Event::Contents { attempt, key, result } => {
            prune::surveyed(state, attempt, &key, result);
        }
        Event::Released { ticket, result } => super::remove::released(state, ticket, &result, turn),
    }
}
