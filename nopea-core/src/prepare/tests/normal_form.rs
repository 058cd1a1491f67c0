//! R11, a row for each thing that is left out.

use super::*;

/// The body without our marks, and the warnings.
fn normal(body: Value) -> (Value, Vec<String>) {
    let set = run(&[body]).unwrap();
    let mut body = (*set.objects[0].manifest.body).clone();
    let metadata = body["metadata"].as_object_mut().unwrap();
    for field in ["labels", "annotations", "namespace"] {
        metadata.remove(field);
    }
    for warning in &set.warnings {
        assert!(warning.origin.is_some() && warning.object.is_some());
        assert_eq!(warning.code, Code::Normalised);
    }
    (body, set.warnings.iter().map(|warning| warning.message.to_string()).collect())
}

#[test]
fn each_thing_that_the_server_would_not_keep_is_left_out_with_a_warning() {
    let of = |version: &str, kind: &str, rest: Value| {
        let mut body = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let hook = "admissionregistration.k8s.io/v1";
    let crd =
        |conversion: Value| with(definition("Thing", "things"), "/spec/conversion", conversion);
    let rows = [
        (
            of("v1", "ConfigMap", json!({"data": {"a": null, "b": "c"}})),
            of("v1", "ConfigMap", json!({"data": {"b": "c"}})),
            "left out data.a: null",
        ),
        (
            of(
                "apps/v1",
                "Deployment",
                json!({"spec": {"replicas": null, "x": [{"env": null}, null], "strategy": {}}}),
            ),
            of("apps/v1", "Deployment", json!({"spec": {"x": [{}, null], "strategy": {}}})),
            "left out spec.replicas, spec.x[0].env: null",
        ),
        (
            of("y.io/v2", "Known", json!({"spec": {"a": null}, "status": {"b": 1}})),
            of("y.io/v2", "Known", json!({"spec": {"a": null}})),
            "left out status: the server",
        ),
        (
            of(
                "v1",
                "ConfigMap",
                json!({"metadata": {"name": "a", "creationTimestamp": null, "uid": "1",
                "resourceVersion": "2", "generation": 3, "selfLink": "/", "managedFields": []}}),
            ),
            of("v1", "ConfigMap", json!({})),
            "left out metadata.creationTimestamp, metadata.generation, metadata.managedFields, \
             metadata.resourceVersion, metadata.selfLink, metadata.uid: the server",
        ),
        (
            of(
                hook,
                "ValidatingWebhookConfiguration",
                json!({"webhooks": [{"clientConfig": {"caBundle": ""}}, {"clientConfig": {"caBundle": "QQ=="}}]}),
            ),
            of(
                hook,
                "ValidatingWebhookConfiguration",
                json!({"webhooks": [{"clientConfig": {}}, {"clientConfig": {"caBundle": "QQ=="}}]}),
            ),
            "left out webhooks[0].clientConfig.caBundle",
        ),
        (
            of("apiregistration.k8s.io/v1", "APIService", json!({"spec": {"caBundle": ""}})),
            of("apiregistration.k8s.io/v1", "APIService", json!({"spec": {}})),
            "left out spec.caBundle",
        ),
        (
            crd(json!({"webhook": {"clientConfig": {"caBundle": ""}}})),
            crd(json!({"webhook": {"clientConfig": {}}})),
            "left out spec.conversion.webhook.clientConfig.caBundle",
        ),
        (
            of(
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                json!({"aggregationRule": {}, "rules": []}),
            ),
            of("rbac.authorization.k8s.io/v1", "ClusterRole", json!({"aggregationRule": {}})),
            "left out rules",
        ),
        (
            of("v1", "PersistentVolumeClaim", json!({"spec": {"volumeName": ""}})),
            of("v1", "PersistentVolumeClaim", json!({"spec": {}})),
            "left out spec.volumeName",
        ),
    ];
    for (written, sent, warning) in rows {
        let (body, warnings) = normal(written);
        assert_eq!(body, sent);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with(warning), "{warnings:?}");
    }
}

#[test]
fn string_data_becomes_data_and_wins_without_a_word() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"},
        "data": {"a": "b2xk", "b": "Yg=="}, "stringData": {"a": "new", "c": ""}});
    let (body, warnings) = normal(secret);
    assert_eq!(body["data"], json!({"a": "bmV3", "b": "Yg==", "c": ""}));
    assert!(body.get("stringData").is_none() && warnings.is_empty());
}

#[test]
fn what_may_be_meant_stays() {
    let crd = with(
        definition("Thing", "things"),
        "/spec/versions",
        json!([{"name": "v1", "served": true, "schema": {"openAPIV3Schema":
            {"default": null, "enum": [null], "nullable": true}}}]),
    );
    let keep = [
        crd,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"}, "spec": {"volumeName": "v"}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}, "rules": []}),
    ];
    for body in keep {
        assert_eq!(normal(body.clone()), (body, Vec::new()));
    }
}
