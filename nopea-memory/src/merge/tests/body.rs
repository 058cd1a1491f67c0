//! Experiments 2d: nulls, defaults of keys, duplicates, bodies that are refused, versions (2f).

use super::*;

fn service(ports: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": ports}})
}

#[test]
fn a_creation_timestamp_and_the_status_of_a_deployment_are_not_owned() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["metadata"]["creationTimestamp"] = Value::Null;
    body["status"] = json!({});
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea")["f:metadata"], json!({"f:labels": {"f:own": {}}}));
    assert_eq!(stage.fields("nopea")["f:status"], Value::Null);
    assert_eq!(stage.live()["status"], json!({}), "a struct is written even when empty");
}

#[test]
fn a_null_annotation_owns_its_key_with_an_empty_value() {
    let mut stage = Stage::of("v1", "ConfigMap");
    let mut body = config_map(&json!({"a": "1"}));
    body["metadata"]["annotations"] = json!({"z": null});
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea")["f:metadata"], json!({"f:annotations": {"f:z": {}}}));
    assert_eq!(stage.live()["metadata"]["annotations"], json!({"z": ""}));
}

#[test]
fn metadata_that_names_the_object_is_never_owned() {
    let mut stage = Stage::of("v1", "ConfigMap");
    let mut body = config_map(&json!({"a": "1"}));
    body["metadata"]["uid"] = json!("u");
    body["metadata"]["resourceVersion"] = json!("1");
    body["metadata"]["generation"] = json!(1);
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea"), json!({"f:data": {"f:a": {}}}));
}

#[test]
fn a_port_without_protocol_is_keyed_by_its_default_and_a_later_protocol_only_adds_the_field() {
    let mut stage = Stage::of("v1", "Service");
    stage.force("nopea", &service(&json!([{"port": 80}])));
    let key = "k:{\"port\":80,\"protocol\":\"TCP\"}";
    assert_eq!(stage.fields("nopea")["f:spec"]["f:ports"][key], json!({".": {}, "f:port": {}}));
    stage.force("nopea", &service(&json!([{"port": 80, "protocol": "TCP"}])));
    assert_eq!(
        stage.fields("nopea")["f:spec"]["f:ports"][key],
        json!({".": {}, "f:port": {}, "f:protocol": {}})
    );
    assert_eq!(stage.live()["spec"]["ports"].as_array().unwrap().len(), 1);
}

#[test]
fn two_protocols_on_one_port_are_two_items() {
    let mut stage = Stage::of("v1", "Service");
    stage.force(
        "nopea",
        &service(&json!([{"port": 53, "protocol": "UDP", "name": "u"}, {"port": 53, "name": "t"}])),
    );
    assert_eq!(stage.live()["spec"]["ports"].as_array().unwrap().len(), 2);
}

#[test]
fn duplicates_in_an_applied_body_are_refused_with_their_key() {
    let mut stage = Stage::of("v1", "Service");
    let body = service(&json!([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]));
    let error = stage.try_apply("nopea", &body, OnConflict::Force).unwrap_err();
    assert_eq!(
        error.to_string(),
        ".spec.ports: duplicate entries for key [port=80,protocol=\"TCP\"]"
    );
}

#[test]
fn live_duplicates_do_not_hinder_an_apply_and_collapse() {
    let mut stage = Stage::of("v1", "Service");
    stage.post("kubectl", &service(&json!([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}])));
    stage.force("nopea", &service(&json!([{"port": 80, "name": "c"}])));
    assert_eq!(stage.live()["spec"]["ports"], json!([{"port": 80, "name": "c"}]));
}

#[test]
fn managed_fields_in_the_body_are_refused() {
    let mut stage = Stage::of("v1", "ConfigMap");
    let mut body = config_map(&json!({"a": "1"}));
    body["metadata"]["managedFields"] = json!([]);
    let error = stage.try_apply("nopea", &body, OnConflict::Force).unwrap_err();
    assert_eq!(error.to_string(), "metadata.managedFields must be nil");
}

#[test]
fn every_schema_fault_is_named_in_order() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["spec"]["foo"] = json!(1);
    body["spec"]["bar"] = json!(1);
    body["spec"]["replicas"] = json!("two");
    body["spec"]["template"]["spec"]["containers"][0]["image"] = json!(true);
    body["spec"]["template"]["spec"]["tolerations"] = json!({"a": [1, "b"]});
    body["spec"]["strategy"] = json!(["x"]);
    let error = stage.try_apply("nopea", &body, OnConflict::Force).unwrap_err();
    assert_eq!(
        error.to_string(),
        "errors:\n  .spec.bar: field not declared in schema\n  .spec.foo: field not declared in schema\n  \
         .spec.replicas: expected numeric (int or float), got string\n  \
         .spec.strategy: expected map, got &{[x]}\n  \
         .spec.template.spec.containers[name=\"c\"].image: expected string, got &value.valueUnstructured{Value:true}\n  \
         .spec.template.spec.tolerations: expected list, got &{map[a:[1 b]]}"
    );
    assert_eq!(stage.live, None);
}

