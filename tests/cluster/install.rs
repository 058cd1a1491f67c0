//! The operator as `deploy/` installs it: the manifests are accepted, and its rights are enough for what they
//! are given for. It knows no adapter.

use std::{fs, path::Path};

use nopea_tests::{
    plane::{eventually, unique},
    scene::Scene,
};
use serde_json::{Value, json};

use crate::preflight::{definition, group, widget};

fn manifests(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
    let text = fs::read_to_string(path).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text);
    let read = documents.map(|document| serde::Deserialize::deserialize(document).unwrap());
    read.filter(|value: &Value| !value.is_null()).collect()
}

/// A kubeconfig like that of the plane, with the token of the operator's account for its user.
async fn as_installed(scene: &Scene) -> String {
    let path = "/api/v1/namespaces/nopea-system/serviceaccounts/nopea-operator/token";
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {},
    });
    let token = scene.server.post(path, &request).await.ok()["status"]["token"].take();
    let text = fs::read_to_string(scene.plane.dir().join("kubeconfig")).unwrap();
    let mut config: Value = serde_yaml::from_str(&text).unwrap();
    for user in config["users"].as_array_mut().unwrap() {
        user["user"] = json!({"token": token});
    }
    config.to_string()
}

#[tokio::test]
async fn the_operator_works_with_exactly_the_rights_that_it_is_installed_with() {
    let mut scene = Scene::new("install").await;
    scene.operator.kill().await;
    for manifest in manifests("crd.yaml").into_iter().chain(manifests("install.yaml")) {
        scene.server.apply("install", &manifest, "").await.ok();
    }
    scene.operator.authenticate_with(&as_installed(&scene).await);
    scene.operator.start();

    let group = group("installed");
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": unique("installed")},
        "rules": [{"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]}],
    });
    let labels = json!({"app": "web"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": scene.namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]},
        }},
    });
    let kind = definition(&group, &json!({"size": {"type": "integer"}}));
    let objects = [
        widget(&group, &scene.namespace, "w", &json!({"size": 1})),
        scene.config_map("a", "1"),
        deployment,
        role.clone(),
        kind.clone(),
    ];
    for (index, object) in objects.iter().enumerate() {
        scene.repository.write(&format!("{index}.json"), object.to_string());
    }
    let commit = scene.repository.commit(&[]);
    scene.declare("web", json!({})).await.ok();
    let status = scene.synced("web", commit.as_str()).await;
    assert_eq!(status["objects"]["total"], 5, "{status}");
    assert!(!scene.operator.log().contains("forbidden"), "{}", scene.operator.log());

    // its events and its finalizer are within its rights as well
    scene.repository.commit(&[("broken.yaml", "kind: ConfigMap\n")]);
    scene.sync("web").await;
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", scene.namespace);
    eventually("an Event tells of the failure", async || {
        let list = scene.server.get(&path).await.ok();
        let mut events = list["items"].as_array()?.iter();
        events.any(|event| event["reason"] == "SyncFailed").then_some(())
    })
    .await;
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    for object in [role, kind] {
        assert_eq!(scene.server.live(&object).await.code, 404, "{object}");
    }
}

#[tokio::test]
async fn the_pod_of_the_operator_is_admitted_to_its_namespace() {
    let scene = Scene::new("admitted").await;
    if !scene.plane.has("kube-controller-manager") {
        return;
    }
    for manifest in manifests("install.yaml") {
        scene.server.apply("install", &manifest, "").await.ok();
    }
    eventually("the Deployment has its Pod", async || {
        let pods = scene.server.get("/api/v1/namespaces/nopea-system/pods").await.ok();
        (!pods["items"].as_array()?.is_empty()).then_some(())
    })
    .await;
}
