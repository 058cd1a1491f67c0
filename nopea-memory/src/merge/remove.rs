//! Takes paths out of a value (structured-merge-diff `typed/remove.go`).
//! It must not know why.

use serde_json::Value;

use super::field_set::FieldSet;
use super::path::{PathElement, item_element};
use crate::schema::{List, Map, Relation, Schema, Shape, TypeId};

/// Removes every member of the set, with what lies below it; atomic lists and maps go whole or not at all.
pub(crate) fn remove(schema: &Schema, value: &Value, set: &FieldSet) -> Value {
    below(schema, schema.root(), value, set)
}

fn below(schema: &Schema, id: TypeId, value: &Value, set: &FieldSet) -> Value {
    match (schema.type_of(id).shape(Some(value)), value) {
        (Shape::Map(map), Value::Object(fields)) if !map.atomic && !fields.is_empty() => {
            from_fields(schema, map, fields, set)
        }
        (Shape::List(list), Value::Array(items))
            if list.relation != Relation::Atomic && !items.is_empty() =>
        {
            from_items(schema, list, items, set)
        }
        // The walker leaves nothing of an atomic or empty value that it was sent into.
        (Shape::Map(_) | Shape::List(_), _) => Value::Null,
        (Shape::Scalar(_), value) => value.clone(),
    }
}

fn from_fields(
    schema: &Schema,
    map: &Map,
    fields: &serde_json::Map<String, Value>,
    set: &FieldSet,
) -> Value {
    let mut kept = serde_json::Map::new();
    for (name, value) in fields {
        let element = PathElement::Field(name.clone());
        if set.holds(&element) {
            continue;
        }
        let value = match (set.below(&element), map.field(name)) {
            (Some(subset), Some(id)) => below(schema, id, value, subset),
            _ => value.clone(),
        };
        kept.insert(name.clone(), value);
    }
    if kept.is_empty() { Value::Null } else { Value::Object(kept) }
}

fn from_items(schema: &Schema, list: &List, items: &[Value], set: &FieldSet) -> Value {
    let mut kept = Vec::new();
    for item in items {
        let Ok(element) = item_element(list, item) else {
            kept.push(item.clone());
            continue;
        };
        if set.holds(&element) {
            continue;
        }
        kept.push(match set.below(&element) {
            Some(subset) => below(schema, list.element, item, subset),
            None => item.clone(),
        });
    }
    if kept.is_empty() { Value::Null } else { Value::Array(kept) }
}
