//! The applied commit, rendered again for heals: how its kinds are served may have to be asked first,
//! after a restart or where the attempts since then were about other kinds.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    effect::Effect,
    event::Attempt,
    heal, render,
    state::{Manifests, State, Sync},
    turn::Turn,
};
use crate::{
    classify,
    model::{GroupKind, Rendered, Spec},
    port::{Refusal, Scopes},
    prepare,
};

/// How long a heal lets an attempt ask first.
const PAUSE: Duration = Duration::from_secs(1);

/// The spec that the last good state came of; what is declared where that is not known.
pub(super) fn applied_spec(state: &State) -> &Arc<Spec> {
    state.rendered.as_ref().map_or(&state.declared.spec, |last| &last.spec)
}

/// The applied commit was rendered.
pub(super) fn rendered(state: &mut State, rendered: &Rendered, turn: &mut Turn) {
    let manifests = &rendered.manifests;
    let defined: BTreeSet<GroupKind> = manifests
        .iter()
        .filter(|one| prepare::is_custom_resource_definition(&one.key.kind))
        .filter_map(|one| prepare::defined_kind(&one.body))
        .collect();
    let kinds = prepare::kinds(manifests);
    let known = |kind: &GroupKind| state.scopes.contains_key(kind) || defined.contains(kind);
    if kinds.iter().all(known) {
        let set = render::prepared(state, applied_spec(state), manifests, &state.scopes);
        return heal::recalled(state, set, turn);
    }
    if matches!(state.sync, Sync::Running(_)) {
        // a request of a newer number would give up the attempt's
        return put_off(state, turn);
    }
    let attempt = state.numbers.attempt();
    turn.emit(Effect::Scope { attempt, kinds });
    state.manifests = Manifests::Scoping { attempt, rendered: Arc::new(rendered.clone()) };
}

fn put_off(state: &mut State, turn: &mut Turn) {
    let retry_at = turn.at + PAUSE;
    turn.wake_at(retry_at);
    state.manifests = Manifests::Missing { retry_at };
}

/// An attempt asks how its kinds are served: that gives up what a heal has asked.
pub(super) fn give_way(state: &mut State, turn: &mut Turn) {
    if matches!(state.manifests, Manifests::Scoping { .. }) {
        put_off(state, turn);
    }
}

/// Its kinds are known; false where the answer is for somebody else.
pub(super) fn scoped(
    state: &mut State,
    asked: Attempt,
    result: &Result<Scopes, Refusal>,
    turn: &mut Turn,
) -> bool {
    let rendered = match &state.manifests {
        Manifests::Scoping { attempt, rendered } if *attempt == asked => Arc::clone(rendered),
        Manifests::Dropped
        | Manifests::Asked { .. }
        | Manifests::Scoping { .. }
        | Manifests::Missing { .. }
        | Manifests::Held(_) => return false,
    };
    let set = match result {
        Ok(scopes) => {
            state.scopes.extend(scopes.clone());
            render::prepared(state, applied_spec(state), &rendered.manifests, &state.scopes)
        }
        Err(refusal) => Err(vec![classify::fault(refusal, None, &state.parent_key())]),
    };
    heal::recalled(state, set, turn);
    true
}
