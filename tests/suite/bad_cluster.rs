//! Manifests that are right in themselves and that the cluster refuses, or that would delete too much.

use nopea_core::{
    fault::Fault,
    model::{Commit, ObjectKey},
};
use nopea_memory::{MemoryCluster, SchemaProblems};
use nopea_render::MemoryTree;
use nopea_tests::rig::Rig;
use serde_json::{Value, json};

use crate::{
    bad::scene::{Scene, config, map, mended, tree, web},
    bad_tree::Bad,
};

async fn refused(bad: MemoryTree, expected: &[&str]) -> Vec<Fault> {
    let scene = Scene::in_memory().await;
    refused_in(&scene, bad, expected).await
}

async fn refused_in(scene: &Scene, bad: MemoryTree, expected: &[&str]) -> Vec<Fault> {
    let standing = scene.stands();
    scene.commit(bad);
    let faults = standing.is_refused(scene, expected).await;
    scene.commit(mended());
    standing.is_synced_once_mended(scene).await;
    faults.to_vec()
}

fn with(file: &str) -> MemoryTree {
    tree("bad").file("shop/bad.yaml", file)
}

const CUSTOM: &str = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a}\n";
const UNKNOWN_FIELDS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
dta: {}
imutable: true
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  ports: [{port: 80, targetport: 8080}]
  selectr: {app: web}
";

/// Trees that a cluster refuses, for the review of what is told.
pub(crate) const REFUSED: &[Bad] = &[
    ("a kind that nobody defined", || with(CUSTOM)),
    ("a version that is not served", || {
        with("apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n")
    }),
    ("a namespace that is missing", || with(NOWHERE)),
    ("an immutable field", || tree("bad").file("shop/web.yaml", web("other"))),
    ("unknown fields", || with(UNKNOWN_FIELDS)),
    ("a value out of range", || with(OUT_OF_RANGE)),
    ("an object of Flux", || with(&map("flux", "ours"))),
    ("an object of Argo CD", || with(&map("argo", "ours"))),
    ("an object of Helm", || with(&map("helm", "ours"))),
    ("an object of another GitRepository", || with(&map("neighbour", "ours"))),
    ("an empty render", || MemoryTree::new().file("shop/README.md", "nothing")),
];

const NOWHERE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: nowhere}\n";
const OUT_OF_RANGE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {ports: [{port: 80000}]}
";

/// Creates a `ConfigMap` of another owner.
pub(crate) fn take(scene: &Scene, name: &str, metadata: &Value) {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
    object["metadata"]["name"] = name.into();
    object["metadata"]["namespace"] = "shop".into();
    object["data"] = json!({"state": "theirs"});
    scene.cluster().create("another-tool", &object).unwrap();
}

pub(crate) fn flux() -> Value {
    json!({"labels": {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }})
}

pub(crate) fn argo(name: &str) -> Value {
    let id = format!("shop:/ConfigMap:shop/{name}");
    json!({"annotations": {"argocd.argoproj.io/tracking-id": id}})
}

pub(crate) fn helm() -> Value {
    json!({
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {
            "meta.helm.sh/release-name": "web",
            "meta.helm.sh/release-namespace": "shop",
        },
    })
}

