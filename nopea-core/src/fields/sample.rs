//! Objects as a server stores them after an apply of ours, for tests of this crate.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The live object that an apply of `desired` leaves, with our entry.
pub(crate) fn applied(desired: &Value) -> Value {
    let mut live = desired.clone();
    let fields = fields(desired);
    fill(&mut live);
    live["metadata"]["managedFields"] = json!([entry("nopea", "Apply", desired, &fields)]);
    live["metadata"]["uid"] = json!("u1");
    live["metadata"]["resourceVersion"] = json!("1");
    live
}

/// Fills in the protocol that is part of a key, as the schema's defaults do.
fn fill(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(fill),
        Value::Array(items) => {
            let keys: Vec<_> = items.iter().map(|item| key(item, items)).collect();
            // an atomic list stays as it is
            for (item, key) in items.iter_mut().zip(keys) {
                let Some(key) = key else { return };
                if let Some(protocol) = key.get("protocol") {
                    item["protocol"] = protocol.clone();
                }
                fill(item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A managedFields entry in the version of `object`.
pub(crate) fn entry(manager: &str, operation: &str, object: &Value, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": object["apiVersion"],
           "fieldsType": "FieldsV1", "time": "2026-11-24T18:00:00Z", "fieldsV1": fields})
}

/// The fieldsV1 of a whole object.
pub(crate) fn fields(desired: &Value) -> Value {
    let mut stripped = desired.clone();
    let map = stripped.as_object_mut().unwrap();
    for name in ["apiVersion", "kind"] {
        map.remove(name);
    }
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
        metadata.remove("namespace");
        if metadata.is_empty() {
            map.remove("metadata");
        }
    }
    below(&stripped)
}

fn below(value: &Value) -> Value {
    let mut node = Map::new();
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                node.insert(format!("f:{name}"), below(value));
            }
        }
        Value::Array(items) => {
            for (key, item) in items.iter().filter_map(|item| Some((key(item, items)?, item))) {
                let mut named = below(item);
                named["."] = json!({});
                node.insert(format!("k:{key}"), named);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Value::Object(node)
}

/// The key of an item in a list whose items all have one, each another; else the list is atomic.
fn key(item: &Value, all: &[Value]) -> Option<Value> {
    let name = |item: &Value| -> Option<Value> {
        for port in ["containerPort", "port"] {
            if let Some(number) = item.get(port).filter(|number| number.is_number()) {
                let protocol = item.get("protocol").cloned().unwrap_or_else(|| json!("TCP"));
                let written = protocol.is_string();
                return written.then(|| json!({port: number, "protocol": protocol}));
            }
        }
        item.get("name").filter(|name| name.is_string()).map(|name| json!({"name": name}))
    };
    let mut keys = all.iter().map(name).collect::<Option<Vec<_>>>()?;
    let count = keys.len();
    keys.sort_by_key(Value::to_string);
    keys.dedup();
    (keys.len() == count).then(|| name(item)).flatten()
}

/// Any JSON value, small.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "a",
        "name",
        "port",
        "protocol",
        "spec",
        "status",
        "metadata",
        "managedFields",
        "fieldsV1",
        "f:spec",
        "k:{\"name\":\"a\"}",
        "v:\"a\"",
        ".",
        "manager",
        "nopea",
        "Apply",
        "conditions",
        "type",
        "apiVersion",
        "kind",
        "Deployment",
        "apps/v1",
        "v1",
        "Pod",
        "labels",
        "uid",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A desired object of any content.
pub(crate) fn any_desired() -> impl Strategy<Value = Value> {
    any_json().prop_map(|spec| {
        json!({"apiVersion": "example.org/v1", "kind": "Thing", "spec": spec,
               "metadata": {"name": "a", "namespace": "b", "labels": {"x": "y"}}})
    })
}

/// A Deployment as Git has it.
pub(crate) fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "strategy": {},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
                {"name": "web", "image": "web:1", "resources": {}, "args": ["-v"],
                 "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                 "ports": [{"containerPort": 80}]}]}}}})
}
