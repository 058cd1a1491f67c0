//! The guard against mass deletion, as users meet it: a slip in the path or in a commit deletes nothing,
//! the status says what would go, and an approval lets exactly that through (rule 8 of the design).

use std::fs;

use nopea_tests::scene::{Scene, config_map, faults};
use serde_json::{Value, json};

const MANY: usize = 12;

/// A scene whose repository holds `MANY` objects below `app`, all applied.
async fn full(name: &str) -> Scene {
    let scene = Scene::new(name).await;
    for index in 0..MANY {
        scene.repository.write(&format!("app/{}.yaml", file(index)), config_map(&file(index), "1"));
    }
    scene.repository.write("empty/README.md", "no manifest");
    let commit = scene.repository.commit(&[("other/z.yaml", &config_map("z", "1"))]);
    scene.declare("web", json!({"path": "app"})).await.ok();
    scene.synced("web", commit.as_str()).await;
    scene
}

fn file(index: usize) -> String {
    format!("c{index:02}")
}

/// Makes a commit without the manifests of these numbers.
fn without(scene: &Scene, gone: std::ops::Range<usize>) -> String {
    for index in gone {
        fs::remove_file(scene.repository.path().join(format!("app/{}.yaml", file(index)))).unwrap();
    }
    // the folder stays, whatever it holds
    scene.repository.commit(&[("app/README.md", "no manifest")]).as_str().to_owned()
}

async fn names(scene: &Scene) -> Vec<String> {
    scene.members("web").await.into_keys().collect()
}

fn all() -> Vec<String> {
    (0..MANY).map(file).collect()
}

/// The fault of this code.
fn told<'a>(status: &'a Value, code: &str) -> &'a str {
    let found = faults(status).find(|fault| fault["code"] == code);
    found.and_then(|fault| fault["message"].as_str()).unwrap()
}

#[tokio::test]
async fn a_wrong_path_in_the_spec_deletes_nothing() {
    let scene = full("path").await;
    scene.declare("web", json!({"path": "ap"})).await.ok();
    let status = scene.faulty("web", "M001").await;
    assert!(told(&status, "M001").contains("ap"), "{status}");
    assert_eq!(names(&scene).await, all());

    // it exists, and holds nothing
    scene.declare("web", json!({"path": "empty"})).await.ok();
    let status = scene.faulty("web", "M022").await;
    let said = told(&status, "M022");
    assert!(all().iter().all(|name| said.contains(name.as_str())), "the list: {said}");
    assert_eq!(status["pendingPrune"].as_str().map(str::len), Some(32), "{status}");
    assert_eq!(names(&scene).await, all());

    // it exists, and holds something else
    scene.declare("web", json!({"path": "other"})).await.ok();
    let status = scene.faulty("web", "K013").await;
    assert!(told(&status, "K013").contains("12 of 12"), "{status}");
    assert_eq!(names(&scene).await, all(), "nothing was deleted, and nothing was applied");

    scene.declare("web", json!({"path": "app"})).await.ok();
    let status = scene.waits_for("web", "Ready", "True").await;
    assert_eq!(status["pendingPrune"], Value::Null, "{status}");
    assert_eq!(names(&scene).await, all());
}

#[tokio::test]
async fn an_approval_lets_exactly_its_list_through_and_no_other() {
    let scene = full("approved").await;
    without(&scene, 0..8);
    scene.sync("web").await;
    let status = scene.faulty("web", "K013").await;
    let said = told(&status, "K013");
    for index in 0..8 {
        assert!(said.contains(&file(index)), "the list: {said}");
    }
    let first = status["pendingPrune"].as_str().unwrap().to_owned();
    assert!(
        faults(&status).any(|fault| fault["help"].as_str().unwrap().contains(&first)),
        "{status}"
    );

    scene.annotate("web", "nopea.io/approve-prune", &"0".repeat(32)).await;
    scene.answered("web").await;
    assert_eq!(names(&scene).await, all(), "another digest approves nothing");

    // more would go than what was read
    let second = without(&scene, 8..9);
    scene.sync("web").await;
    let other =
        |status: &Value| status["pendingPrune"].as_str().is_some_and(|digest| digest != first);
    scene.status("web", "another list waits", other).await;
    scene.annotate("web", "nopea.io/approve-prune", &first).await;
    let status = scene.answered("web").await;
    assert_eq!(names(&scene).await, all(), "the approval was of a shorter list");
    let digest = status["pendingPrune"].as_str().unwrap().to_owned();
    assert_ne!(digest, first);

    scene.annotate("web", "nopea.io/approve-prune", &digest).await;
    let status = scene.synced("web", &second).await;
    assert_eq!(names(&scene).await, (9..MANY).map(file).collect::<Vec<_>>());
    assert_eq!(status["pendingPrune"], Value::Null, "{status}");

    // the same for what is left: fewer than ten, but all of them
    let third = without(&scene, 9..MANY);
    scene.sync("web").await;
    let status = scene.faulty("web", "M022").await;
    assert_eq!(names(&scene).await.len(), 3, "the approval of before says nothing of this");
    let digest = status["pendingPrune"].as_str().unwrap().to_owned();
    scene.annotate("web", "nopea.io/approve-prune", &digest).await;
    scene.synced("web", &third).await;
    assert_eq!(names(&scene).await, Vec::<String>::new());
}
