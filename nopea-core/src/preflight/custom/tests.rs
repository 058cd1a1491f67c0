//! What a definition of the set refuses before the first write, and what it must let pass.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    model::{Hash, Manifest, ObjectKey, Origin},
    port::Scope,
};

fn object(group: &str, kind: &str, version: &str, body: Value) -> Prepared {
    Prepared {
        manifest: Manifest {
            key: ObjectKey::new(group, kind, "", "a"),
            api_version: format!("{group}/{version}").into(),
            body: Arc::new(body),
            origin: Origin { file: "a.yaml".into(), line: 7, column: 1 },
        },
        intent: Hash::of_parts(["a"]),
        adopt: false,
        replace: false,
        depends_on: Vec::new(),
    }
}

fn definition() -> Prepared {
    let schema = json!({"type": "object", "required": ["spec"], "properties": {
        "spec": {"type": "object", "required": ["size", "color"], "properties": {
            "size": {"type": "integer"},
            "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "port": {"x-kubernetes-int-or-string": true},
            "ratio": {"type": "number"},
            "names": {"type": "array", "items": {"type": "object",
                "properties": {"name": {"type": "string"}}}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "any": {"type": "object"},
            "inner": {"type": "object", "x-kubernetes-embedded-resource": true,
                "properties": {"data": {"type": "string"}}},
        }},
    }});
    let version = json!({"name": "v1", "served": true, "schema": {"openAPIV3Schema": schema}});
    let body = json!({"spec": {"group": "x.io", "names": {"kind": "Thing"},
        "scope": "Cluster", "versions": [version]}});
    object("apiextensions.k8s.io", "CustomResourceDefinition", "v1", body)
}

fn found(version: &str, spec: &Value, served: &Scopes) -> Vec<String> {
    let metadata = json!({"name": "a", "labels": {"a": "b"}});
    let mut body = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": metadata});
    if !spec.is_null() {
        body["spec"] = spec.clone();
    }
    let objects = [definition(), object("x.io", "Thing", version, body)];
    let faults = schema_faults(&objects, &[false, true], served);
    assert!(faults.iter().all(|fault| fault.origin.as_ref().is_some_and(|place| place.line == 7)));
    faults.iter().map(|fault| fault.message.to_string()).collect()
}

#[test]
fn what_the_schema_of_the_set_refuses_is_told_with_its_path() {
    for (spec, told) in [
        (json!({"size": 1, "sise": 2}), "spec.sise: field not declared in schema"),
        (json!({"size": "1"}), "spec.size: expected integer, found a text"),
        (json!({"size": 1.5}), "spec.size: expected integer, found a number"),
        (json!({"size": 1, "color": "green"}), r#"spec.color: "green" is none of "red", "blue""#),
        (json!({"color": "red"}), "spec.size: required, and missing"),
        (Value::Null, "spec: required, and missing"),
        (json!({"size": 1, "names": {}}), "spec.names: expected array, found a map"),
        (
            json!({"size": 1, "names": [{"name": "a"}, {"nam": "b"}]}),
            "spec.names[1].nam: field not declared in schema",
        ),
        (json!({"size": 1, "labels": {"a": 1}}), "spec.labels.a: expected string, found a number"),
        (
            json!({"size": 1, "inner": {"kind": "A", "dat": "b"}}),
            "spec.inner.dat: field not declared in schema",
        ),
    ] {
        assert_eq!(found("v1", &spec, &Scopes::new()), [told], "{spec}");
    }
}

#[test]
fn what_only_a_server_can_judge_passes() {
    for spec in [
        json!({"size": 1}),
        json!({"size": 2.0, "ratio": 1, "port": "http"}),
        json!({"size": 1, "port": 80, "color": null}),
        json!({"size": 1, "free": {"a": [1]}, "any": {"a": 1}}),
        json!({"size": 1, "inner": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}}}),
    ] {
        assert_eq!(found("v1", &spec, &Scopes::new()), [""; 0], "{spec}");
    }
    assert_eq!(found("v2", &json!({"wrong": 1}), &Scopes::new()), [""; 0], "another version");
}

#[test]
fn a_required_field_may_be_somebody_elses_where_the_kind_is_served_already() {
    let scope = Scope { namespaced: false, versions: vec!["v1".into()] };
    let served = BTreeMap::from([(GroupKind::new("x.io", "Thing"), scope)]);
    assert_eq!(found("v1", &json!({"color": "red"}), &served), [""; 0]);
    assert_eq!(found("v1", &json!({"size": true}), &served).len(), 1);
}

#[test]
fn what_is_dry_run_in_place_is_left_to_the_server() {
    let wrong = json!({"apiVersion": "x.io/v1", "kind": "Thing", "spec": {"wrong": 1}});
    let objects = [definition(), object("x.io", "Thing", "v1", wrong)];
    assert!(schema_faults(&objects, &[false, false], &Scopes::new()).is_empty());
}
