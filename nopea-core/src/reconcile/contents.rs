//! What goes together with a Namespace or a CustomResourceDefinition, and who would miss it (R21).

use serde_json::Value;

use super::state::State;
use crate::{
    fault::{Code, Fault},
    membership,
    model::{GroupKind, ObjectKey, Observation},
};

/// The most names that one message lists.
const MAX_NAMES: usize = 10;

/// Says whether deleting an object of this kind deletes others.
pub(super) fn has_contents(kind: &GroupKind) -> bool {
    kind.is("", "Namespace") || kind.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Those that somebody would miss: neither ours nor made by a controller.
pub(super) fn foreign(state: &State, found: &[Observation]) -> Vec<ObjectKey> {
    let parent = state.parent();
    found
        .iter()
        .filter(|seen| !membership::is_member(&parent, &seen.key, &seen.marks))
        .filter(|seen| !is_made_by_controller(seen))
        .map(|seen| seen.key.clone())
        .collect()
}

/// Every Namespace has these, and what has an owner goes with it.
fn is_made_by_controller(seen: &Observation) -> bool {
    let kind = &seen.key.kind;
    let standard = (kind.is("", "ServiceAccount") && &*seen.key.name == "default")
        || (kind.is("", "ConfigMap") && &*seen.key.name == "kube-root-ca.crt")
        || kind.is("", "Event")
        || kind.is("events.k8s.io", "Event")
        || kind.is("", "Endpoints");
    let owners =
        seen.object.as_ref().and_then(|object| object.pointer("/metadata/ownerReferences"));
    standard || owners.and_then(Value::as_array).is_some_and(|owners| !owners.is_empty())
}

/// The fault of foreign contents, with the approval that lets them go where one can.
pub(super) fn fault(key: &ObjectKey, foreign: &[ObjectKey], digest: Option<String>) -> Fault {
    let names: Vec<String> = foreign.iter().take(MAX_NAMES).map(ToString::to_string).collect();
    let more = foreign.len().saturating_sub(names.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("pruning it would delete objects of others: {}{rest}", names.join(", "));
    let fault = Fault::new(Code::ForeignContents, message).on(key.clone());
    fault.help(match digest {
        Some(digest) => {
            format!("move them away, or approve with nopea.io/approve-prune: \"{digest}\"")
        }
        None => "move the objects away, or delete it by hand".to_owned(),
    })
}
