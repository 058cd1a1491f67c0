//! What a user sees through kubectl: it waits for a condition, and shows the columns. Where there is no kubectl,
//! the server is asked for the same table. It knows no adapter.

use std::process::Output;

use nopea_tests::scene::{Scene, config_map};
use serde_json::{Value, json};
use tokio::process::Command;

/// Runs kubectl in the namespace; none where there is no such program.
async fn kubectl(scene: &Scene, arguments: &[&str]) -> Option<Output> {
    Command::new("kubectl")
        .args(arguments)
        .args(["--namespace", &scene.namespace, "--kubeconfig"])
        .arg(scene.plane.dir().join("kubeconfig"))
        .output()
        .await
        .ok()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The columns of the table that kubectl asks for, by name, with the cell of the only row.
async fn table(scene: &Scene) -> Vec<(String, Value, bool)> {
    let path = format!("/apis/nopea.io/v1alpha1/namespaces/{}/gitrepositories", scene.namespace);
    let table = scene.server.table(&path).await.ok();
    assert_eq!(table["rows"].as_array().map(Vec::len), Some(1), "{table}");
    let columns = table["columnDefinitions"].as_array().unwrap();
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| {
            let wide = column["priority"].as_u64() == Some(1);
            (column["name"].as_str().unwrap().to_owned(), cell.clone(), wide)
        })
        .collect()
}

#[tokio::test]
async fn kubectl_waits_for_it_and_shows_what_matters() {
    let scene = Scene::new("kubectl").await;
    let commit = scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    scene.declare("web", json!({"branch": "main"})).await.ok();
    let wait = ["wait", "--for=condition=Ready", "gitrepository/web", "--timeout=60s"];
    if let Some(waited) = kubectl(&scene, &wait).await {
        assert!(said(&waited).contains("condition met"));
        let short = said(&kubectl(&scene, &["get", "gr"]).await.unwrap());
        let mut lines = short.lines();
        let head: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(head, ["NAME", "READY", "PHASE", "COMMIT", "OBJECTS", "AGE"]);
        let row: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(row[..5], ["web", "True", "Synced", commit.short(), "1"]);
        let wide = said(&kubectl(&scene, &["get", "gitrepo", "-o", "wide"]).await.unwrap());
        for part in ["URL", "BRANCH", "MESSAGE", &scene.url(), "main"] {
            assert!(wide.contains(part), "{part} is missing in {wide}");
        }
    }
    scene.waits_for("web", "Ready", "True").await;
    let table = table(&scene).await;
    let names = |wide: bool| {
        let of = table.iter().filter(|(.., priority)| *priority == wide);
        of.map(|(name, ..)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(names(false), ["Name", "Ready", "Phase", "Commit", "Objects", "Age"]);
    assert_eq!(names(true), ["Url", "Branch", "Message"]);
    assert_eq!(table[3].1, commit.short());
    assert_eq!(table[4].1, 1);
}

#[tokio::test]
async fn kubectl_shows_why_one_is_not_ready() {
    let scene = Scene::new("unready").await;
    scene.repository.commit(&[("a.yaml", "apiVersion: v1\nkind: ConfigMap\n")]);
    scene.declare("web", json!({})).await.ok();
    scene.waits_for("web", "Ready", "False").await;
    let table = table(&scene).await;
    let cell = |name: &str| table.iter().find(|(column, ..)| column == name).unwrap().1.clone();
    assert_eq!((cell("Ready"), cell("Phase")), (json!("False"), json!("Failed")));
    assert!(cell("Message").as_str().unwrap().contains("a.yaml:1"), "{}", cell("Message"));
    let Some(described) = kubectl(&scene, &["describe", "gitrepository/web"]).await else { return };
    let described = said(&described);
    for part in ["File:", "a.yaml", "Line:", "Fault Count:"] {
        assert!(described.contains(part), "{part} is missing in {described}");
    }
}
