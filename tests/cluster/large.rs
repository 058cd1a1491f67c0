//! Repositories of thousands of objects, right and wrong. It knows no adapter.

use std::fmt::Write as _;

use nopea_tests::scene::Scene;
use serde_json::{Value, json};

const OBJECTS: usize = 5_000;
/// Objects in one file.
const FILE: usize = 250;

/// Commits so many `ConfigMap`s with this line of data each.
fn commit(scene: &Scene, folder: &str, data: &str) -> String {
    for file in 0..OBJECTS / FILE {
        let mut text = String::new();
        for number in file * FILE..(file + 1) * FILE {
            write!(
                text,
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {folder}-{number}}}\n{data}\n"
            )
            .unwrap();
        }
        scene.repository.write(&format!("{folder}/{file:02}.yaml"), text);
    }
    scene.repository.commit(&[]).as_str().to_owned()
}

#[tokio::test]
async fn five_thousand_objects_become_ready() {
    let scene = Scene::new("large").await;
    let commit = commit(&scene, "good", "data: {value: \"1\"}");
    scene.declare("web", json!({"path": "good", "timeout": "10m"})).await.ok();
    // twice the patience: these are ten thousand requests
    let begun = |status: &Value| status["objects"]["total"].as_u64() > Some(0);
    scene.status("web", "it has begun", begun).await;
    let status = scene.synced("web", &commit).await;
    assert_eq!(status["objects"]["total"], OBJECTS, "{status}");
    assert_eq!(status["objects"]["ready"], OBJECTS, "{status}");
}

#[tokio::test]
async fn the_status_of_five_thousand_faults_fits_into_etcd() {
    let scene = Scene::new("wrong").await;
    commit(&scene, "wrong", "data: {value: \"1\"}\nvalue: 1");
    scene.declare("web", json!({"path": "wrong", "timeout": "10m"})).await.ok();
    scene.waits_for("web", "Ready", "False").await;
    let declared = scene.declared("web").await.ok();
    let status = &declared["status"];
    assert_eq!(status["faultCount"], OBJECTS, "{status}");
    assert_eq!(status["faults"].as_array().unwrap().len(), 50);
    assert_eq!(status["faults"][0]["origin"]["file"], "wrong/00.yaml");
    let size = declared.to_string().len();
    assert!(size < 1_048_576, "{size} bytes");
}
