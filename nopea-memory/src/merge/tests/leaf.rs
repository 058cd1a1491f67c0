//! Experiments 2c: leaves that Git sets to nothing, and what may be written inside them.

use super::*;

#[test]
fn an_empty_map_is_owned_as_a_leaf_and_what_others_set_inside_stays() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["spec"]["template"]["spec"]["securityContext"] = json!({});
    stage.force("nopea", &body);
    let fields = stage.fields("nopea");
    assert_eq!(fields["f:spec"]["f:template"]["f:spec"]["f:securityContext"], json!({}));
    let inside = json!({"spec": {"template": {"spec": {"securityContext": {"runAsUser": 1}}}}});
    stage.patch("kubectl-edit", &inside);
    assert_eq!(stage.fields("nopea"), fields, "the entry tells nothing");
    let before = stage.live().clone();
    stage.force("nopea", &body);
    assert_eq!(stage.live(), &before, "the heal is no write");
}

#[test]
fn an_empty_spec_of_a_custom_resource_is_a_leaf_too() {
    let mut stage =
        Stage::custom(&json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {}});
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea"), json!({"f:spec": {}}));
    stage.patch("kubectl", &json!({"spec": {"a": "1"}}));
    let before = stage.live().clone();
    stage.force("nopea", &body);
    assert_eq!(stage.live(), &before);
}

#[test]
fn empty_data_is_taken_by_a_foreign_key_and_given_back_by_the_heal() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &config_map(&json!({})));
    assert_eq!(stage.fields("nopea"), json!({"f:data": {}}));
    stage.patch("kubectl", &json!({"data": {"k": "1"}}));
    assert_eq!(stage.fields("nopea"), Value::Null);
    stage.force("nopea", &config_map(&json!({})));
    assert_eq!(stage.fields("nopea"), json!({"f:data": {}}));
    assert_eq!(stage.live()["data"], json!({"k": "1"}));
}

#[test]
fn an_empty_atomic_list_is_owned_and_healed() {
    let role = |rules: Value| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a"}, "rules": rules});
    let mut stage = Stage::of("rbac.authorization.k8s.io/v1", "Role");
    stage.force("nopea", &role(json!([])));
    assert_eq!(stage.fields("nopea"), json!({"f:rules": {}}));
    stage.patch("kubectl", &json!({"rules": [{"verbs": ["get"]}]}));
    stage.force("nopea", &role(json!([])));
    assert_eq!(stage.live()["rules"], Value::Null);
}

#[test]
fn an_empty_keyed_list_leaves_no_entry() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["spec"]["template"]["spec"]["containers"][0]["env"] = json!([]);
    body["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([]);
    stage.force("nopea", &body);
    let container = stage.fields("nopea")["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"].clone();
    assert_eq!((&container["f:env"], &container["f:ports"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_map_that_became_atomic_is_owned_whole_from_the_next_write_on() {
    let granular = json!({"type": "object", "properties": {"m": {"type": "object", "additionalProperties": {"type": "string"}}, "o": {"type": "string"}}});
    let mut stage = Stage::custom(&granular);
    let body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"m": {"k": "1"}}});
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea"), json!({"f:spec": {"f:m": {"f:k": {}}}}));
    let mut atomic = granular;
    atomic["properties"]["m"]["x-kubernetes-map-type"] = json!("atomic");
    stage.schema = Stage::custom(&atomic).schema;
    stage.patch("kubectl", &json!({"spec": {"o": "1"}}));
    assert_eq!(stage.fields("nopea"), json!({"f:spec": {"f:m": {}}}));
    let before = stage.live().clone();
    stage.force("nopea", &body);
    assert_eq!(stage.live(), &before, "the re-apply is a no-op");
}

#[test]
fn a_null_in_a_map_of_strings_is_an_empty_string_and_stable() {
    let mut stage = Stage::of("v1", "ConfigMap");
    let body = config_map(&json!({"a": null}));
    stage.force("nopea", &body);
    assert_eq!(stage.live()["data"], json!({"a": ""}));
    let before = stage.live().clone();
    stage.force("nopea", &body);
    assert_eq!(stage.live(), &before);
}

#[test]
fn a_null_field_is_owned_and_gone() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["spec"]["replicas"] = Value::Null;
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea")["f:spec"]["f:replicas"], json!({}));
    assert_eq!(stage.live()["spec"].get("replicas"), None, "the server's default goes here");
}

#[test]
fn a_default_filled_after_the_apply_is_nobodys_and_the_next_apply_a_no_op() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let filled = |mut object: Value| {
        object["spec"]["revisionHistoryLimit"] = json!(10);
        object
    };
    stage.force("nopea", &deployment());
    stage.live = stage.live.take().map(filled);
    let before = stage.live().clone();
    stage.force("nopea", &deployment());
    let after = settle(&before, filled(stage.live().clone()));
    assert_eq!(after, before);
}

#[test]
fn a_service_port_renumbered_by_somebody_stands_beside_ours() {
    let service = |port: u16| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"name": "http", "port": port}]}});
    let mut stage = Stage::of("v1", "Service");
    stage.force("nopea", &service(80));
    stage.patch("kubectl-patch", &json!({"spec": {"ports": [{"name": "http", "port": 81}]}}));
    stage.force("nopea", &service(80));
    let ports: Vec<&Value> = stage.live()["spec"]["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|port| &port["port"])
        .collect();
    assert_eq!(ports, [81, 80], "the API server refuses the two names");
}
