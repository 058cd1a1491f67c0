//! An object that moves from one `GitRepository` to another is handed over, never deleted and made anew.

use nopea_git::testing::{Repository, Server as GitServer};
use nopea_tests::{
    plane::eventually,
    scene::{Scene, config_map},
};
use serde_json::{Value, json};

/// The object that moves, as it lives.
async fn moving(scene: &Scene) -> Value {
    scene.server.live(&scene.config_map("moving", "")).await.ok()
}

/// Two declarations of one repository; the first names the object.
async fn parted(name: &str) -> (Scene, Value) {
    let scene = Scene::new(name).await;
    scene.repository.write("from/stays.yaml", config_map("stays", "1"));
    scene.repository.write("from/moving.yaml", config_map("moving", "1"));
    let commit = scene.repository.commit(&[("to/other.yaml", &config_map("other", "1"))]);
    for name in ["from", "to"] {
        scene.declare(name, json!({"path": name})).await.ok();
    }
    for name in ["from", "to"] {
        scene.synced(name, commit.as_str()).await;
    }
    let before = moving(&scene).await;
    (scene, before)
}

/// Waits until the object belongs to this repository; it must be the same object.
async fn handed_over(scene: &Scene, before: &Value, to: &str) {
    let now = eventually("the object is handed over", async || {
        let live = scene.server.live(&scene.config_map("moving", "")).await;
        assert_eq!(live.code, 200, "it must never be gone");
        let live = live.ok();
        let uid = &live["metadata"]["uid"];
        assert_eq!(*uid, before["metadata"]["uid"], "it must be the same object");
        (live["metadata"]["labels"]["nopea.io/repository"] == to).then_some(live)
    })
    .await;
    assert_eq!(now["data"]["value"], "2", "{now:#}");
}

/// Two repositories that name one object: the first has it, the second is refused.
async fn across(name: &str) -> (Scene, Repository, GitServer, Value) {
    let scene = Scene::new(name).await;
    let other = Repository::new();
    let git = GitServer::start(other.root()).await;
    scene.repository.write("stays.yaml", config_map("stays", "1"));
    let commit = scene.repository.commit(&[("moving.yaml", &config_map("moving", "1"))]);
    scene.declare("from", json!({})).await.ok();
    scene.synced("from", commit.as_str()).await;
    let before = moving(&scene).await;

    other.commit(&[("moving.yaml", &config_map("moving", "2"))]);
    scene.declare("to", json!({"url": git.url("app/.git").expose()})).await.ok();
    scene.faulty("to", "K011").await;
    (scene, other, git, before)
}

fn move_it(scene: &Scene) -> String {
    std::fs::remove_file(scene.repository.path().join("from/moving.yaml")).unwrap();
    scene.repository.commit(&[("to/moving.yaml", &config_map("moving", "2"))]).as_str().to_owned()
}

#[tokio::test]
async fn an_object_that_moves_in_one_commit_keeps_its_uid_whoever_syncs_first() {
    for order in [["from", "to"], ["to", "from"]] {
        let (scene, before) = parted("moved").await;
        let commit = move_it(&scene);
        for name in order {
            scene.sync(name).await;
        }
        handed_over(&scene, &before, "to").await;
        for name in order {
            scene.synced(name, &commit).await;
        }
        let members = scene.members("to").await;
        assert_eq!(members.keys().collect::<Vec<_>>(), ["moving", "other"]);
        // the hand-over leaves neither a claim nor a fault behind: the former owner may go
        scene.undeclare("from").await;
        eventually("it is gone", async || (scene.declared("from").await.code == 404).then_some(()))
            .await;
        assert_eq!(moving(&scene).await["metadata"]["uid"], before["metadata"]["uid"]);
    }
}

