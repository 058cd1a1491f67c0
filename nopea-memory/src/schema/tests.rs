//! Tests of the table, of custom schemas, and of what decoding does.

use super::builtin::{READ, Scope, TABLE, find, kinds};
use super::quantity::canonical;
use super::*;

#[test]
fn every_line_of_the_checked_in_table_is_read() {
    assert_eq!(READ.table.unread, Vec::<String>::new());
    let lines = |prefix: &str| TABLE.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!(kinds().len(), lines("kind "));
    assert_eq!(READ.table.named.len(), lines("type "));
    assert!(kinds().len() >= 45, "{}", kinds().len());
    let filled = |one: &Type| one.scalar.is_some() || one.list.is_some() || one.map.is_some();
    assert!(READ.table.types.iter().all(filled));
}

#[test]
fn every_kind_is_an_object_with_metadata() {
    for one in kinds() {
        let map = one.schema.type_of(one.schema.root()).map.clone().unwrap();
        for field in ["apiVersion", "kind", "metadata"] {
            assert!(map.fields.contains_key(field), "{} {field}", one.kind);
        }
        let status = one.schema.status() == StatusFields::Subresource;
        assert!(!status || map.fields.contains_key("status"), "{}", one.kind);
    }
}

#[test]
fn a_kind_is_found_by_what_objects_write() {
    let role = find("rbac.authorization.k8s.io/v1", "ClusterRole").unwrap();
    assert_eq!((role.plural.as_str(), role.scope), ("clusterroles", Scope::Cluster));
    assert_eq!(find("apps/v1", "Deployment").unwrap().scope, Scope::Namespaced);
    assert!(find("apps/v2", "Deployment").is_none());
}

fn problems(api_version: &str, kind: &str, body: &Value) -> Vec<String> {
    let schema = &find(api_version, kind).unwrap().schema;
    validate(schema, body, Duplicates::Refused).iter().map(ToString::to_string).collect()
}

#[test]
fn an_unknown_field_is_named_wherever_it_stands() {
    let body = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "labls": {}},
        "spec": {"ports": [{"port": 80, "tagetPort": 1}]}, "sepc": {}
    });
    assert_eq!(
        problems("v1", "Service", &body),
        [
            ".metadata.labls: field not declared in schema",
            ".sepc: field not declared in schema",
            ".spec.ports[port=80,protocol=\"TCP\"].tagetPort: field not declared in schema",
        ]
    );
}

#[test]
fn wrong_types_are_told_in_the_servers_words() {
    let body = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
        "spec": {
            "hostNetwork": "yes", "nodeName": 1, "priority": {"a": 1}, "containers": {},
            "volumes": [{"name": "v", "emptyDir": {"sizeLimit": [1]}}], "tolerations": [1]
        }
    });
    assert_eq!(
        problems("v1", "Pod", &body),
        [
            ".spec.containers: expected list, got &{map[]}",
            ".spec.hostNetwork: expected boolean, got &{yes}",
            ".spec.nodeName: expected string, got &value.valueUnstructured{Value:1}",
            ".spec.priority: expected numeric (int or float), got map[string]interface {}",
            ".spec.tolerations[0]: expected map, got &{1}",
            ".spec.volumes[name=\"v\"].emptyDir.sizeLimit: expected any scalar, got &{[1]}",
        ]
    );
}

#[test]
fn an_item_without_its_key_is_named_by_its_place() {
    let body = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "i"}, 1, null]}});
    assert_eq!(
        problems("v1", "Pod", &body),
        [
            ".spec.containers: element 0: associative list with keys has an element that omits all key \
             fields [\"name\"] (and doesn't have default values for any key fields)",
            ".spec.containers: element 1: associative list with keys may not have non-map elements",
            ".spec.containers: element 2: associative list with keys may not have a null element",
        ]
    );
}

#[test]
fn several_problems_are_a_list_and_one_is_a_line() {
    let one = Problem { path: ".a".to_owned(), message: "m".to_owned() };
    assert_eq!(problems_text(std::slice::from_ref(&one)), ".a: m");
    assert_eq!(problems_text(&[one.clone(), one]), "errors:\n  .a: m\n  .a: m");
}

