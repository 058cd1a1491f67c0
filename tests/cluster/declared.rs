//! The operator as users meet it: declare, wait, change, annotate, delete.

use nopea_tests::{
    plane::eventually,
    scene::{Scene, condition, config_map, message},
};
use serde_json::json;

#[tokio::test]
async fn a_declared_repository_becomes_ready_and_says_so() {
    let scene = Scene::new("declared").await;
    let commit = scene.repository.commit(&[("app/a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({"path": "app"})).await.ok();
    let status = scene.synced("web", commit.as_str()).await;
    assert_eq!(status["phase"], "Synced");
    assert_eq!(status["objects"]["total"], 1);
    assert_eq!(status["shortCommit"], commit.short());
    assert_eq!(status["observedGeneration"], 1);
    for (kind, holds) in [
        ("Ready", "True"),
        ("Reconciling", "False"),
        ("Stalled", "False"),
        ("Healthy", "True"),
        ("Drifted", "False"),
        ("Suspended", "False"),
    ] {
        assert_eq!(condition(&status, kind), holds, "{kind}: {status}");
    }
    assert_eq!(scene.members("web").await["a"], json!({"value": "1"}));
}

#[tokio::test]
async fn an_annotation_asks_for_a_sync_and_is_echoed() {
    let mut scene = Scene::new("annotated").await;
    scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.waits_for("web", "Ready", "True").await;
    let second = scene.repository.commit(&[("a.yaml", &config_map("a", "2"))]);
    scene.annotate("web", "nopea.io/sync-requested-at", "now-please").await;
    let answered = |status: &serde_json::Value| status["syncToken"] == "now-please";
    let status = scene.status("web", "the wish is echoed", answered).await;
    assert_eq!(status["appliedCommit"], second.as_str());
    assert_eq!(scene.members("web").await["a"], json!({"value": "2"}));
    scene.operator.stop().await;
}

#[tokio::test]
async fn a_file_that_is_removed_is_pruned_and_a_manual_change_is_put_back() {
    let scene = Scene::new("pruned").await;
    let files = [("a.yaml", config_map("a", "1")), ("b.yaml", config_map("b", "1"))];
    scene.repository.commit(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    scene.declare("web", json!({})).await.ok();
    scene.waits_for("web", "Ready", "True").await;
    std::fs::remove_file(scene.repository.path().join("b.yaml")).unwrap();
    let second = scene.repository.commit(&[]);
    scene.sync("web").await;
    scene.synced("web", second.as_str()).await;
    assert_eq!(scene.members("web").await.keys().collect::<Vec<_>>(), ["a"]);
    let a = scene.config_map("a", "1");
    scene.server.merge("kubectl-edit", &a, &json!({"data": {"value": "by hand"}})).await.ok();
    eventually("the change is put back", async || {
        (scene.server.live(&a).await.ok()["data"]["value"] == "1").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_repository_takes_its_objects_along_even_with_git_gone() {
    let scene = Scene::new("deleted").await;
    scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.waits_for("web", "Ready", "True").await;
    scene.git.behave(nopea_git::testing::Behaviour::Hang);
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.server.live(&scene.config_map("a", "1")).await.code, 404);
}

#[tokio::test]
async fn an_orphaned_repository_leaves_its_objects() {
    let scene = Scene::new("orphaned").await;
    scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({"deletionPolicy": "Orphan"})).await.ok();
    scene.waits_for("web", "Ready", "True").await;
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.server.live(&scene.config_map("a", "1")).await.code, 200);
}

#[tokio::test]
async fn a_broken_commit_is_told_with_file_and_line_and_changes_nothing() {
    let scene = Scene::new("broken").await;
    let first = scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.synced("web", first.as_str()).await;
    let broken =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  value: 1\n  value: 2\n";
    scene.repository.commit(&[("a.yaml", broken)]);
    scene.sync("web").await;
    let status = scene.waits_for("web", "Ready", "False").await;
    assert_eq!(status["faults"][0]["origin"]["file"], "a.yaml", "{status}");
    assert_eq!(status["faults"][0]["origin"]["line"], 7, "{status}");
    assert!(message(&status, "Ready").contains("a.yaml:7"), "{status}");
    assert_eq!(status["appliedCommit"], first.as_str());
    assert_eq!(scene.members("web").await["a"], json!({"value": "1"}));
}
