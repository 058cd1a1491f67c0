//! Stale and partial truth: an API server that pauses, dies and forgets, a Git server that hangs, fails,
//! cuts and rewrites. What was good stands, what is wrong is told, and the end is what the commit says.

use std::{collections::BTreeMap, time::Duration};

use nopea_git::testing::Behaviour;
use nopea_tests::{
    plane::{Plane, eventually},
    scene::{Scene, config_map},
};
use serde_json::{Value, json};

const FILES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A commit whose every object has this value.
fn commit(scene: &Scene, value: &str) -> String {
    for name in FILES {
        scene.repository.write(&format!("{name}.yaml"), config_map(name, value));
    }
    scene.repository.commit(&[]).as_str().to_owned()
}

/// The values of the members; one of each object of one commit, whole.
async fn whole(scene: &Scene, value: &str) {
    let members = scene.members("web").await;
    let wanted: BTreeMap<_, _> =
        FILES.iter().map(|name| ((*name).to_owned(), json!({"value": value}))).collect();
    assert_eq!(members, wanted);
}

async fn healed(scene: &Scene, name: &str, value: &str) {
    eventually("the drift is healed", async || {
        let live = scene.server.live(&scene.config_map(name, "")).await;
        (live.body["data"]["value"] == value).then_some(())
    })
    .await;
}

/// One plane for all of it: each part begins where the one before has ended.
#[tokio::test]
async fn an_api_server_that_pauses_dies_and_forgets_is_caught_up_with() {
    let scene = Scene::on(Plane::own("stale"), "stale").await;
    let first = commit(&scene, "1");
    scene.declare("web", json!({"interval": "10s"})).await.ok();
    scene.synced("web", &first).await;

    // paused: a commit comes, and is polled, while no request is answered
    scene.plane.pause("kube-apiserver");
    let second = commit(&scene, "2");
    tokio::time::sleep(Duration::from_secs(20)).await;
    scene.plane.resume("kube-apiserver");
    scene.synced("web", &second).await;
    whole(&scene, "2").await;

    // killed: behind its back one object goes, and etcd forgets what the watches would go on from
    scene.plane.kill("kube-apiserver").await;
    scene.plane.forget(&format!("/registry/configmaps/{}/a", scene.namespace)).await;
    scene.plane.compact().await;
    scene.plane.start("kube-apiserver");
    scene.server.ready().await;
    let b = scene.config_map("b", "by hand");
    scene.server.merge("kubectl-edit", &b, &json!({"data": {"value": "by hand"}})).await.ok();
    healed(&scene, "a", "2").await;
    healed(&scene, "b", "2").await;
    whole(&scene, "2").await;

    // nothing is missed from now on: a change, a commit, a declaration, a deletion
    scene.server.delete(&scene.config_map("c", "")).await.ok();
    healed(&scene, "c", "2").await;
    let third = commit(&scene, "3");
    scene.sync("web").await;
    scene.synced("web", &third).await;
    whole(&scene, "3").await;
    scene.undeclare("web").await;
    eventually("it is gone", async || (scene.declared("web").await.code == 404).then_some(()))
        .await;
    assert_eq!(scene.members("web").await.len(), 0);
}

/// A scene whose Git has three seconds for an answer, with one commit applied.
async fn impatient(name: &str) -> (Scene, String) {
    let scene = Scene::with(Plane::shared(), name, &["--git-timeout", "3s"]).await;
    let first = commit(&scene, "1");
    scene.declare("web", json!({"branch": "main"})).await.ok();
    scene.synced("web", &first).await;
    (scene, first)
}

/// The last good state stands, is watched and healed, whatever Git does.
async fn stands(scene: &Scene, status: &Value, good: &str, value: &str) {
    assert_eq!(status["appliedCommit"], good, "{status}");
    assert_eq!(status["phase"], "Failed", "{status}");
    let a = scene.config_map("a", "");
    scene.server.merge("kubectl-edit", &a, &json!({"data": {"value": "by hand"}})).await.ok();
    healed(scene, "a", value).await;
    whole(scene, value).await;
}

#[tokio::test]
async fn a_git_server_that_misbehaves_is_told_and_the_last_good_state_stands() {
    let (scene, mut good) = impatient("git").await;
    let wrongs = [
        (Behaviour::Hang, "G010"),
        (Behaviour::Status(500), "G001"),
        (Behaviour::Garbage, "G002"),
        (Behaviour::CutPack(400), "G001"),
        (Behaviour::HangPack(400), "G010"),
    ];
    for (number, (behaviour, code)) in wrongs.into_iter().enumerate() {
        let value = (number + 1).to_string();
        scene.git.behave(behaviour.clone());
        let next = commit(&scene, &(number + 2).to_string());
        scene.sync("web").await;
        let status = scene.faulty("web", code).await;
        stands(&scene, &status, &good, &value).await;
        scene.git.behave(Behaviour::Serve);
        scene.sync("web").await;
        scene.synced("web", &next).await;
        whole(&scene, &(number + 2).to_string()).await;
        good = next;
    }
}

#[tokio::test]
async fn a_branch_that_goes_is_told_and_one_that_is_rewritten_is_followed() {
    let (scene, first) = impatient("branch").await;
    scene.repository.git(&["checkout", "-q", "-b", "other"]);
    scene.repository.git(&["branch", "-q", "-D", "main"]);
    scene.sync("web").await;
    let status = scene.faulty("web", "G004").await;
    assert!(status["faults"][0]["message"].as_str().unwrap().contains("main"), "{status}");
    stands(&scene, &status, &first, "1").await;
    scene.repository.git(&["checkout", "-q", "-b", "main"]);
    scene.sync("web").await;
    scene.synced("web", &first).await;

    // forced: the new tip has nothing of the old one, and the old one is nowhere any more
    scene.repository.git(&["checkout", "-q", "--orphan", "new"]);
    let rewritten = commit(&scene, "forced");
    scene.repository.git(&["branch", "-q", "-M", "new", "main"]);
    scene.repository.git(&["branch", "-q", "-D", "other"]);
    scene.repository.git(&["reflog", "expire", "--expire=now", "--all"]);
    scene.repository.git(&["gc", "-q", "--prune=now"]);
    scene.sync("web").await;
    scene.synced("web", &rewritten).await;
    whole(&scene, "forced").await;
}

#[tokio::test]
async fn pushes_during_syncs_end_with_the_last_commit_whole() {
    let (scene, _) = impatient("pushes").await;
    for round in 0..5 {
        let mut last = String::new();
        for push in 0..4 {
            last = commit(&scene, &format!("{round}-{push}"));
            scene.sync("web").await;
        }
        scene.synced("web", &last).await;
        whole(&scene, &format!("{round}-3")).await;
    }
}
