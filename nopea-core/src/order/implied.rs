//! The edges that follow from what manifests name.

use std::collections::BTreeMap;

use super::names::{self, Names};
use crate::{
    model::{GroupKind, ObjectKey},
    prepare::{Prepared, defined_kind, is_custom_resource_definition},
};

/// Where each key stands in the set.
pub(super) fn index(objects: &[Prepared]) -> BTreeMap<&ObjectKey, usize> {
    objects.iter().enumerate().map(|(at, object)| (&object.manifest.key, at)).collect()
}

/// All implied edges, those that matter more first: of two that exclude each other the first stays.
pub(super) fn edges(
    objects: &[Prepared],
    by_key: &BTreeMap<&ObjectKey, usize>,
) -> Vec<(usize, usize)> {
    // by key, not by index: which edge gives way must not hang on the order of the set
    let sorted: Vec<(&ObjectKey, usize)> = by_key.iter().map(|(key, at)| (*key, *at)).collect();
    let definitions: BTreeMap<GroupKind, usize> = sorted
        .iter()
        .filter(|(key, _)| is_custom_resource_definition(&key.kind))
        .filter_map(|(_, at)| Some((defined_kind(&objects.get(*at)?.manifest.body)?, *at)))
        .collect();
    let mut edges = Vec::new();
    for (key, from) in &sorted {
        if !key.namespace.is_empty() {
            let namespace = ObjectKey::new("", "Namespace", "", &*key.namespace);
            edges.extend(by_key.get(&namespace).map(|to| (*from, *to)));
        }
        edges.extend(definitions.get(&key.kind).map(|to| (*from, *to)));
    }
    for (key, from) in &sorted {
        let mut named = Names::new(key);
        if let Some(object) = objects.get(*from) {
            names::of(&object.manifest, &mut named);
        }
        edges.extend(named.keys().filter_map(|key| by_key.get(key)).map(|to| (*from, *to)));
    }
    let (last, others): (Vec<_>, Vec<_>) = sorted.iter().partition(|(key, _)| last(&key.kind));
    for (_, from) in last {
        edges.extend(others.iter().map(|(_, to)| (from, *to)));
    }
    edges.retain(|(from, to)| from != to);
    edges
}

/// Says whether objects of this kind come last: while what serves them is not up, they block others.
fn last(kind: &GroupKind) -> bool {
    kind.is("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")
        || kind.is("admissionregistration.k8s.io", "MutatingWebhookConfiguration")
        || kind.is("apiregistration.k8s.io", "APIService")
}
