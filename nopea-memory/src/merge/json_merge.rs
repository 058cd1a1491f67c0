//! JSON merge patch, RFC 7386. It must not know Kubernetes.

use serde_json::{Map, Value};

/// Applies a merge patch: objects are merged, null removes, anything else replaces.
pub fn json_merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            json_merge_patch(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
