//! Claims of others, as users meet them: what another tool or another `GitRepository` manages is refused
//! with the owner's name, and taken over when Git says so (R5).

use std::collections::BTreeMap;

use nopea_tests::scene::{Scene, config_map, faults};
use serde_json::{Value, json};

/// Who manages an object, by what, and how the fault is to call it.
fn owners(namespace: &str) -> Vec<(&'static str, Value, String)> {
    let tracking = format!("shop:/ConfigMap:{namespace}/argo");
    vec![
        (
            "fluxed",
            json!({"labels": {
                "kustomize.toolkit.fluxcd.io/name": "apps",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }}),
            "Flux Kustomization flux-system/apps".to_owned(),
        ),
        (
            "helmrelease",
            json!({"labels": {
                "helm.toolkit.fluxcd.io/name": "web",
                "helm.toolkit.fluxcd.io/namespace": "flux-system",
            }}),
            "Flux HelmRelease flux-system/web".to_owned(),
        ),
        (
            "argo",
            json!({"annotations": {"argocd.argoproj.io/tracking-id": tracking}}),
            "Argo CD Application shop".to_owned(),
        ),
        (
            "argolabel",
            json!({"labels": {"argocd.argoproj.io/instance": "shop"}}),
            "Argo CD Application shop".to_owned(),
        ),
        (
            "helm",
            json!({
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {
                    "meta.helm.sh/release-name": "web",
                    "meta.helm.sh/release-namespace": namespace,
                },
            }),
            "Helm release".to_owned(),
        ),
    ]
}

/// The text of a `ConfigMap` that may be taken over.
fn adopting(name: &str) -> String {
    let marked = "\n  annotations:\n    nopea.io/adopt: \"true\"\ndata:";
    config_map(name, "ours").replace("\ndata:", marked)
}

#[tokio::test]
async fn what_others_manage_is_refused_with_their_name_and_taken_over_when_git_says_so() {
    let scene = Scene::new("others").await;
    let mut refused = owners(&scene.namespace);
    for (name, marks, _) in &refused {
        let mut body = scene.config_map(name, "theirs");
        for (part, entries) in marks.as_object().unwrap() {
            body["metadata"][part] = entries.clone();
        }
        scene.server.apply("their-tool", &body, "").await.ok();
    }
    scene.repository.write("first/shared.yaml", config_map("shared", "theirs"));
    scene.repository.write("second/own.yaml", config_map("own", "ours"));
    for (name, _, _) in &refused {
        scene.repository.write(&format!("second/{name}.yaml"), config_map(name, "ours"));
    }
    let commit = scene.repository.commit(&[]);
    scene.declare("first", json!({"path": "first"})).await.ok();
    scene.synced("first", commit.as_str()).await;
    refused.push(("shared", json!({}), format!("GitRepository {}/first", scene.namespace)));
    scene.repository.commit(&[("second/shared.yaml", &config_map("shared", "ours"))]);
    let mut before = BTreeMap::new();
    for (name, _, _) in &refused {
        before.insert(*name, scene.server.live(&scene.config_map(name, "")).await.ok());
    }

    scene.declare("second", json!({"path": "second"})).await.ok();
    let status = scene.faulty("second", "K011").await;
    assert_eq!(status["faultCount"], refused.len(), "{status}");
    for (name, _, owner) in &refused {
        let file = format!("second/{name}.yaml");
        let fault = faults(&status).find(|fault| fault["origin"]["file"] == file).unwrap();
        assert_eq!(fault["code"], "K011", "{fault}");
        let said = fault["message"].as_str().unwrap();
        assert!(said.contains(owner.as_str()), "{owner}: {said}");
        assert!(fault["help"].as_str().unwrap().contains("nopea.io/adopt"), "{fault}");
        let live = scene.server.live(&scene.config_map(name, "")).await.ok();
        assert_eq!(live, before[name], "nothing was written to {name}");
    }
    let own = scene.server.live(&scene.config_map("own", "")).await;
    assert_eq!(own.code, 404, "nothing else was written either");

    for (name, _, _) in &refused {
        scene.repository.write(&format!("second/{name}.yaml"), adopting(name));
    }
    let commit = scene.repository.commit(&[]);
    scene.sync("second").await;
    scene.synced("second", commit.as_str()).await;
    let members = scene.members("second").await;
    assert_eq!(members.len(), refused.len() + 1, "{members:?}");
    for (name, _, _) in &refused {
        let live = scene.server.live(&scene.config_map(name, "")).await.ok();
        assert_eq!(live["data"]["value"], "ours", "{name}");
        assert_eq!(live["metadata"]["uid"], before[name]["metadata"]["uid"], "{name} is the same");
    }

    // whoever had it before neither takes it back nor deletes it
    std::fs::remove_file(scene.repository.path().join("first/shared.yaml")).unwrap();
    let commit = scene.repository.commit(&[("first/kept.yaml", &config_map("kept", "theirs"))]);
    scene.sync("first").await;
    scene.sync("second").await;
    scene.synced("first", commit.as_str()).await;
    scene.answered("second").await;
    let live = scene.server.live(&scene.config_map("shared", "")).await.ok();
    assert_eq!(live["metadata"]["uid"], before["shared"]["metadata"]["uid"]);
    assert_eq!(live["metadata"]["labels"]["nopea.io/repository"], "second");
}
