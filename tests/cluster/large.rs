//! Repositories of thousands of objects, right and wrong. It knows no adapter.

use std::fmt::Write as _;

use nopea_tests::{plane::eventually, scene::Scene};
use serde_json::json;

const OBJECTS: usize = 5_000;
/// Objects in one file.
const FILE: usize = 250;

/// Commits so many `ConfigMap`s with this text after its name each.
fn commit(scene: &Scene, folder: &str, more: &str) -> String {
    for file in 0..OBJECTS / FILE {
        let mut text = String::new();
        for number in file * FILE..(file + 1) * FILE {
            write!(
                text,
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {folder}-{number}\n{more}\n"
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
    // these are ten thousand requests: the patience is for each half of them
    let path = format!("/api/v1/namespaces/{}/configmaps?limit=1", scene.namespace);
    eventually("half of them live", async || {
        let list = scene.server.get(&path).await.ok();
        (list["metadata"]["remainingItemCount"].as_u64()? > 2_500).then_some(())
    })
    .await;
    let status = scene.synced("web", &commit).await;
    assert_eq!(status["objects"]["total"], OBJECTS, "{status}");
    assert_eq!(status["objects"]["ready"], OBJECTS, "{status}");
}

#[tokio::test]
async fn the_status_of_five_thousand_faults_fits_into_etcd() {
    let scene = Scene::new("wrong").await;
    // one label more is too long in each; that is known without ten thousand dry runs
    let label = format!("  labels: {{wrong: {}}}", "v".repeat(64));
    commit(&scene, "wrong", &label);
    scene.declare("web", json!({"path": "wrong"})).await.ok();
    scene.waits_for("web", "Ready", "False").await;
    let declared = scene.declared("web").await.ok();
    let status = &declared["status"];
    assert_eq!(status["faultCount"], OBJECTS, "{status}");
    assert_eq!(status["faults"].as_array().unwrap().len(), 50);
    assert_eq!(status["faults"][0]["origin"]["file"], "wrong/00.yaml");
    let size = declared.to_string().len();
    assert!(size < 1_048_576, "{size} bytes");
}