#[tokio::test]
async fn an_object_that_is_added_before_it_is_dropped_keeps_its_uid() {
    let (scene, before) = parted("added").await;
    scene.repository.commit(&[("to/moving.yaml", &config_map("moving", "2"))]);
    scene.sync("to").await;
    let status = scene.faulty("to", "K011").await;
    assert!(status["faults"][0]["message"].as_str().unwrap().contains("/from"), "{status}");
    assert_eq!(moving(&scene).await["data"]["value"], "1");
    std::fs::remove_file(scene.repository.path().join("from/moving.yaml")).unwrap();
    let commit = scene.repository.commit(&[]);
    scene.sync("from").await;
    scene.synced("from", commit.as_str()).await;
    assert_eq!(moving(&scene).await["metadata"]["uid"], before["metadata"]["uid"]);
    scene.sync("to").await;
    handed_over(&scene, &before, "to").await;
    scene.synced("to", commit.as_str()).await;
}

#[tokio::test]
async fn an_object_that_moves_to_another_repository_keeps_its_uid_when_it_is_added_first() {
    let (scene, other, _git, before) = across("across").await;
    std::fs::remove_file(scene.repository.path().join("moving.yaml")).unwrap();
    let commit = scene.repository.commit(&[]);
    scene.sync("from").await;
    scene.synced("from", commit.as_str()).await;
    scene.sync("to").await;
    handed_over(&scene, &before, "to").await;
    scene.synced("to", other.head().as_str()).await;
    assert_eq!(scene.members("from").await.keys().collect::<Vec<_>>(), ["stays"]);
}

/// Nobody has rendered anything when the first of the two finds that it no longer names the object.
#[tokio::test]
async fn an_object_that_moves_while_the_operator_is_down_keeps_its_uid() {
    let (mut scene, before) = parted("down").await;
    scene.operator.kill().await;
    let commit = move_it(&scene);
    scene.operator.start();
    handed_over(&scene, &before, "to").await;
    for name in ["from", "to"] {
        scene.synced(name, &commit).await;
    }
    assert_eq!(moving(&scene).await["metadata"]["uid"], before["metadata"]["uid"]);
}

/// The same with the addition in another repository: it was refused before the operator went down.
#[tokio::test]
async fn an_object_that_waits_to_be_handed_over_across_a_restart_keeps_its_uid() {
    let (mut scene, other, git, before) = across("waits").await;
    scene.operator.kill().await;
    std::fs::remove_file(scene.repository.path().join("moving.yaml")).unwrap();
    let commit = scene.repository.commit(&[]);
    scene.operator.start();
    scene.synced("from", commit.as_str()).await;
    scene.sync("to").await;
    handed_over(&scene, &before, "to").await;
    scene.synced("to", other.head().as_str()).await;
    drop(git);
}

/// To move is not to delete, but nobody can know that before the other one has taken them.
#[tokio::test]
async fn a_move_of_most_members_is_held_and_loses_none_once_it_is_approved() {
    let scene = Scene::new("most").await;
    let names: Vec<_> = (0..12).map(|index| format!("c{index:02}")).collect();
    scene.repository.write("from/stays.yaml", config_map("stays", "1"));
    scene.repository.write("to/other.yaml", config_map("other", "1"));
    for name in &names {
        scene.repository.write(&format!("from/{name}.yaml"), config_map(name, "1"));
    }
    let commit = scene.repository.commit(&[]);
    for name in ["from", "to"] {
        scene.declare(name, json!({"path": name})).await.ok();
        scene.synced(name, commit.as_str()).await;
    }
    let mut before = Vec::new();
    for name in &names {
        before.push(uid(&scene, name).await);
        scene.repository.git(&["mv", &format!("from/{name}.yaml"), &format!("to/{name}.yaml")]);
    }
    let commit = scene.repository.commit(&[]);
    scene.sync("from").await;
    scene.sync("to").await;
    let status = scene.faulty("from", "K013").await;
    let digest = status["pendingPrune"].as_str().unwrap();
    scene.annotate("from", "nopea.io/approve-prune", digest).await;
    scene.synced("from", commit.as_str()).await;
    scene.sync("to").await;
    scene.synced("to", commit.as_str()).await;
    for (name, before) in names.iter().zip(before) {
        assert_eq!(uid(&scene, name).await, before, "{name} is the same object");
    }
    assert_eq!(scene.members("to").await.len(), 13);
}

async fn uid(scene: &Scene, name: &str) -> Value {
    scene.server.live(&scene.config_map(name, "")).await.ok()["metadata"]["uid"].take()
}
