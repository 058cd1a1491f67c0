//! Makes a schema from the `openAPIV3Schema` of a `CustomResourceDefinition`, and fills its defaults.
//! It must not validate values (patterns, bounds, required fields): that is the API server's part.

use std::collections::BTreeMap;

use serde_json::Value;

use super::builtin::READ;
use super::table::Table;
use super::{Key, List, Map, Relation, Scalar, Schema, StatusFields, Type, TypeId, UNTYPED};

const METADATA: &str = "meta.v1.ObjectMeta";

pub(super) fn build(open_api: &Value, status: StatusFields) -> Schema {
    let mut builder = Builder { table: Table::new(), imported: BTreeMap::new() };
    let root = builder.object(open_api, Embedded::Resource);
    let types = builder.table.types.into();
    Schema { types, root, typed: false, status }
}

/// Whether an object has the fields every Kubernetes object has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Embedded {
    Resource,
    Plain,
}

struct Builder {
    table: Table,
    imported: BTreeMap<TypeId, TypeId>,
}

impl Builder {
    fn convert(&mut self, schema: &Value) -> TypeId {
        if flag(schema, "int-or-string") {
            return self.scalar(Scalar::Any);
        }
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        match (kind, format) {
            ("string", "" | "byte") => self.scalar(Scalar::Text),
            ("string", _) => self.scalar(Scalar::Any),
            ("integer" | "number", _) => self.scalar(Scalar::Number),
            ("boolean", _) => self.scalar(Scalar::Boolean),
            ("array", _) => self.list(schema),
            ("object", _) if flag(schema, "embedded-resource") => {
                self.object(schema, Embedded::Resource)
            }
            ("object", _) => self.object(schema, Embedded::Plain),
            _ => UNTYPED,
        }
    }

    fn scalar(&mut self, scalar: Scalar) -> TypeId {
        self.table.push(Type { scalar: Some(scalar), ..Type::default() })
    }

    fn list(&mut self, schema: &Value) -> TypeId {
        let Some(items) = schema.get("items") else { return UNTYPED };
        let element = self.convert(items);
        let relation = match extension(schema, "list-type") {
            Some("set") => Relation::Set,
            Some("map") => Relation::Keyed(keys(schema, items)),
            _ => Relation::Atomic,
        };
        self.table.push(Type { list: Some(List { element, relation }), ..Type::default() })
    }

    fn object(&mut self, schema: &Value, embedded: Embedded) -> TypeId {
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut fields = BTreeMap::new();
        for (name, property) in properties.into_iter().flatten() {
            fields.insert(name.clone(), self.convert(property));
        }
        let free = match schema.get("additionalProperties") {
            Some(element @ Value::Object(_)) => Some(self.convert(element)),
            Some(Value::Bool(true)) => Some(UNTYPED),
            // An object of which nothing is declared is free-form.
            None if fields.is_empty() || flag(schema, "preserve-unknown-fields") => Some(UNTYPED),
            _ => None,
        };
        if embedded == Embedded::Resource {
            let text = self.scalar(Scalar::Text);
            fields.insert("apiVersion".to_owned(), text);
            fields.insert("kind".to_owned(), text);
            if let Some(metadata) = READ.table.named.get(METADATA) {
                fields.insert("metadata".to_owned(), self.import(*metadata));
            }
        }
        let atomic = extension(schema, "map-type") == Some("atomic");
        let map = Map { fields, element: free, atomic, ..Map::default() };
        self.table.push(Type { map: Some(map), ..Type::default() })
    }

    /// Copies a type of the built-in table, with what it refers to.
    fn import(&mut self, id: TypeId) -> TypeId {
        if id == UNTYPED {
            return UNTYPED;
        }
        if let Some(done) = self.imported.get(&id) {
            return *done;
        }
        let place = self.table.push(Type::default());
        self.imported.insert(id, place);
        let mut copy = READ.table.types.get(id.0 as usize).cloned().unwrap_or_default();
        if let Some(list) = &mut copy.list {
            list.element = self.import(list.element);
        }
        if let Some(map) = &mut copy.map {
            map.element = map.element.map(|element| self.import(element));
            for field in map.fields.values_mut() {
                *field = self.import(*field);
            }
        }
        if let Some(slot) = self.table.types.get_mut(place.0 as usize) {
            *slot = copy;
        }
        place
    }
}

fn extension<'a>(schema: &'a Value, name: &str) -> Option<&'a str> {
    schema.get(format!("x-kubernetes-{name}")).and_then(Value::as_str)
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(format!("x-kubernetes-{name}")).and_then(Value::as_bool) == Some(true)
}

fn keys(schema: &Value, items: &Value) -> Vec<Key> {
    let names = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let default = |name: &str| items.get("properties")?.get(name)?.get("default").cloned();
    names.map(|name| Key { name: name.to_owned(), default: default(name) }).collect()
}

/// Fills the defaults of an `openAPIV3Schema` into a custom resource, as the server does before it
/// validates and on every read: a field that is absent, or null without being nullable.
pub fn fill_defaults(open_api_v3: &Value, body: &mut Value) {
    match body {
        Value::Object(map) => {
            let properties = open_api_v3.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                let nullable = schema.get("nullable").and_then(Value::as_bool) == Some(true);
                let absent = map.get(name).is_none_or(|value| value.is_null() && !nullable);
                if let Some(default) = schema.get("default").filter(|_| absent) {
                    map.insert(name.clone(), default.clone());
                }
            }
            let other = open_api_v3.get("additionalProperties");
            for (name, value) in map.iter_mut() {
                let declared = properties.and_then(|properties| properties.get(name));
                if let Some(schema) = declared.or(other) {
                    fill_defaults(schema, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = open_api_v3.get("items") {
                for item in items {
                    fill_defaults(schema, item);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
