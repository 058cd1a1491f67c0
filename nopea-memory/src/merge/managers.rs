//! The entries of `metadata.managedFields`: read, written, and in the server's order (apimachinery
//! `managedfields.go`). It must not know what a write changes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::Owners;
use super::field_set::FieldSet;
use super::fields_v1::MalformedElement;

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply: one entry, whatever the version.
    Apply,
    /// By any other write: an entry per version.
    Update,
}

/// Whose an entry is: two writes with equal values share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// The name: `kubectl-edit`.
    pub name: String,
    /// How it wrote.
    pub operation: Operation,
    /// For updates the version written in; none for applies, whose entry moves between versions.
    pub api_version: Option<String>,
    /// The subresource written through, empty for the object itself.
    pub subresource: String,
}

/// What one manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedFields {
    /// The fields.
    pub set: FieldSet,
    /// The version that the paths are of.
    pub api_version: String,
    /// When the manager last took a field, as RFC 3339 in whole seconds.
    pub time: Option<String>,
}

/// Why `managedFields` cannot be read.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ManagersError {
    /// Neither `Apply` nor `Update`.
    #[error("operation must be `Apply` or `Update`")]
    UnknownOperation,
    /// An entry without a version.
    #[error("apiVersion must not be empty")]
    NoVersion,
    /// An entry that is not of type `FieldsV1`.
    #[error("invalid fieldsType {fields_type:?} in managed fields entry {index}")]
    UnknownFieldsType {
        /// What it says.
        fields_type: String,
        /// Which entry.
        index: usize,
    },
    /// Fields that are none.
    #[error("error decoding set")]
    MalformedFields(#[from] MalformedElement),
}

/// Reads the entries of an object; an object without any has none.
///
/// # Errors
/// When an entry is not one that the server could have written.
pub fn managers(object: &Value) -> Result<Owners, ManagersError> {
    read_entries(object.pointer("/metadata/managedFields"))
}

pub(crate) fn read_entries(entries: Option<&Value>) -> Result<Owners, ManagersError> {
    let mut owners = Owners::new();
    for (index, entry) in entries.and_then(Value::as_array).into_iter().flatten().enumerate() {
        let (manager, owned) = read(index, entry)?;
        owners.insert(manager, owned);
    }
    Ok(owners)
}

fn read(index: usize, entry: &Value) -> Result<(Manager, OwnedFields), ManagersError> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let operation = match text("operation").as_str() {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return Err(ManagersError::UnknownOperation),
    };
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        return Err(ManagersError::NoVersion);
    }
    let fields_type = text("fieldsType");
    if fields_type != "FieldsV1" {
        return Err(ManagersError::UnknownFieldsType { fields_type, index });
    }
    let manager = Manager {
        name: text("manager"),
        operation,
        api_version: (operation == Operation::Update).then(|| api_version.clone()),
        subresource: text("subresource"),
    };
    let set = FieldSet::from_fields_v1(entry.get("fieldsV1").unwrap_or(&Value::Null))?;
    let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
    Ok((manager, OwnedFields { set, api_version, time }))
}

/// Writes the entries into an object, in the server's order: applies first, then by time, name, version
/// and subresource. None leaves no `managedFields` at all.
pub fn write_managers(object: &mut Value, owners: &Owners) {
    let mut entries: Vec<(&Manager, &OwnedFields)> = owners.iter().collect();
    // Times are RFC 3339 in UTC and whole seconds, so their text sorts as they do.
    entries.sort_by(|(one, owned), (two, other)| {
        (one.operation, &owned.time, &one.name, &owned.api_version, &one.subresource).cmp(&(
            two.operation,
            &other.time,
            &two.name,
            &other.api_version,
            &two.subresource,
        ))
    });
    let entries: Vec<Value> =
        entries.into_iter().map(|(manager, owned)| entry(manager, owned)).collect();
    let Some(object) = object.as_object_mut() else { return };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return };
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".to_owned(), Value::Array(entries));
    }
}

fn entry(manager: &Manager, owned: &OwnedFields) -> Value {
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut entry = json!({
        "manager": manager.name,
        "operation": operation,
        "apiVersion": owned.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.set.to_fields_v1(),
    });
    if let Some(entry) = entry.as_object_mut() {
        if let Some(time) = &owned.time {
            entry.insert("time".to_owned(), Value::String(time.clone()));
        }
        if !manager.subresource.is_empty() {
            entry.insert("subresource".to_owned(), Value::String(manager.subresource.clone()));
        }
    }
    entry
}

/// A time as entries write it, in whole seconds.
pub(crate) fn seconds(now: Timestamp) -> String {
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
