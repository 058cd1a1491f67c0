//! Which objects cannot be dry run in place before the set is applied (experiments R15).
//!
//! What they need comes from the same set and is created or changed by it: the server would judge
//! them by what stands now. Knows no server.

mod admission;
mod custom;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) use self::custom::schema_faults;
use crate::{
    model::{GroupKind, ObjectKey},
    order::{Names, of_pod},
    prepare::{Prepared, defined_kind, is_custom_resource_definition},
};

/// Says for each object whether its dry run must wait for its gate.
///
/// `created_or_changed` says for each object whether the attempt writes it; what is not written is
/// not dry run either and never deferred. A missing entry counts as written.
///
/// ```
/// use nopea_core::preflight;
///
/// assert!(preflight::deferred(&[], &[]).is_empty());
/// ```
pub fn deferred(objects: &[Prepared], created_or_changed: &[bool]) -> Vec<bool> {
    let written = |at: usize| created_or_changed.get(at).copied().unwrap_or(true);
    let changes: BTreeMap<&ObjectKey, &Value> = objects
        .iter()
        .enumerate()
        .filter(|(at, _)| written(*at))
        .map(|(_, object)| (&object.manifest.key, &*object.manifest.body))
        .collect();
    let definitions: BTreeSet<GroupKind> = changes
        .iter()
        .filter(|(key, _)| is_custom_resource_definition(&key.kind))
        .filter_map(|(_, body)| defined_kind(body))
        .collect();
    let policies = admission::changing(objects, &changes);
    let waits = |object: &Prepared| {
        let key = &object.manifest.key;
        let namespace = ObjectKey::new("", "Namespace", "", &*key.namespace);
        definitions.contains(&key.kind)
            || changes.contains_key(&namespace)
            || needs(object).iter().any(|needed| changes.contains_key(needed))
            || policies.iter().any(|policy| policy.matches(key))
    };
    objects.iter().enumerate().map(|(at, object)| written(at) && waits(object)).collect()
}

/// What the server wants to see when it admits the object.
fn needs(object: &Prepared) -> Vec<ObjectKey> {
    let key = &object.manifest.key;
    let body = &*object.manifest.body;
    if key.kind.is("", "Pod") {
        let mut names = Names::new(key);
        body.get("spec").into_iter().for_each(|spec| of_pod(spec, &mut names));
        let admitted = ["ServiceAccount", "PriorityClass", "RuntimeClass"];
        return names.keys().filter(|key| admitted.contains(&&*key.kind.kind)).cloned().collect();
    }
    let rbac = "rbac.authorization.k8s.io";
    if !key.kind.is(rbac, "RoleBinding") && !key.kind.is(rbac, "ClusterRoleBinding") {
        return Vec::new();
    }
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    match (text("/roleRef/kind"), text("/roleRef/name")) {
        (Some("Role"), Some(name)) => vec![ObjectKey::new(rbac, "Role", &*key.namespace, name)],
        (Some("ClusterRole"), Some(name)) => vec![ObjectKey::new(rbac, "ClusterRole", "", name)],
        (Some(_) | None, Some(_) | None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
