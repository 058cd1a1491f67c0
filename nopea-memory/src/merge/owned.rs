//! Which paths a body owns (structured-merge-diff `typed/tofieldset.go`).
//! It must not know who applies the body.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field_set::FieldSet;
use super::path::{Path, PathElement, item_element};
use crate::schema::{List, Map, Relation, Schema, Shape, TypeId};

/// Lists the paths that whoever applies this body owns.
///
/// Scalars, atomic lists and maps, nulls and empty maps are leaves; keyed items and fields of free-form
/// maps are members themselves; an empty keyed list leaves nothing.
pub fn owned_by_body(schema: &Schema, body: &Value) -> FieldSet {
    let mut walk = Walk { schema, path: Vec::new(), set: FieldSet::new() };
    walk.value(schema.root(), body);
    walk.set
}

struct Walk<'a> {
    schema: &'a Schema,
    path: Path,
    set: FieldSet,
}

impl<'a> Walk<'a> {
    fn member(&mut self) {
        self.set.insert(&self.path);
    }

    fn value(&mut self, id: TypeId, value: &Value) {
        match self.schema.type_of(id).shape(Some(value)) {
            Shape::Scalar(_) => self.member(),
            Shape::List(list) if list.relation == Relation::Atomic => self.member(),
            Shape::List(list) => {
                if let Some(items) = value.as_array() {
                    self.items(list, items);
                }
            }
            Shape::Map(map) if map.atomic => self.member(),
            Shape::Map(map) => {
                if let Some(fields) = value.as_object() {
                    self.fields(map, fields);
                }
            }
        }
    }

    fn fields(&mut self, map: &'a Map, fields: &serde_json::Map<String, Value>) {
        for (name, value) in fields {
            self.path.push(PathElement::Field(name.clone()));
            if let Some(id) = map.field(name) {
                self.value(id, value);
            }
            let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
            if empty || !map.fields.contains_key(name) {
                self.member();
            }
            self.path.pop();
        }
    }

    fn items(&mut self, list: &'a List, items: &[Value]) {
        let mut by_element: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
        for item in items {
            if let Ok(element) = item_element(list, item) {
                by_element.entry(element).or_default().push(item);
            }
        }
        for (element, same) in by_element {
            self.path.push(element);
            // Items with one key are owned as one, and nothing inside them.
            if let [item] = same.as_slice() {
                self.value(list.element, item);
            }
            self.member();
            self.path.pop();
        }
    }
}
