//! The few hashes by which a live object is known to stand as we applied it (design: drift without
//! requests). Knows the object alone; what a difference means is judged by the machine.

mod candidates;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use crate::{
    fields,
    model::{Baseline, Hash, hash::Hasher},
};

/// The baseline of a live object, through our own managedFields entry.
///
/// None where we have no entry in the version of the object: then nothing can be compared (R9), and
/// the object is to be verified. Fields that the entry names and the object lacks, or has as null,
/// are kept beside the maps and lists: [`settle`] tells whether they matter.
///
/// ```
/// let mut object = serde_json::json!({"apiVersion": "v1", "data": {"a": "1"}, "metadata": {
///     "managedFields": [{"manager": "nopea", "operation": "Apply", "apiVersion": "v1",
///                        "fieldsV1": {"f:data": {"f:a": {}}}}]}});
/// let applied = nopea_core::baseline::of(&object).unwrap();
/// object["data"]["b"] = "somebody's".into();
/// assert_eq!(nopea_core::baseline::of(&object), Some(applied));
/// ```
pub fn of(object: &Value) -> Option<Baseline> {
    let entry = fields::ours(object)?;
    if Some(entry.api_version) != object.get("apiVersion").and_then(Value::as_str) {
        return None;
    }
    let mut scalars = Hasher::default();
    let mut containers = Vec::new();
    fields::walk(entry.fields, object, &mut |leaf| match leaf.live {
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => {
            scalars.part(leaf.path.as_bytes());
            scalars.value(value);
        }
        Some(value @ (Value::Null | Value::Array(_) | Value::Object(_))) => {
            containers.push((path_hash(leaf.path), Hash::of_value(value).as_u64()));
        }
        None => containers.push((path_hash(leaf.path), ABSENT)),
    });
    containers.sort_unstable();
    Some(Baseline {
        entry: Hash::of_value(entry.fields),
        scalars: scalars.finish(),
        containers: containers.into(),
    })
}

/// Stands for the value of a field that is not there.
const ABSENT: u64 = 0;

pub(crate) fn path_hash(path: &str) -> u64 {
    Hash::of_parts([path]).as_u64()
}

/// Forgets the values where Git says `{}`, `[]` or null: there only presence counts (R8).
///
/// The presence itself stays in the hash of the entry.
///
/// ```
/// let object = serde_json::json!({"apiVersion": "v1", "spec": {"resources": {}}, "metadata": {
///     "managedFields": [{"manager": "nopea", "operation": "Apply", "apiVersion": "v1",
///                        "fieldsV1": {"f:spec": {"f:resources": {}}}}]}});
/// let seen = nopea_core::baseline::of(&object).unwrap();
/// let desired = serde_json::json!({"spec": {"resources": {}}});
/// assert!(nopea_core::baseline::settle(seen, &desired).containers.is_empty());
/// ```
#[must_use]
pub fn settle(baseline: Baseline, desired: &Value) -> Baseline {
    if baseline.containers.is_empty() {
        return baseline;
    }
    let empty = candidates::empty_paths(desired);
    without(baseline, &empty)
}

/// Forgets the containers at these paths.
pub(crate) fn without(mut baseline: Baseline, paths: &BTreeSet<u64>) -> Baseline {
    if baseline.containers.iter().any(|(path, _)| paths.contains(path)) {
        let kept = baseline.containers.iter().filter(|(path, _)| !paths.contains(path));
        baseline.containers = kept.copied().collect::<Arc<[_]>>();
    }
    baseline
}

/// Says whether what is `seen` stands as what was `kept`, which has been settled.
///
/// Only for one and the same intent: what Git left empty was forgotten. To tell whether a dry run of
/// *another* intent would change anything, settle its baseline by the new intent and compare with `==`.
///
/// ```
/// # let object = serde_json::json!({"apiVersion": "v1", "metadata": {"managedFields": [
/// #     {"manager": "nopea", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {}}]}});
/// let seen = nopea_core::baseline::of(&object).unwrap();
/// assert!(nopea_core::baseline::agrees(&seen.clone(), &seen));
/// ```
pub fn agrees(kept: &Baseline, seen: &Baseline) -> bool {
    kept.entry == seen.entry
        && kept.scalars == seen.scalars
        && kept.containers.iter().all(|kept| seen.containers.binary_search(kept).is_ok())
}

#[cfg(test)]
mod tests;
