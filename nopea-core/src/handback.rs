//! Takes fields that we apply out of the `Update` entries of others, so that a later removal in Git
//! removes them (R12). Knows no request: the answer is the value for a patch of managedFields.

use serde_json::Value;

use crate::fields::{self, entry};

/// The managedFields with our fields taken out of every `Update` entry; none where nothing overlaps.
///
/// Entries of a subresource and other appliers keep theirs: those are shared on purpose.
///
/// ```
/// let fields = serde_json::json!({"f:data": {"f:a": {}}});
/// let object = serde_json::json!({"apiVersion": "v1", "metadata": {"managedFields": [
///     {"manager": "nopea", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields},
///     {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": fields},
/// ]}});
/// let left = nopea_core::handback::managed_fields(&object).unwrap();
/// assert_eq!(left.as_array().unwrap().len(), 1);
/// ```
pub fn managed_fields(object: &Value) -> Option<Value> {
    let ours = fields::ours(object)?;
    let mut changed = false;
    let mut kept = Vec::new();
    for raw in entry::raw(object) {
        let read = entry::read(raw);
        if !read.is_update() || !fields::intersects(read.fields, ours.fields) {
            kept.push(raw.clone());
            continue;
        }
        changed = true;
        if let Some(left) = fields::subtract(read.fields, ours.fields) {
            let mut rest = raw.clone();
            if let Some(map) = rest.as_object_mut() {
                map.insert("fieldsV1".to_owned(), left);
            }
            kept.push(rest);
        }
    }
    changed.then_some(Value::Array(kept))
}

/// Says whether an `Update` entry of anybody names a field of ours.
///
/// ```
/// assert!(!nopea_core::handback::overlaps(&serde_json::json!({})));
/// ```
pub fn overlaps(object: &Value) -> bool {
    fields::ours(object).is_some_and(|ours| {
        fields::entries(object)
            .filter(fields::Entry::is_update)
            .any(|entry| fields::intersects(entry.fields, ours.fields))
    })
}

#[cfg(test)]
mod tests;
