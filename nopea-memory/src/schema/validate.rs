//! Compares a body with its schema: unknown fields, wrong types, list items that are two times there.
//!
//! The words are the server's (structured-merge-diff `typed/validate.go`), the list is complete and
//! sorted, where the server's is partial and differs from call to call. It must not know values' rules
//! beyond their types.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::{List, Map, Relation, Scalar, Schema, Shape, TypeId};
use crate::merge::path::{PathElement, item_element};

/// One place where a body is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, as the server prints it: `.spec.ports[port=80,protocol="TCP"].foo`.
    pub path: String,
    /// What, in the server's words.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The text of several problems as the server writes them: one alone, or a list after `errors:`.
pub fn problems_text(problems: &[Problem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => many.iter().fold("errors:".to_owned(), |text, one| format!("{text}\n  {one}")),
    }
}

/// Whether two items of one keyed list may have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// Never, as in an applied body.
    Refused,
    /// Yes, as in what lives already.
    Allowed,
}

/// Lists everything in `body` that the schema does not know or that has another type, sorted by path.
pub fn validate(schema: &Schema, body: &Value, duplicates: Duplicates) -> Vec<Problem> {
    let mut walk = Walk { schema, duplicates, path: Vec::new(), problems: Vec::new() };
    walk.value(schema.root(), body);
    walk.problems.sort();
    walk.problems
}

struct Walk<'a> {
    schema: &'a Schema,
    duplicates: Duplicates,
    path: Vec<PathElement>,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn problem(&mut self, message: String) {
        let path = self.path.iter().map(ToString::to_string).collect();
        self.problems.push(Problem { path, message });
    }

    fn value(&mut self, id: TypeId, value: &Value) {
        if value.is_null() {
            return;
        }
        match self.schema.type_of(id).shape(Some(value)) {
            Shape::Scalar(scalar) => {
                if let Some(message) = scalar_problem(scalar, value) {
                    self.problem(message);
                }
            }
            Shape::List(list) => match value.as_array() {
                Some(items) => self.items(list, items),
                None => self.problem(format!("expected list, got &{{{}}}", go_text(value))),
            },
            Shape::Map(map) => match value.as_object() {
                Some(fields) => self.fields(map, fields),
                None => self.problem(format!("expected map, got &{{{}}}", go_text(value))),
            },
        }
    }

    fn fields(&mut self, map: &'a Map, fields: &serde_json::Map<String, Value>) {
        for (name, value) in fields {
            self.path.push(PathElement::Field(name.clone()));
            match map.field(name) {
                Some(id) => self.value(id, value),
                None => self.problem("field not declared in schema".to_owned()),
            }
            self.path.pop();
        }
    }

    fn items(&mut self, list: &'a List, items: &[Value]) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let element = match &list.relation {
                Relation::Atomic => PathElement::Index(index),
                Relation::Set | Relation::Keyed(_) => match item_element(list, item) {
                    Ok(element) => element,
                    Err(message) => {
                        self.problem(format!("element {index}: {message}"));
                        continue;
                    }
                },
            };
            if !seen.insert(element.clone()) && self.duplicates == Duplicates::Refused {
                self.problem(format!("duplicate entries for key {element}"));
            }
            self.path.push(element);
            self.value(list.element, item);
            self.path.pop();
        }
    }
}

/// What is wrong with a scalar, in the server's words.
fn scalar_problem(scalar: Scalar, value: &Value) -> Option<String> {
    match scalar {
        Scalar::Number if !value.is_number() => {
            Some(format!("expected numeric (int or float), got {}", go_type(value)))
        }
        Scalar::Text | Scalar::Bytes if !value.is_string() => Some(format!(
            "expected string, got &value.valueUnstructured{{Value:{}}}",
            go_syntax(value)
        )),
        Scalar::Boolean if !value.is_boolean() => {
            Some(format!("expected boolean, got &{{{}}}", go_text(value)))
        }
        Scalar::Any | Scalar::Quantity if value.is_array() || value.is_object() => {
            Some(format!("expected any scalar, got &{{{}}}", go_text(value)))
        }
        Scalar::Text
        | Scalar::Number
        | Scalar::Boolean
        | Scalar::Any
        | Scalar::Bytes
        | Scalar::Quantity => None,
    }
}

/// The Go type of a value (`%T`).
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go prints it (`%v`).
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_text).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}:{}", go_text(value))).collect();
            fields.sort();
            format!("map[{}]", fields.join(" "))
        }
    }
}

/// A value as Go source (`%#v`).
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("{}{{{}}}", go_type(value), items.join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", go_syntax(value)))
                .collect();
            fields.sort();
            format!("{}{{{}}}", go_type(value), fields.join(", "))
        }
    }
}