#[test]
fn int_or_string_quantity_and_null_fit() {
    let body = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "creationTimestamp": null},
        "spec": {"ports": [{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8081}], "type": null}
    });
    assert_eq!(problems("v1", "Service", &body), Vec::<String>::new());
}

#[test]
fn a_reference_that_is_granular_here_differs_from_its_atomic_type() {
    let volume = find("v1", "PersistentVolume").unwrap();
    let field = |schema: &Schema, id: TypeId, name: &str| {
        schema.type_of(id).map.as_ref().unwrap().fields[name]
    };
    let spec = field(&volume.schema, volume.schema.root(), "spec");
    let claim = field(&volume.schema, spec, "claimRef");
    let map = volume.schema.type_of(claim).map.clone().unwrap();
    assert!(!map.atomic && map.fields.contains_key("uid"));
    let id = READ.table.named["core.v1.ObjectReference"];
    assert!(READ.table.types[id.0 as usize].map.as_ref().unwrap().atomic);
}

#[test]
fn quantities_are_written_canonically() {
    for (written, canon) in [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1", "1"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("2e9", "2e9"),
        ("2E3", "2e3"),
        ("1024Ki", "1Mi"),
        ("0.5Gi", "512Mi"),
        ("100Mi", "100Mi"),
        ("512", "512"),
        ("0", "0"),
        ("0Mi", "0"),
        ("-1.50", "-1500m"),
        ("1.5Ki", "1536"),
        ("0.5Mi", "512Ki"),
        ("0.1n", "1n"),
        ("+1", "1"),
        (".5", "500m"),
        ("10E", "10E"),
        ("1000E", "1000E"),
    ] {
        assert_eq!(canonical(written).as_deref(), Some(canon), "{written}");
        assert_eq!(canonical(canon).as_deref(), Some(canon), "{canon} is stable");
    }
    for wrong in ["", "a", "1x", "1.2.3", "Mi", "--1", "1 Mi", "1ee3"] {
        assert_eq!(canonical(wrong), None, "{wrong}");
    }
}

#[test]
fn decoding_drops_nulls_and_empty_lists_and_writes_structs() {
    let schema = &find("apps/v1", "Deployment").unwrap().schema;
    let body = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "annotations": {"z": null}, "labels": {}},
        "spec": {"replicas": null, "template": {"spec": {"containers": [
            {"name": "c", "args": [], "resources": {"limits": {"memory": "1024Mi", "cpu": 0.5}}, "securityContext": {}}
        ]}}}
    });
    assert_eq!(
        decode(schema, body).unwrap(),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "annotations": {"z": ""}},
            "spec": {"strategy": {}, "template": {"metadata": {}, "spec": {"containers": [
                {"name": "c", "resources": {"limits": {"memory": "1Gi", "cpu": "500m"}}, "securityContext": {}}
            ]}}},
            "status": {}
        })
    );
}

#[test]
fn decoding_refuses_what_the_go_type_cannot_hold() {
    let secret = &find("v1", "Secret").unwrap().schema;
    for (data, byte) in [("%%%", 0), ("YQ", 2), ("YWI=c", 3), ("YQ=", 3)] {
        let body = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": data}});
        let error = decode(secret, body).unwrap_err();
        assert_eq!(
            error,
            DecodeError::IllegalBase64 { path: ".data.a".to_owned(), byte },
            "{data}"
        );
    }
    for data in ["", "YQ==", "YWJj", "YW\nI="] {
        let body =
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}, "data": {"a": data}});
        assert_eq!(decode(secret, body.clone()).unwrap(), body);
    }
    let quota = &find("v1", "ResourceQuota").unwrap().schema;
    let body =
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"cpu": "many"}}});
    assert!(
        matches!(decode(quota, body), Err(DecodeError::MalformedQuantity { path }) if path == ".spec.hard.cpu")
    );
}

