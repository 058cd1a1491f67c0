//! fieldsV1, the server's own record of which manager set which field, read without a schema.
//!
//! `f:` names a field, `k:` an item of a list by its keys, `v:` a member of a set, `.` the thing
//! itself; what has nothing below it is owned whole. Knows nothing of whose record it reads.

pub mod entry;
mod keyed;
#[cfg(test)]
pub(crate) mod sample;
pub mod set;
pub mod walk;

pub use entry::{Entry, entries, ours};
pub use set::{intersects, subtract};
pub use walk::{Leaf, walk};

use serde_json::{Map, Value};

pub(crate) use keyed::{Keyed, key_text};

/// The deepest level that is looked at; what lies below it counts as one value.
pub(crate) const MAX_DEPTH: usize = 128;

/// Says whether a fieldsV1 node names anything below itself.
pub(crate) fn has_children(node: &Value) -> bool {
    node.as_object().is_some_and(|map| map.keys().any(|key| key != "."))
}

/// The children of a fieldsV1 node, without the mark for the node itself.
pub(crate) fn children(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.as_object().into_iter().flatten().filter(|(key, _)| *key != ".")
}

/// Says whether a node itself belongs to the set, whatever lies below it.
pub(crate) fn is_member(node: &Value) -> bool {
    node.as_object().is_none_or(|map: &Map<String, Value>| map.is_empty() || map.contains_key("."))
}
