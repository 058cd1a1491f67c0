//! The applied commit, rendered again for heals: how its kinds are served may have to be asked first,
//! after a restart or where the attempts since then were about other kinds.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    effect::Effect,
    event::Attempt,
    heal, render,
    state::{Manifests, State},
    turn::Turn,
};
use crate::{
    classify,
    model::{GroupKind, Rendered, Spec},
    port::{Refusal, Scopes},
    prepare,
};

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
    let attempt = state.numbers.attempt();
    turn.emit(Effect::Scope { attempt, kinds });
    state.manifests = Manifests::Scoping { attempt, rendered: Arc::new(rendered.clone()) };
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