#[test]
fn a_custom_kind_is_not_decoded() {
    let schema = Schema::untyped(StatusFields::Ordinary);
    let body = json!({"a": null, "b": []});
    assert_eq!(decode(&schema, body.clone()).unwrap(), body);
    assert_eq!(validate(&schema, &body, Duplicates::Refused), []);
}

fn custom(spec: &Value) -> Schema {
    let root = json!({"type": "object", "properties": {"spec": spec}});
    Schema::custom(&root, StatusFields::Subresource)
}

fn custom_problems(spec: &Value, body: &Value) -> Vec<String> {
    let body =
        json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": body});
    validate(&custom(spec), &body, Duplicates::Refused).iter().map(ToString::to_string).collect()
}

#[test]
fn a_custom_schema_knows_its_fields_and_the_metadata_of_every_object() {
    let spec = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    assert_eq!(custom_problems(&spec, &json!({"n": 1})), Vec::<String>::new());
    assert_eq!(custom_problems(&spec, &json!({"m": 1})), [".spec.m: field not declared in schema"]);
    let body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"nme": "a", "finalizers": ["f", "f"]}});
    let found = validate(&custom(&spec), &body, Duplicates::Refused);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            ".metadata.finalizers: duplicate entries for key [=\"f\"]",
            ".metadata.nme: field not declared in schema"
        ]
    );
}

#[test]
fn what_a_custom_schema_preserves_may_hold_anything() {
    for spec in [
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"n": {"type": "integer"}}}),
        json!({"type": "object", "additionalProperties": true}),
        json!({"type": "object"}),
        json!({"x-kubernetes-preserve-unknown-fields": true}),
    ] {
        assert_eq!(
            custom_problems(&spec, &json!({"a": {"b": [1, "c"]}})),
            Vec::<String>::new(),
            "{spec}"
        );
    }
    let strict =
        json!({"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}});
    assert_eq!(custom_problems(&strict, &json!({"a": 1, "b": "c"})), Vec::<String>::new());
    assert_eq!(
        custom_problems(&strict, &json!({"a": []})),
        [".spec.a: expected any scalar, got &{[]}"]
    );
}

#[test]
fn an_embedded_resource_has_metadata() {
    let spec = json!({"type": "object", "properties": {"t": {
        "type": "object", "x-kubernetes-embedded-resource": true, "properties": {"data": {"type": "string"}}}}});
    let body = json!({"t": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "data": "1", "x": 1}});
    assert_eq!(custom_problems(&spec, &body), [".spec.t.x: field not declared in schema"]);
}

#[test]
fn defaults_fill_what_is_absent_and_nulls_that_may_not_be() {
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "default": {}, "properties": {
            "a": {"type": "string", "default": "x"},
            "b": {"type": "string", "default": "y", "nullable": true},
            "items": {"type": "array", "items": {"type": "object", "properties": {"p": {"default": "TCP"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"q": {"default": 1}}}}
        }}
    }});
    let mut body = json!({});
    fill_defaults(&schema, &mut body);
    assert_eq!(body, json!({"spec": {"a": "x", "b": "y"}}));
    let mut body =
        json!({"spec": {"a": null, "b": null, "items": [{}, {"p": "UDP"}], "map": {"k": {}}}});
    fill_defaults(&schema, &mut body);
    assert_eq!(
        body,
        json!({"spec": {"a": "x", "b": null, "items": [{"p": "TCP"}, {"p": "UDP"}], "map": {"k": {"q": 1}}}})
    );
}

#[test]
fn a_kind_of_which_nothing_is_known_has_typed_metadata_and_atomic_lists() {
    let schema = Schema::untyped(StatusFields::Ordinary);
    let body = json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"finalizers": ["f"]}, "spec": {"l": [{"a": 1}]}});
    assert_eq!(
        crate::merge::owned_by_body(&schema, &body).to_fields_v1(),
        json!({
            "f:apiVersion": {}, "f:kind": {}, "f:metadata": {"f:finalizers": {"v:\"f\"": {}}},
            "f:spec": {".": {}, "f:l": {}}
        })
    );
    let wrong = json!({"metadata": {"name": 1}});
    assert_eq!(validate(&schema, &wrong, Duplicates::Refused).len(), 1);
}
