//! The end of a repository where something stands in its way: it never blocks for ever, and says what it
//! left. It knows no adapter.

use nopea_tests::{
    plane::{eventually, unique},
    scene::Scene,
};
use serde_json::{Value, json};

use crate::preflight::{definition, group, widget};

/// A finalizer that nobody answers for.
const HOLD: &str = "example.com/hold";

async fn gone(scene: &Scene) {
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
}

async fn synced(scene: &Scene, objects: &[Value]) {
    for (index, object) in objects.iter().enumerate() {
        scene.repository.write(&format!("{index}.json"), object.to_string());
    }
    let commit = scene.repository.commit(&[]);
    scene.declare("web", json!({"timeout": "5s"})).await.ok();
    scene.synced("web", commit.as_str()).await;
}

/// Waits for an Event of the repository that names this.
async fn told(scene: &Scene, named: &str) {
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", scene.namespace);
    eventually(&format!("an Event names {named}"), async || {
        let list = scene.server.get(&path).await.ok();
        list["items"].as_array()?.iter().find_map(|event| {
            let about = &event["regarding"];
            let ours = about["kind"] == "GitRepository" && about["name"] == "web";
            let warns = event["type"] == "Warning" && event["reason"] == "DeletionBlocked";
            (ours && warns && event["note"].as_str()?.contains(named)).then_some(())
        })
    })
    .await;
}

async fn held(scene: &Scene, object: &Value) {
    let patch = json!({"metadata": {"finalizers": [HOLD]}});
    scene.server.merge("somebody", object, &patch).await.ok();
}

async fn let_go(scene: &Scene, object: &Value) {
    let patch = json!({"metadata": {"finalizers": null}});
    scene.server.merge("somebody", object, &patch).await.ok();
}

#[tokio::test]
async fn it_ends_where_a_kind_was_taken_away_before() {
    let scene = Scene::new("kindless").await;
    let group = group("kindless");
    let kind = definition(&group, &json!({"size": {"type": "integer"}}));
    scene.server.create("user", &kind).await.ok();
    let custom = widget(&group, &scene.namespace, "w", &json!({"size": 1}));
    eventually("the kind is served", async || {
        (scene.server.apply("user", &custom, "&dryRun=All").await.code == 201).then_some(())
    })
    .await;
    let config = scene.config_map("a", "1");
    synced(&scene, &[custom.clone(), config.clone()]).await;
    scene.server.delete(&kind).await.ok();
    eventually("the kind is gone", async || {
        (scene.server.live(&custom).await.code == 404 && scene.server.live(&kind).await.code == 404)
            .then_some(())
    })
    .await;
    gone(&scene).await;
    assert_eq!(scene.server.live(&config).await.code, 404);
}

#[tokio::test]
async fn it_ends_where_a_namespace_does_not_and_says_what_it_left() {
    let scene = Scene::new("leaving").await;
    let inner = unique("inner");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner}});
    scene.server.create("user", &namespace).await.ok();
    let mut object = scene.config_map("inside", "1");
    object["metadata"]["namespace"] = json!(inner);
    let outside = scene.config_map("outside", "1");
    synced(&scene, &[object.clone(), outside.clone()]).await;
    held(&scene, &object).await;
    scene.server.delete(&namespace).await.ok();
    if scene.plane.has("kube-controller-manager") {
        eventually("the object is going", async || {
            let live = scene.server.live(&object).await.ok();
            live["metadata"]["deletionTimestamp"].is_string().then_some(())
        })
        .await;
    }
    gone(&scene).await;
    told(&scene, "inside").await;
    assert_eq!(scene.server.live(&outside).await.code, 404);
    let_go(&scene, &object).await;
}

#[tokio::test]
async fn it_ends_where_somebody_holds_an_object_and_says_which() {
    let scene = Scene::new("held").await;
    let (a, b) = (scene.config_map("mine", "1"), scene.config_map("theirs", "1"));
    synced(&scene, &[a.clone(), b.clone()]).await;
    held(&scene, &b).await;
    gone(&scene).await;
    told(&scene, "theirs").await;
    assert_eq!(scene.server.live(&a).await.code, 404);
    let live = scene.server.live(&b).await.ok();
    assert!(live["metadata"]["deletionTimestamp"].is_string(), "{live}");
    let_go(&scene, &b).await;
    assert_eq!(scene.server.live(&b).await.code, 404);
}
