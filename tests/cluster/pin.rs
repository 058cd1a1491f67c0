//! What a user holds back: one commit, or everything. It knows no adapter.

use std::time::{Duration, SystemTime};

use nopea_tests::{
    plane::eventually,
    scene::{Scene, condition, config_map},
};
use serde_json::json;

const PIN: &str = "nopea.io/pin";
const SYNC: &str = "nopea.io/sync-requested-at";

#[tokio::test]
async fn a_pinned_commit_holds_against_newer_ones_until_the_pin_expires() {
    let scene = Scene::new("pin").await;
    let first = scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.synced("web", first.as_str()).await;
    let second = scene.repository.commit(&[("a.yaml", &config_map("a", "2"))]);
    scene.sync("web").await;
    scene.synced("web", second.as_str()).await;

    // back to the first one
    scene.annotate("web", PIN, first.as_str()).await;
    let status = scene.synced("web", first.as_str()).await;
    assert_eq!((&status["pin"], &status["phase"]), (&json!(first.as_str()), &json!("Pinned")));
    assert_eq!(scene.members("web").await["a"], json!({"value": "1"}));

    // neither a newer commit nor a wish moves it
    let third = scene.repository.commit(&[("a.yaml", &config_map("a", "3"))]);
    scene.annotate("web", SYNC, "pinned").await;
    let status =
        scene.status("web", "the wish is echoed", |status| status["syncToken"] == "pinned").await;
    assert_eq!(status["appliedCommit"], first.as_str(), "{status}");
    assert_eq!(status["phase"], "Pinned", "{status}");
    assert_eq!(scene.members("web").await["a"], json!({"value": "1"}));

    // it ends by itself
    let expiry = jiff::Timestamp::try_from(SystemTime::now() + Duration::from_secs(3)).unwrap();
    scene.annotate("web", PIN, &format!("{first}@{expiry:.0}")).await;
    let status = scene.synced("web", third.as_str()).await;
    assert_eq!((&status["pin"], &status["phase"]), (&json!(null), &json!("Synced")));
    assert_eq!(scene.members("web").await["a"], json!({"value": "3"}));
}

#[tokio::test]
async fn a_suspended_repository_syncs_nothing_and_its_end_deletes_nothing() {
    let scene = Scene::new("suspend").await;
    let first = scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({})).await.ok();
    scene.synced("web", first.as_str()).await;
    scene.declare("web", json!({"suspend": true})).await.ok();
    let status = scene.waits_for("web", "Suspended", "True").await;
    assert_eq!(status["phase"], "Suspended");
    scene.repository.commit(&[("a.yaml", &config_map("a", "2"))]);
    scene.annotate("web", SYNC, "suspended").await;
    // a second one beside it shows that the operator had its time
    let other = scene.declaration("other", json!({"targetNamespace": "kube-no-such"}));
    scene.server.apply("kubectl", &other, "").await.ok();
    scene.waits_for("other", "Ready", "False").await;
    assert_eq!(scene.members("web").await["a"], json!({"value": "1"}));
    let status = scene.declared("web").await.ok()["status"].take();
    assert_eq!(status["appliedCommit"], first.as_str());

    // it goes on where it was let go
    scene.declare("web", json!({"suspend": false})).await.ok();
    let resumed = |status: &serde_json::Value| condition(status, "Suspended") == "False";
    scene.status("web", "it is resumed", resumed).await;
    eventually("the commit is live", async || {
        (scene.members("web").await["a"]["value"] == "2").then_some(())
    })
    .await;

    scene.declare("web", json!({"suspend": true})).await.ok();
    scene.waits_for("web", "Suspended", "True").await;
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    let live = scene.server.live(&scene.config_map("a", "")).await.ok();
    assert_eq!(live["data"]["value"], "2");
}
