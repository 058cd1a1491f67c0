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
    let definitions: BTreeMap<GroupKind, usize> = objects
        .iter()
        .enumerate()
        .filter(|(_, object)| is_custom_resource_definition(&object.manifest.key.kind))
        .filter_map(|(at, object)| Some((defined_kind(&object.manifest.body)?, at)))
        .collect();
    let mut edges = Vec::new();
    for (from, object) in objects.iter().enumerate() {
        let key = &object.manifest.key;
        if !key.namespace.is_empty() {
            let namespace = ObjectKey::new("", "Namespace", "", &*key.namespace);
            edges.extend(by_key.get(&namespace).map(|to| (from, *to)));
        }
        edges.extend(definitions.get(&key.kind).map(|to| (from, *to)));
    }
    for (from, object) in objects.iter().enumerate() {
        let mut named = Names::new(&object.manifest.key);
        names::of(&object.manifest, &mut named);
        edges.extend(named.keys().filter_map(|key| by_key.get(key)).map(|to| (from, *to)));
    }
    let is_last: Vec<bool> = objects.iter().map(|object| last(&object.manifest.key.kind)).collect();
    for (from, _) in is_last.iter().enumerate().filter(|(_, last)| **last) {
        edges.extend(
            is_last.iter().enumerate().filter(|(_, last)| !**last).map(|(to, _)| (from, to)),
        );
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
