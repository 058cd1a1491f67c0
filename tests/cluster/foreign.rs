//! Data of others, as users meet it: what looks like ours and is not, what somebody put in the place of
//! ours, and a declaration whose marks somebody took off.

use nopea_tests::{
    plane::eventually,
    scene::{Scene, config_map},
};
use serde_json::{Value, json};

/// Two members, both applied.
async fn pair(name: &str) -> Scene {
    let scene = Scene::new(name).await;
    scene.repository.write("kept.yaml", config_map("kept", "1"));
    let commit = scene.repository.commit(&[("dropped.yaml", &config_map("dropped", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.synced("web", commit.as_str()).await;
    scene
}

/// A commit that drops one of the two.
fn drop_one(scene: &Scene) -> String {
    std::fs::remove_file(scene.repository.path().join("dropped.yaml")).unwrap();
    scene.repository.commit(&[]).as_str().to_owned()
}

/// The same object under this name, as a backup restores it: labels, annotations, managedFields.
async fn restored(scene: &Scene, original: &Value, name: &str) -> Value {
    let mut copy = scene.server.live(original).await.ok();
    let fields = copy["metadata"]["managedFields"].take();
    copy["metadata"] = json!({
        "name": name, "namespace": scene.namespace,
        "labels": copy["metadata"]["labels"], "annotations": copy["metadata"]["annotations"],
    });
    scene.server.create("velero", &copy).await.ok();
    let patch = json!({"metadata": {"managedFields": fields}});
    scene.server.merge("velero", &copy, &patch).await.ok()
}

#[tokio::test]
async fn a_restored_copy_survives_a_prune_and_the_end_of_the_repository() {
    let scene = pair("copy").await;
    let copy = restored(&scene, &scene.config_map("dropped", ""), "copy").await;
    let commit = drop_one(&scene);
    scene.sync("web").await;
    let status = scene.synced("web", &commit).await;
    assert_eq!(status["objects"]["total"], 1, "the copy is no member: {status}");
    assert_eq!(scene.server.live(&scene.config_map("dropped", "")).await.code, 404);
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.server.live(&scene.config_map("kept", "")).await.code, 404);
    assert_eq!(scene.server.live(&copy).await.ok(), copy, "the copy was not touched");
}

/// Somebody deletes ours and creates theirs under its name while nobody looks.
#[tokio::test]
async fn an_object_that_was_replaced_while_nobody_looked_is_not_pruned() {
    let mut scene = pair("between").await;
    scene.operator.kill().await;
    let theirs = scene.config_map("dropped", "theirs");
    scene.server.delete(&theirs).await.ok();
    let made = scene.server.create("somebody", &theirs).await.ok();
    let commit = drop_one(&scene);
    scene.operator.start();
    scene.synced("web", &commit).await;
    assert_eq!(scene.server.live(&theirs).await.ok(), made, "it is theirs");
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.server.live(&theirs).await.ok(), made, "it is theirs still");
}

/// `kubectl replace` with the file that the user has: no finalizer, annotation or label of ours.
async fn replace(scene: &Scene) {
    let live = scene.declared("web").await.ok();
    let mut bare = scene.declaration("web", json!({}));
    bare["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    let replaced = scene.server.replace("kubectl-replace", &bare).await.ok();
    assert_eq!(replaced["metadata"]["finalizers"], Value::Null, "the claim is gone");
}

#[tokio::test]
async fn a_replaced_repository_is_claimed_again_at_once_and_its_end_leaks_nothing() {
    let scene = pair("replaced").await;
    let before = scene.declared("web").await.ok();
    replace(&scene).await;
    let now = eventually("it is claimed again", async || {
        let live = scene.declared("web").await.ok();
        live["metadata"]["finalizers"].is_array().then_some(live)
    })
    .await;
    for part in ["finalizers", "labels", "annotations"] {
        assert_eq!(now["metadata"][part], before["metadata"][part], "{part}");
    }
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.members("web").await.len(), 0, "nothing of ours leaks");
}

/// The claim is taken off while nobody looks, and so are the kinds in the status.
#[tokio::test]
async fn a_repository_that_was_replaced_while_nobody_looked_is_claimed_again() {
    let mut scene = pair("unseen").await;
    scene.operator.kill().await;
    replace(&scene).await;
    let commit = drop_one(&scene);
    scene.operator.start();
    scene.synced("web", &commit).await;
    assert_eq!(scene.members("web").await.keys().collect::<Vec<_>>(), ["kept"]);
    let live = scene.declared("web").await.ok();
    assert!(live["metadata"]["finalizers"].is_array(), "{:#}", live["metadata"]);
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.members("web").await.len(), 0, "nothing of ours leaks");
}
