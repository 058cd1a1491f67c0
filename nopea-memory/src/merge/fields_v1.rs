//! The wire form of a field set, `fieldsV1` (structured-merge-diff `fieldpath/serialize.go`).
//! It must not know who owns the set.

use serde_json::{Map, Value};
use thiserror::Error;

use super::field_set::{FieldSet, Node};
use super::path::{KeyValue, PathElement};

/// A key of `fieldsV1` that names no path element.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("malformed path element {key:?}")]
pub struct MalformedElement {
    /// The key as written.
    pub key: String,
}

impl FieldSet {
    /// Writes the set as `fieldsV1`.
    pub fn to_fields_v1(&self) -> Value {
        let mut fields = Map::new();
        for (element, node) in &self.nodes {
            let mut below = node.below.to_fields_v1();
            if let (true, Value::Object(below)) = (node.member, &mut below)
                && !below.is_empty()
            {
                // "." comes first where the map keeps its insertion order.
                let rest = std::mem::take(below);
                below.insert(".".to_owned(), Value::Object(Map::new()));
                below.extend(rest);
            }
            fields.insert(write(element), below);
        }
        Value::Object(fields)
    }

    /// Reads `fieldsV1`; elements of a kind that does not exist yet are left out, as the server does.
    ///
    /// # Errors
    /// When a key has no prefix, or a prefix with a content that does not fit.
    pub fn from_fields_v1(fields: &Value) -> Result<Self, MalformedElement> {
        let mut set = Self::new();
        for (key, below) in fields.as_object().into_iter().flatten() {
            if key == "." {
                continue;
            }
            let Some(element) = read(key)? else { continue };
            let dot = below.get(".").is_some();
            let below = Self::from_fields_v1(below)?;
            let member = dot || below.is_empty();
            set.nodes.insert(element, Node { member, below });
        }
        Ok(set)
    }
}

fn write(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => format!("f:{name}"),
        PathElement::Key(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), value.0.clone()));
            format!("k:{}", escaped(&Value::Object(fields.collect())))
        }
        PathElement::Value(value) => format!("v:{}", escaped(&value.0)),
        PathElement::Index(index) => format!("i:{index}"),
    }
}

/// JSON as Go writes it by default, safe inside HTML.
fn escaped(value: &Value) -> String {
    let text = value.to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn read(key: &str) -> Result<Option<PathElement>, MalformedElement> {
    let malformed = || MalformedElement { key: key.to_owned() };
    let (prefix, content) =
        key.split_once(':').filter(|(prefix, _)| prefix.len() == 1).ok_or_else(malformed)?;
    Ok(Some(match prefix {
        "f" => PathElement::Field(content.to_owned()),
        "v" => {
            PathElement::Value(KeyValue(serde_json::from_str(content).map_err(|_| malformed())?))
        }
        "i" => PathElement::Index(content.parse().map_err(|_| malformed())?),
        "k" => {
            let fields: Map<String, Value> =
                serde_json::from_str(content).map_err(|_| malformed())?;
            let mut fields: Vec<(String, KeyValue)> =
                fields.into_iter().map(|(name, value)| (name, KeyValue(value))).collect();
            fields.sort();
            PathElement::Key(fields)
        }
        _ => return Ok(None),
    }))
}