#[test]
fn illegal_base64_is_refused_where_the_server_decodes() {
    let mut stage = Stage::of("v1", "Secret");
    let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": "%%%"}});
    let error = stage.try_apply("nopea", &body, OnConflict::Force).unwrap_err();
    assert_eq!(error.to_string(), "illegal base64 data at input byte 0");
}

#[test]
fn one_apply_entry_moves_with_the_version_and_what_it_drops_is_removed() {
    let mut stage = Stage::custom(
        &json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
    );
    let body = |version: &str, spec: Value| json!({"apiVersion": version, "kind": "X", "metadata": {"name": "a"}, "spec": spec});
    stage.force("nopea", &body("x.io/v1", json!({"a": "1", "b": "1"})));
    stage.api_version = "x.io/v2".to_owned();
    stage.force("nopea", &body("x.io/v2", json!({"a": "1"})));
    assert_eq!(stage.owners(), ["nopea/Apply"]);
    assert_eq!(stage.live()["metadata"]["managedFields"][0]["apiVersion"], "x.io/v2");
    assert_eq!(stage.live()["spec"], json!({"a": "1"}));
}

#[test]
fn an_entry_of_a_version_that_left_the_crd_refuses_applies_and_leaves_other_writes_untracked() {
    let mut stage =
        Stage::custom(&json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"a": "1"}});
    stage.force("nopea", &body);
    let served = ["x.io/v2".to_owned()];
    let mut write = Stage::write(&stage.schema, "x.io/v2", &mut stage.at, "nopea");
    write.versions = Versions::Custom(&served);
    let error = apply(stage.live.as_ref(), &body, &write, OnConflict::Force).unwrap_err();
    assert_eq!(error.to_string(), "request to convert CR to an invalid group/version: x.io/v1");
    write.manager = "kubectl";
    let mut new = stage.live().clone();
    new["spec"]["a"] = json!("2");
    let after = update(stage.live(), &new, &write);
    assert_eq!(after["metadata"], stage.live()["metadata"], "the write is not tracked");
    // The cure: the entries rewritten to a served version.
    let mut entries = after["metadata"]["managedFields"].clone();
    entries[0]["apiVersion"] = json!("x.io/v2");
    let cured = patch_managed_fields(&after, entries, &write);
    assert_eq!(cured["metadata"]["managedFields"].as_array().unwrap().len(), 1);
    apply(Some(&cured), &body, &write, OnConflict::Force).unwrap();
}

#[test]
fn an_entry_of_a_built_in_version_that_is_gone_is_dropped_by_the_next_write() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &config_map(&json!({"a": "1"})));
    let served = ["v2".to_owned()];
    let mut write = Stage::write(&stage.schema, "v2", &mut stage.at, "kubectl");
    write.versions = Versions::Builtin(&served);
    let mut new = stage.live().clone();
    new["data"]["b"] = json!("1");
    stage.live = Some(update(stage.live(), &new, &write));
    assert_eq!(stage.owners(), ["kubectl/Update"]);
}

#[test]
fn a_list_in_a_free_form_map_is_atomic_and_maps_are_not() {
    let mut stage =
        Stage::custom(&json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
    let body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"m": {"k": "1"}, "l": [1, 2], "n": 1}});
    stage.force("nopea", &body);
    stage.patch("kubectl", &json!({"spec": {"m": {"other": "1"}, "n": {"deep": 1}}}));
    assert_eq!(stage.fields("nopea"), json!({"f:spec": {"f:l": {}, "f:m": {".": {}, "f:k": {}}}}));
}

#[test]
fn a_custom_list_is_merged_by_its_keys_and_their_defaults() {
    let spec = json!({"type": "object", "properties": {"ports": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
        "items": {"type": "object", "properties": {
            "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "note": {"type": "string"}
        }}
    }}});
    let mut stage = Stage::custom(&spec);
    let body = |ports: Value| json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"ports": ports}});
    stage.post("kubectl", &body(json!([{"port": 1, "protocol": "TCP", "note": "theirs"}])));
    stage.force("nopea", &body(json!([{"port": 1}, {"port": 2}])));
    assert_eq!(
        stage.live()["spec"]["ports"],
        json!([{"port": 1, "protocol": "TCP", "note": "theirs"}, {"port": 2}])
    );
    let error = stage
        .try_apply("nopea", &body(json!([{"port": 1, "typo": 1}])), OnConflict::Force)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        ".spec.ports[port=1,protocol=\"TCP\"].typo: field not declared in schema"
    );
}

#[test]
fn a_merge_patch_removes_by_null_and_replaces_lists() {
    let mut target = json!({"a": {"b": 1, "c": 2}, "l": [1, 2]});
    json_merge_patch(&mut target, &json!({"a": {"b": null, "d": {"e": null}}, "l": [3]}));
    assert_eq!(target, json!({"a": {"c": 2, "d": {}}, "l": [3]}));
}
