//! Section 8: what cannot be changed, and in which words.

use serde_json::json;

use super::*;

fn change(first: &Value, path: &str, value: Value) -> ServerStatus {
    let cluster = cluster();
    applied(&cluster, first);
    let mut second = first.clone();
    *second.pointer_mut(path).unwrap() = value;
    refused(apply(&cluster, &second))
}

fn object(api_version: &str, kind: &str, rest: &Value) -> Value {
    let mut body = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "t"}});
    for (name, value) in rest.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn r27_each_immutable_field_answers_422_with_its_own_words() {
    let pod = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}], "restartPolicy": "Never"}});
    let job = object("batch/v1", "Job", &json!({"spec": {"template": pod, "completions": 1}}));
    let claim = object(
        "v1",
        "PersistentVolumeClaim",
        &json!({"spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "a", "resources": {"requests": {"storage": "1Gi"}}}}),
    );
    let secret = object("v1", "Secret", &json!({"type": "Opaque", "data": {"a": "YQ=="}}));
    let frozen = object("v1", "ConfigMap", &json!({"immutable": true, "data": {"a": "1"}}));
    let binding = object(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        &json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}}),
    );
    let mut addressed = service(&json!([{"port": 80}]));
    addressed["spec"]["clusterIP"] = json!("10.96.200.1");
    let rows = [
        (
            &job,
            "/spec/completions",
            json!(2),
            "FieldValueInvalid",
            "spec.completions",
            "field is immutable",
        ),
        (
            &job,
            "/spec/template/spec/containers/0/image",
            json!("a:2"),
            "FieldValueInvalid",
            "spec.template",
            "field is immutable",
        ),
        (
            &claim,
            "/spec/storageClassName",
            json!("b"),
            "FieldValueForbidden",
            "spec",
            "spec is immutable after creation",
        ),
        (&secret, "/type", json!("x.io/y"), "FieldValueInvalid", "type", "field is immutable"),
        (
            &frozen,
            "/data/a",
            json!("2"),
            "FieldValueForbidden",
            "data",
            "field is immutable when `immutable` is set",
        ),
        (
            &binding,
            "/roleRef/name",
            json!("b"),
            "FieldValueInvalid",
            "roleRef",
            "field is immutable",
        ),
        (
            &addressed,
            "/spec/clusterIP",
            json!("10.96.200.2"),
            "FieldValueInvalid",
            "spec.clusterIPs[0]",
            "may not change once set",
        ),
    ];
    for (body, path, value, reason, field, text) in rows {
        let status = change(body, path, value);
        let cause = status.causes.first().unwrap();
        assert_eq!((status.code, &*status.reason), (422, "Invalid"), "{path}");
        assert_eq!((&*cause.reason, &*cause.field), (reason, field), "{path}");
        assert!(cause.message.contains(text), "{path}: {}", cause.message);
        assert_eq!(status.causes.len(), 1, "{path}: {:?}", status.causes);
    }
}

#[test]
fn r27_a_selector_typo_has_two_causes() {
    let status = change(&deployment("nginx:1"), "/spec/selector/matchLabels/app", json!("other"));
    let fields: Vec<_> = status.causes.iter().map(|cause| &*cause.field).collect();
    assert_eq!(fields, ["spec.template.metadata.labels", "spec.selector"]);
}

#[test]
fn r27_a_transition_rule_answers_in_its_authors_words() {
    let cluster = cluster();
    let rule = json!([{"rule": "self == oldSelf", "message": "im cannot change"}]);
    let schema = json!({"type": "object", "properties": {"im": {"type": "string", "x-kubernetes-validations": rule}}});
    applied(&cluster, &definition(&schema));
    let mut body = object("x.io/v1", "Thing", &json!({"spec": {"im": "a"}}));
    applied(&cluster, &body);
    body["spec"]["im"] = json!("b");
    let status = refused(apply(&cluster, &body));
    assert_eq!((status.code, &*status.causes[0].field), (422, "spec.im"));
    assert!(status.causes[0].message.contains("im cannot change"));
}

#[test]
fn a_dropped_cluster_address_stays_and_an_immutable_config_map_may_be_labelled() {
    let cluster = cluster();
    let mut body = service(&json!([{"port": 80}]));
    body["spec"]["clusterIP"] = json!("10.96.200.1");
    applied(&cluster, &body);
    body["spec"].as_object_mut().unwrap().remove("clusterIP");
    assert_eq!(applied(&cluster, &body)["spec"]["clusterIP"], "10.96.200.1");
    let mut frozen = object("v1", "ConfigMap", &json!({"immutable": true, "data": {"a": "1"}}));
    applied(&cluster, &frozen);
    frozen["metadata"]["labels"] = json!({"a": "b"});
    applied(&cluster, &frozen);
}
