//! Field paths: which field, list item or set member is meant (structured-merge-diff `fieldpath`).
//! It must not know schemas beyond the keys of a list.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::schema::{List, Relation};

/// One step from a value into what it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathElement {
    /// A field of a map: `f:name`.
    Field(String),
    /// The item of a keyed list that has these key fields, sorted by name: `k:{"name":"a"}`.
    Key(Vec<(String, KeyValue)>),
    /// The member of a set: `v:"a"`.
    Value(KeyValue),
    /// The item of an atomic list, in the paths of problems alone: `i:0`.
    Index(usize),
}

/// From the root of an object to one field; empty is the object itself, which nobody owns.
pub type Path = Vec<PathElement>;

/// Writes a path as the server does: `.spec.ports[port=80,protocol="TCP"].name`.
pub fn path_text(path: &[PathElement]) -> String {
    path.iter().map(ToString::to_string).collect()
}

/// A scalar of a path, ordered and compared as the server does: numbers by value, then text, then
/// booleans.
#[derive(Clone, Debug)]
pub struct KeyValue(pub Value);

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Value::Number(one), Value::Number(two)) => match (one.as_i64(), two.as_i64()) {
                (Some(one), Some(two)) => one.cmp(&two),
                _ => one.as_f64().unwrap_or_default().total_cmp(&two.as_f64().unwrap_or_default()),
            },
            (Value::String(one), Value::String(two)) => one.cmp(two),
            (Value::Bool(one), Value::Bool(two)) => one.cmp(two),
            (one, two) => rank(one).cmp(&rank(two)).then_with(|| {
                // Two lists or maps: not valid in a path, but a total order needs an answer.
                one.to_string().cmp(&two.to_string())
            }),
        }
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for KeyValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for KeyValue {}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name}={}", value.0)).collect();
                write!(f, "[{}]", fields.join(","))
            }
            Self::Value(value) => write!(f, "[={}]", value.0),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Names the item of a set or keyed list.
///
/// # Errors
/// With the server's words, when the item has no key, or cannot be a member.
pub(crate) fn item_element(list: &List, item: &Value) -> Result<PathElement, String> {
    match &list.relation {
        Relation::Atomic => Err("invalid indexing of non-associative list".to_owned()),
        Relation::Set => match item {
            Value::Object(_) => {
                Err("associative list without keys has an element that's a map type".to_owned())
            }
            Value::Array(_) => {
                Err("not supported: associative list with lists as elements".to_owned())
            }
            Value::Null => {
                Err("associative list without keys has an element that's an explicit null"
                    .to_owned())
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(PathElement::Value(KeyValue(item.clone())))
            }
        },
        Relation::Keyed(keys) => {
            let Value::Object(fields) = item else {
                let what = if item.is_null() { "a null element" } else { "non-map elements" };
                return Err(format!("associative list with keys may not have {what}"));
            };
            let value = |key: &crate::schema::Key| {
                let value = fields.get(&key.name).or(key.default.as_ref())?;
                Some((key.name.clone(), KeyValue(value.clone())))
            };
            let mut found: Vec<(String, KeyValue)> = keys.iter().filter_map(value).collect();
            if found.is_empty() {
                let names: Vec<String> = keys.iter().map(|key| format!("{:?}", key.name)).collect();
                return Err(format!(
                    "associative list with keys has an element that omits all key fields [{}] \
                     (and doesn't have default values for any key fields)",
                    names.join(" ")
                ));
            }
            found.sort();
            Ok(PathElement::Key(found))
        }
    }
}

/// Whether two values are the same to the server: numbers by value, `1` equals `1.0`.
pub(crate) fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            let held = |(name, value)| two.get(name).is_some_and(|other| same(value, other));
            one.len() == two.len() && one.iter().all(held)
        }
        (Value::Number(_), Value::Number(_)) => KeyValue(one.clone()) == KeyValue(two.clone()),
        _ => one == two,
    }
}
