//! The entries of `metadata.managedFields`. Knows our name as a manager, and nothing of drift.

use serde_json::Value;

use crate::port::applier::FIELD_MANAGER;

/// One entry of `metadata.managedFields`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<'a> {
    /// `manager`.
    pub manager: &'a str,
    /// `operation`: `Apply` or `Update`.
    pub operation: &'a str,
    /// `subresource`; empty where there is none.
    pub subresource: &'a str,
    /// `apiVersion`, in which the fields are named.
    pub api_version: &'a str,
    /// `fieldsV1`.
    pub fields: &'a Value,
}

impl Entry<'_> {
    /// Says whether this is what our own applies leave.
    pub fn is_ours(&self) -> bool {
        self.manager == FIELD_MANAGER && self.operation == "Apply" && self.subresource.is_empty()
    }

    /// Says whether it records plain updates of the object, which may hold fields back from us (R12).
    pub fn is_update(&self) -> bool {
        self.operation == "Update" && self.subresource.is_empty()
    }
}

/// The raw entries of an object.
pub(crate) fn raw(object: &Value) -> &[Value] {
    let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// Reads one raw entry; what is missing reads as empty.
pub(crate) fn read(entry: &Value) -> Entry<'_> {
    let text = |name| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    Entry {
        manager: text("manager"),
        operation: text("operation"),
        subresource: text("subresource"),
        api_version: text("apiVersion"),
        fields: entry.get("fieldsV1").unwrap_or(&Value::Null),
    }
}

/// The managedFields entries of an object, in their order.
///
/// ```
/// let object = serde_json::json!({"metadata": {"managedFields": [
///     {"manager": "nopea", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {}},
/// ]}});
/// assert!(nopea_core::fields::entries(&object).all(|entry| entry.is_ours()));
/// ```
pub fn entries(object: &Value) -> impl Iterator<Item = Entry<'_>> {
    raw(object).iter().map(read)
}

/// Our own entry, preferably the one in the object's own version; none where we have none.
///
/// ```
/// let object = serde_json::json!({"apiVersion": "v1", "metadata": {"managedFields": [
///     {"manager": "nopea", "operation": "Update", "apiVersion": "v1", "fieldsV1": {}},
/// ]}});
/// assert!(nopea_core::fields::ours(&object).is_none());
/// ```
pub fn ours(object: &Value) -> Option<Entry<'_>> {
    let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let mine = || entries(object).filter(Entry::is_ours);
    mine().find(|entry| entry.api_version == version).or_else(|| mine().next())
}
