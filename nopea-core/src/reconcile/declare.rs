//! The declaration changes or goes: what of the running work that touches.

use std::sync::Arc;

use super::{
    remove, source,
    state::{Manifests, State},
    turn::Turn,
};
use crate::model::Declared;

/// The declaration is new, or was changed.
pub(super) fn declared(state: &mut State, declared: Declared, turn: &mut Turn) {
    if declared.uid != state.declared.uid {
        // another object of the same name: the driver starts it as a repository of its own
        return;
    }
    let before = std::mem::replace(&mut state.declared, declared);
    let (old, new) = (&before.spec, &state.declared.spec);
    if old.url != new.url || old.reference != new.reference {
        forget_source(state, turn);
    }
    if before.orders.sync_token != state.declared.orders.sync_token {
        source::wish(state, turn.at);
    }
    if before.orders.heal_token != state.declared.orders.heal_token {
        super::observe::heal_requested(state, &std::collections::BTreeSet::new(), turn.at);
    }
    let interval = state.declared.spec.interval;
    state.source.next_poll = state.source.next_poll.min(turn.at + interval);
    if before.spec.suspend != state.declared.spec.suspend {
        state.report.due = true;
        if before.spec.suspend {
            source::wish(state, turn.at);
        }
    }
    let (asked, asks) = (&before.orders, &state.declared.orders);
    state.report.due |=
        asked.pin != asks.pin || asked.unread != asks.unread || asked.refused != asks.refused;
    if before.generation != state.declared.generation {
        state.report.due = true;
        state.failures = 0;
        // who changes the spec means what was pushed before
        if !state.declared.spec.suspend {
            source::wish(state, turn.at);
        }
    }
}

/// Another place was declared: what the old one said is worth nothing.
fn forget_source(state: &mut State, turn: &mut Turn) {
    if let Some(asking) = state.source.asking.take() {
        turn.emit(super::effect::Effect::Cancel(asking.ticket));
    }
    state.source.commit = None;
    state.source.fault = None;
    state.source.failures = 0;
    source::wish(state, turn.at);
    if let Manifests::Asked { ticket } = state.manifests {
        turn.emit(super::effect::Effect::Cancel(ticket));
        state.manifests = Manifests::Dropped;
    }
}

/// The declaring object is gone without having asked: nothing is deleted on its account.
pub(super) fn undeclared(state: &mut State, turn: &mut Turn) {
    remove::retire(state, turn);
}

/// Says whether an attempt under `before` serves `now` as well: only the watch over it differs.
pub(super) fn applies_like(before: &crate::model::Spec, now: &crate::model::Spec) -> bool {
    before.renders_like(now)
        && before.target_namespace == now.target_namespace
        && before.prune == now.prune
        && before.wait == now.wait
}

/// Says whether two goals are one: the same commit under an equal spec.
pub(super) fn same_aim(before: &super::state::Goal, now: &super::state::Goal) -> bool {
    before.commit == now.commit
        && (Arc::ptr_eq(&before.spec, &now.spec) || applies_like(&before.spec, &now.spec))
}
