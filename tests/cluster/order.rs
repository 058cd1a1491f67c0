//! One commit on a cluster that has nothing of it: what makes and what is made, through the operator. It
//! knows no adapter.

use nopea_tests::{
    plane::{eventually, unique},
    scene::{Scene, message},
};
use serde_json::{Value, json};

use crate::preflight::{definition, group, widget};

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn account(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "runner", "namespace": namespace},
    })
}

fn config(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"value": "1"},
        "metadata": {"name": "settings", "namespace": namespace},
    })
}

fn deployment(namespace: &str) -> Value {
    let labels = json!({"app": "web"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {
                "serviceAccountName": "runner",
                "containers": [{"name": "web", "image": "web", "envFrom": [
                    {"configMapRef": {"name": "settings"}},
                ]}],
            },
        }},
    })
}

fn size() -> Value {
    json!({"size": {"type": "integer"}})
}

/// Writes each object into a file of its own, in this order, as text of several lines.
fn write(scene: &Scene, objects: &[Value]) -> String {
    drop(std::fs::remove_dir_all(scene.repository.path().join("app")));
    for (index, object) in objects.iter().enumerate() {
        let text = serde_yaml::to_string(object).unwrap();
        scene.repository.write(&format!("app/{index}.yaml"), format!("# an object\n---\n{text}"));
    }
    scene.repository.commit(&[]).as_str().to_owned()
}

#[tokio::test]
async fn a_namespace_and_a_kind_and_what_they_hold_come_in_one_commit_in_the_worst_order() {
    let scene = Scene::new("order").await;
    let (inner, group) = (unique("inner"), group("order"));
    let custom = widget(&group, &inner, "w", &json!({"size": 1}));
    let commit = write(
        &scene,
        &[
            custom.clone(),
            deployment(&inner),
            config(&inner),
            account(&inner),
            definition(&group, &size()),
            namespace(&inner),
        ],
    );
    scene.declare("web", json!({"path": "app"})).await.ok();
    let status = scene.synced("web", &commit).await;
    assert_eq!(status["objects"]["total"], 6, "{status}");
    assert_eq!(scene.server.live(&custom).await.ok()["spec"]["size"], 1);
    // and all of it goes again
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.server.live(&definition(&group, &size())).await.code, 404);
}

/// Waits for a refusal that names a file and a line and this field; nothing of these may live.
async fn refused(scene: &Scene, file: &str, field: &str, absent: &[Value]) {
    let status = scene
        .status("web", &format!("refused for {field}"), |status| {
            status["faults"].as_array().is_some_and(|faults| {
                faults.iter().any(|fault| fault["message"].as_str().unwrap().contains(field))
            })
        })
        .await;
    assert!(message(&status, "Ready").contains(file), "{status}");
    let faults = status["faults"].as_array().unwrap();
    let fault = faults.iter().find(|fault| fault["origin"]["file"] == file);
    let fault = fault.unwrap_or_else(|| panic!("no fault in {file}: {status}"));
    assert_eq!(fault["origin"]["line"], 3, "{status}");
    for object in absent {
        assert_eq!(scene.server.live(object).await.code, 404, "{object} was written");
    }
}

#[tokio::test]
async fn one_mistake_in_a_namespace_or_kind_of_the_same_commit_is_refused_before_the_first_write() {
    let scene = Scene::new("early").await;
    let (inner, group) = (unique("inner"), group("early"));
    let (kind, outer) = (definition(&group, &size()), config(&scene.namespace));
    let absent = [namespace(&inner), kind.clone(), outer.clone()];
    let mut typo = deployment(&inner);
    typo["spec"]["replcas"] = json!(1);
    write(&scene, &[typo, outer.clone(), kind.clone(), namespace(&inner)]);
    scene.declare("web", json!({"path": "app"})).await.ok();
    refused(&scene, "app/0.yaml", "replcas", &absent).await;

    let wrong = widget(&group, &inner, "w", &json!({"size": "large"}));
    write(&scene, &[outer.clone(), wrong, kind.clone(), namespace(&inner)]);
    scene.sync("web").await;
    refused(&scene, "app/1.yaml", "size", &absent).await;

    // an ordinary object is wrong: what the set makes is not begun either
    let mut numbers = config(&inner);
    numbers["data"]["value"] = json!(1);
    write(&scene, &[outer, kind, numbers, namespace(&inner)]);
    scene.sync("web").await;
    refused(&scene, "app/2.yaml", "data", &absent).await;
}

#[tokio::test]
async fn an_immutable_change_says_the_way_out_and_the_way_out_works() {
    let scene = Scene::new("immutable").await;
    let secret = |kind: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": "a", "namespace": scene.namespace},
        })
    };
    let first = write(&scene, &[secret("Opaque")]);
    scene.declare("web", json!({"path": "app"})).await.ok();
    scene.synced("web", &first).await;
    let before = scene.server.live(&secret("")).await.ok();

    let mut other = secret("example.com/other");
    write(&scene, std::slice::from_ref(&other));
    scene.sync("web").await;
    let status = scene.waits_for("web", "Ready", "False").await;
    let fault = &status["faults"][0];
    assert_eq!(fault["code"], "K008", "{status}");
    assert_eq!(fault["origin"]["file"], "app/0.yaml", "{status}");
    assert!(fault["help"].as_str().unwrap().contains("nopea.io/replace: \"true\""), "{status}");
    assert_eq!(scene.server.live(&other).await.ok(), before);

    other["metadata"]["annotations"] = json!({"nopea.io/replace": "true"});
    let last = write(&scene, std::slice::from_ref(&other));
    scene.sync("web").await;
    scene.synced("web", &last).await;
    let after = scene.server.live(&other).await.ok();
    assert_eq!(after["type"], "example.com/other");
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
}