#[tokio::test(start_paused = true)]
async fn a_kind_whose_definition_is_missing() {
    refused(with(CUSTOM), &["K003 shop/bad.yaml:1:1 Widget.example.org a"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_missing() {
    refused(with(NOWHERE), &["K004 shop/bad.yaml:1:1 ConfigMap nowhere/a"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_an_immutable_field() {
    let bad = tree("bad").file("shop/web.yaml", web("other"));
    let faults = refused(bad, &["K008 shop/web.yaml:1:1 Deployment.apps shop/web"]).await;
    assert!(faults[0].message.contains("spec.selector"), "{}", faults[0]);
}

#[tokio::test(start_paused = true)]
async fn fields_that_the_schema_does_not_know_are_all_told() {
    for problems in [SchemaProblems::Complete, SchemaProblems::Partial] {
        let cluster = MemoryCluster::builder().schema_problems(problems).build();
        let scene = Scene::of(Rig::over(cluster), tree("good")).await;
        let expected = [
            "K006 shop/bad.yaml:1:1 ConfigMap shop/a",
            "K006 shop/bad.yaml:1:1 ConfigMap shop/a",
            "K006 shop/bad.yaml:7:1 Service shop/a",
            "K006 shop/bad.yaml:7:1 Service shop/a",
        ];
        let faults = refused_in(&scene, with(UNKNOWN_FIELDS), &expected).await;
        for (fault, field) in faults.iter().zip(["dta", "imutable", "targetport", "selectr"]) {
            assert!(fault.message.contains(field), "{fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_refusal_of_a_preflight_comes_in_one_answer() {
    let bad = tree("bad")
        .file("shop/web.yaml", web("other"))
        .file("shop/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {}\n")
        .file(
            "shop/b.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: nowhere}\n",
        );
    let expected = [
        "K006 shop/a.yaml:1:1 ConfigMap shop/a",
        "K004 shop/b.yaml:1:1 ConfigMap nowhere/b",
        "K008 shop/web.yaml:1:1 Deployment.apps shop/web",
    ];
    refused(bad, &expected).await;
}

/// A `ConfigMap` `taken` of another owner, and what is told of it.
async fn owned(metadata: Value, owner: &str) {
    let scene = Scene::in_memory().await;
    take(&scene, "taken", &metadata);
    let bad = with(&map("taken", "ours"));
    let faults = refused_in(&scene, bad, &["K011 shop/bad.yaml:1:1 ConfigMap shop/taken"]).await;
    assert!(faults[0].message.contains(owner), "{}", faults[0]);
    assert_eq!(scene.data("taken"), "theirs");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_another_git_repository_claims() {
    let scene = Scene::in_memory().await;
    let bad = with(&map("neighbour", "ours"));
    let faults =
        refused_in(&scene, bad, &["K011 shop/bad.yaml:1:1 ConfigMap shop/neighbour"]).await;
    assert!(faults[0].message.contains("GitRepository shop/neighbour"), "{}", faults[0]);
    assert_eq!(scene.data("neighbour"), "newer", "it is the neighbour's");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_flux_claims() {
    owned(flux(), "Flux Kustomization flux-system/apps").await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_argo_cd_claims() {
    owned(argo("taken"), "Argo CD Application shop").await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_helm_claims() {
    owned(helm(), "Helm release").await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_render() {
    refused(MemoryTree::new().file("shop/README.md", "nothing"), &["M022"]).await;
}

/// Twelve `ConfigMap`s beside the settings.
fn many(state: &str, kept: std::ops::Range<usize>) -> MemoryTree {
    let first = MemoryTree::new().file("shop/settings.yaml", map("settings", state));
    kept.fold(first, |tree, at| {
        let name = format!("m{at:02}");
        tree.file(&format!("shop/{name}.yaml"), map(&name, state))
    })
}

fn names(scene: &Scene) -> Vec<String> {
    let all = scene.cluster().list(&config("a").kind);
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
    all.iter().map(|object| name(object)).filter(|name| name.starts_with('m')).collect()
}

#[tokio::test(start_paused = true)]
async fn more_than_half_of_ten_or_more_members_gone() {
    let scene = Scene::of(Rig::new(), many("good", 0..12)).await;
    let standing = scene.stands();
    scene.commit(many("bad", 0..3));
    let faults = standing.is_refused(&scene, &["K013"]).await;
    let digest = scene.status().pending_prune.unwrap().to_string();
    assert!(faults[0].help.contains(&format!("nopea.io/approve-prune: {digest}")));
    assert!(faults[0].message.contains("9 of 13"), "{}", faults[0]);
    scene.commit(many("mended", 0..12));
    standing.is_synced_once_mended(&scene).await;
    assert_eq!(names(&scene).len(), 12);
}

#[tokio::test(start_paused = true)]
async fn an_approval_lets_exactly_its_list_through_and_no_other() {
    let mut scene = Scene::of(Rig::new(), many("good", 0..12)).await;
    scene.commit(many("bad", 0..3));
    assert_eq!(scene.sync().await.unwrap_err()[0].code.id(), "K013");
    let digest = scene.status().pending_prune.unwrap();

    // between look and approval one more object goes: that list was approved by nobody
    scene.commit(many("worse", 0..2));
    scene.annotate(|orders| orders.approved_prune = Some(digest));
    {
        let status = scene.status();
        assert_eq!(status.applied_commit, Some(first_commit(&scene)));
        let other = scene.sync().await.unwrap_err();
        assert_eq!(other[0].code.id(), "K013");
        assert!(other[0].message.contains("10 of 13"), "{}", other[0]);
        assert_ne!(scene.status().pending_prune, Some(digest));
        assert_eq!((names(&scene).len(), &*scene.data("settings")), (12, "good"));
    }

    let commit = scene.commit(many("mended", 0..3));
    assert_eq!(scene.sync().await, Ok(commit));
    assert_eq!(names(&scene), ["m00", "m01", "m02"]);
    assert_eq!(scene.data("settings"), "mended");
    assert_eq!(scene.status().pending_prune, None);
}

#[tokio::test(start_paused = true)]
async fn an_approval_lets_an_empty_render_through() {
    let mut scene = Scene::in_memory().await;
    let commit = scene.commit(MemoryTree::new().file("shop/README.md", "nothing"));
    assert_eq!(scene.sync().await.unwrap_err()[0].code.id(), "M022");
    let digest = scene.status().pending_prune.unwrap();
    scene.annotate(|orders| orders.approved_prune = Some(digest));
    assert_eq!(scene.sync().await, Ok(commit));
    assert_eq!(scene.cluster().get(&config("settings")), None);
    assert_eq!(scene.cluster().get(&ObjectKey::new("apps", "Deployment", "shop", "web")), None);
    assert!(scene.cluster().get(&config("neighbour")).is_some());
}

fn first_commit(scene: &Scene) -> Commit {
    scene.status().history.last().unwrap().commit.clone()
}
