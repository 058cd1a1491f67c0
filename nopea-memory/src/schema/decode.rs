//! What becomes of a body when the server decodes it into Go structs and writes it again.
//!
//! Nulls and empty lists of declared fields vanish, structs that are no pointers are always there, a null in a map of strings is an empty string,
//! quantities get their canonical form, bytes must be base64. Custom kinds are not decoded and stay as
//! they are. It must not fill defaults: that is the API server's part.

use serde_json::Value;
use thiserror::Error;

use super::quantity::canonical;
use super::{Map, Scalar, Schema, Shape, TypeId, UNTYPED};

/// A value that the Go type cannot hold; the server answers 500 `failed to convert new object`.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Bytes that are no base64.
    #[error("illegal base64 data at input byte {byte}")]
    IllegalBase64 {
        /// Where the field is.
        path: String,
        /// The first byte that does not fit.
        byte: usize,
    },
    /// A quantity that is none.
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    MalformedQuantity {
        /// Where the field is.
        path: String,
    },
}

/// Decodes a body as the server does for built-in kinds; a custom kind's body comes back unchanged.
///
/// # Errors
/// When a value fits its schema's type, but not the Go type.
pub fn decode(schema: &Schema, body: Value) -> Result<Value, DecodeError> {
    if !schema.typed {
        return Ok(body);
    }
    let mut path = String::new();
    Decoding { schema, path: &mut path }.value(schema.root(), body)
}

struct Decoding<'a> {
    schema: &'a Schema,
    path: &'a mut String,
}

impl<'a> Decoding<'a> {
    fn value(&mut self, id: TypeId, value: Value) -> Result<Value, DecodeError> {
        if id == UNTYPED {
            return Ok(value);
        }
        let schema = self.schema;
        match (schema.type_of(id).shape(Some(&value)), value) {
            (Shape::Map(map), Value::Object(fields)) => self.fields(map, fields),
            (Shape::List(list), Value::Array(items)) => {
                let items = items.into_iter().map(|item| self.item(list.element, item));
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
            (Shape::Scalar(Scalar::Quantity), Value::String(text)) => self.quantity(&text),
            (Shape::Scalar(Scalar::Quantity), Value::Number(number)) => {
                self.quantity(&number.to_string())
            }
            (Shape::Scalar(Scalar::Bytes), Value::String(text)) => match base64_error(&text) {
                Some(byte) => Err(DecodeError::IllegalBase64 { path: self.path.clone(), byte }),
                None => Ok(Value::String(text)),
            },
            (_, value) => Ok(value),
        }
    }

    fn fields(
        &mut self,
        map: &'a Map,
        fields: serde_json::Map<String, Value>,
    ) -> Result<Value, DecodeError> {
        let mut kept = serde_json::Map::new();
        for (name, value) in fields {
            let Some(id) = map.field(&name) else {
                kept.insert(name, value);
                continue;
            };
            let length = self.path.len();
            self.path.push('.');
            self.path.push_str(&name);
            let value = if map.fields.contains_key(&name) {
                let value = self.value(id, value)?;
                if self.vanishes(id, &value) { None } else { Some(value) }
            } else {
                Some(self.item(id, value)?)
            };
            self.path.truncate(length);
            if let Some(value) = value {
                kept.insert(name, value);
            }
        }
        for name in map.always.iter().filter(|name| map.fields.contains_key(*name)) {
            if let (false, Some(id)) = (kept.contains_key(name), map.field(name)) {
                let empty = self.value(id, Value::Object(serde_json::Map::new()))?;
                kept.insert(name.clone(), empty);
            }
        }
        Ok(Value::Object(kept))
    }

    /// A list item or map value, where null is the type's zero value.
    fn item(&mut self, id: TypeId, value: Value) -> Result<Value, DecodeError> {
        if !value.is_null() || id == UNTYPED {
            return self.value(id, value);
        }
        Ok(match self.schema.type_of(id).shape(None) {
            Shape::Scalar(Scalar::Text | Scalar::Bytes) => Value::String(String::new()),
            Shape::Scalar(Scalar::Quantity) => Value::String("0".to_owned()),
            Shape::Scalar(Scalar::Number) => Value::from(0),
            Shape::Scalar(Scalar::Boolean) => Value::Bool(false),
            Shape::Map(map) if map.element.is_none() => {
                self.value(id, Value::Object(serde_json::Map::new()))?
            }
            Shape::Scalar(Scalar::Any) | Shape::List(_) | Shape::Map(_) => Value::Null,
        })
    }

    /// Whether Go leaves the field out (`omitempty`): null, an empty list, an empty map that is no struct.
    fn vanishes(&self, id: TypeId, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty() && id != UNTYPED,
            Value::Object(fields) => {
                let map = self.schema.type_of(id).map.as_ref();
                fields.is_empty() && id != UNTYPED && map.is_some_and(|map| map.fields.is_empty())
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    fn quantity(&self, text: &str) -> Result<Value, DecodeError> {
        match canonical(text) {
            Some(text) => Ok(Value::String(text)),
            None => Err(DecodeError::MalformedQuantity { path: self.path.clone() }),
        }
    }
}

/// The first byte at which the text is no standard base64 with padding.
fn base64_error(text: &str) -> Option<usize> {
    // Go's decoder skips line breaks.
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = bytes.len() - padding;
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if let Some(wrong) = bytes.iter().take(digits).position(|byte| !digit(byte)) {
        return Some(wrong);
    }
    if !bytes.len().is_multiple_of(4) || padding > 2 { Some(bytes.len()) } else { None }
}
