//! How often the cluster is asked, and what is concluded from a partial answer.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::transport::fake::{self, Record, Reply, Seen};

fn resource(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Value {
    json!({
        "resource": plural, "singularResource": kind.to_lowercase(),
        "responseKind": {"group": group, "version": version, "kind": kind},
        "scope": if namespaced { "Namespaced" } else { "Cluster" },
        "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
        "subresources": [{"subresource": "status", "verbs": ["get", "patch", "update"]}],
    })
}

fn list(items: &Value) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn core() -> Value {
    list(&json!([{"metadata": {}, "versions": [{
        "version": "v1", "freshness": "Current", "resources": [
            resource("", "v1", "ConfigMap", "configmaps", true),
            resource("", "v1", "Namespace", "namespaces", false),
            {"resource": "bindings", "scope": "Namespaced", "verbs": ["create"],
             "responseKind": {"group": "", "version": "v1", "kind": "Binding"}},
        ],
    }]}]))
}

fn group(name: &str, versions: &Value) -> Value {
    json!({"metadata": {"name": name}, "versions": versions})
}

fn autoscaling() -> Value {
    let version = |name: &str| {
        let kind = "HorizontalPodAutoscaler";
        let served = resource("autoscaling", name, kind, "horizontalpodautoscalers", true);
        json!({"version": name, "freshness": "Current", "resources": [served]})
    };
    group("autoscaling", &json!([version("v2"), version("v1")]))
}

fn widgets() -> Value {
    let served = resource("demo.example.com", "v1", "Widget", "widgets", true);
    group(
        "demo.example.com",
        &json!([{"version": "v1", "freshness": "Current", "resources": [served]}]),
    )
}

fn metrics() -> Value {
    let stale = json!([{"version": "v1beta1", "freshness": "Stale"}]);
    group("metrics.k8s.io", &stale)
}

fn groups(seen: &Seen, all: &Value) -> Reply {
    match &*seen.line {
        "GET /api" => Reply::Json(200, core()),
        "GET /apis" => Reply::Json(200, list(all)),
        _ => fake::page_not_found(),
    }
}

fn usual() -> (Discovery, Record) {
    serving(json!([autoscaling(), widgets(), metrics()]))
}

fn serving(all: Value) -> (Discovery, Record) {
    let (transport, record) = fake::transport(move |seen| groups(seen, &all));
    (Discovery::new(transport), record)
}

fn widget() -> GroupKind {
    GroupKind::new("demo.example.com", "Widget")
}

fn loads(record: &Record) -> usize {
    record.lines().iter().filter(|line| *line == "GET /apis").count()
}

fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> (u16, bool) {
    match answer {
        Err(Refusal::Status(status)) => (status.code, status.typed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_catalogue_is_two_requests_for_the_aggregated_documents() {
    let (discovery, record) = usual();
    let found = discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    assert_eq!(
        found.path("shop", Some("a")),
        "/apis/demo.example.com/v1/namespaces/shop/widgets/a"
    );
    let config = GroupKind::new("", "ConfigMap");
    assert_eq!(&*discovery.resource(&config, "v1").await.unwrap().plural, "configmaps");
    let mut lines = record.lines();
    lines.sort();
    assert_eq!(lines, ["GET /api", "GET /apis"]);
    assert!(record.all().iter().all(|seen| seen.accept.contains("as=APIGroupDiscoveryList")));
}

#[tokio::test]
async fn the_preferred_version_comes_first() {
    let (discovery, _record) = usual();
    let kind = GroupKind::new("autoscaling", "HorizontalPodAutoscaler");
    let scopes = discovery.scopes(&BTreeSet::from([kind.clone()])).await.unwrap();
    assert!(scopes[&kind].namespaced);
    assert_eq!(scopes[&kind].versions, ["v2".into(), "v1".into()]);
    let listable = discovery.listable().await.unwrap();
    let served = |kind: &str| listable.iter().filter(|one| &*one.kind == kind).collect::<Vec<_>>();
    assert_eq!(&*served("HorizontalPodAutoscaler")[0].version, "v2");
    assert_eq!(served("HorizontalPodAutoscaler").len(), 1);
    assert!(served("Binding").is_empty(), "what cannot be listed is left out");
}

#[tokio::test]
async fn what_is_not_served_is_refused_as_the_server_does() {
    let (discovery, _record) = usual();
    let nothing = GroupKind::new("nowhere.example", "Nothing");
    assert_eq!(code(discovery.resource(&nothing, "nowhere.example/v1").await), (404, false));
    assert_eq!(code(discovery.resource(&widget(), "demo.example.com/v9").await), (404, true));
    let asked = BTreeSet::from([nothing, widget()]);
    let scopes = discovery.scopes(&asked).await.unwrap();
    assert_eq!(scopes.into_keys().collect::<Vec<_>>(), [widget()]);
}

#[tokio::test]
async fn a_group_that_does_not_answer_is_unknown_and_not_gone() {
    let (discovery, _record) = usual();
    let node = GroupKind::new("metrics.k8s.io", "NodeMetrics");
    assert_eq!(code(discovery.resource(&node, "metrics.k8s.io/v1beta1").await), (503, true));
    assert_eq!(code(discovery.scopes(&BTreeSet::from([node])).await), (503, true));
    // everybody else is served
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    assert!(discovery.listable().await.unwrap().iter().any(|one| &*one.kind == "Widget"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_one_load_for_all_who_ask() {
    let (discovery, record) = usual();
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    tokio::time::advance(RECHECK * 2).await;
    let nothing = GroupKind::new("nowhere.example", "Nothing");
    let asks = (0..100).map(|_| discovery.resource(&nothing, "nowhere.example/v1"));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.into_iter().all(|answer| code(answer) == (404, false)));
    assert_eq!(loads(&record), 2, "one for the first kind, one for all who asked for the second");
    assert_eq!(code(discovery.resource(&nothing, "nowhere.example/v1").await), (404, false));
    assert_eq!(loads(&record), 2, "believed for a moment");
    tokio::time::advance(RECHECK * 2).await;
    assert_eq!(code(discovery.resource(&nothing, "nowhere.example/v1").await), (404, false));
    assert_eq!(loads(&record), 3, "and then no longer");
}

#[tokio::test]
async fn a_kind_that_has_just_come_is_found_as_soon_as_it_is_told() {
    let defined = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&defined);
    let (transport, record) = fake::transport(move |seen| {
        let all = if now.load(Ordering::SeqCst) { json!([widgets()]) } else { json!([]) };
        groups(seen, &all)
    });
    let discovery = Discovery::new(transport);
    assert_eq!(code(discovery.resource(&widget(), "demo.example.com/v1").await), (404, false));
    defined.store(true, Ordering::SeqCst);
    discovery.forget();
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    assert_eq!(loads(&record), 2);
}

#[tokio::test]
async fn a_changed_definition_makes_nobody_ask_again_for_a_kind_of_the_server_itself() {
    let (discovery, record) = usual();
    let config = GroupKind::new("", "ConfigMap");
    discovery.resource(&config, "v1").await.unwrap();
    discovery.forget();
    discovery.resource(&config, "v1").await.unwrap();
    discovery.scopes(&BTreeSet::from([config.clone()])).await.unwrap();
    assert_eq!(loads(&record), 1);
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    assert_eq!(loads(&record), 2, "a custom one may have changed");
}

#[tokio::test(start_paused = true)]
async fn a_kind_whose_path_was_not_found_is_looked_up_again() {
    let (discovery, record) = usual();
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    tokio::time::advance(RECHECK * 2).await;
    discovery.forget_kind(&widget());
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
    assert_eq!(loads(&record), 2);
}

#[tokio::test]
async fn a_load_that_fails_is_told_to_all_who_waited_and_tried_again_by_the_next() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let (transport, record) = fake::transport(move |seen| {
        if is_down.load(Ordering::SeqCst) {
            return Reply::Broken("connection reset by peer");
        }
        groups(seen, &json!([widgets()]))
    });
    let discovery = Discovery::new(transport);
    let kind = widget();
    let asks = (0..50).map(|_| discovery.resource(&kind, "demo.example.com/v1"));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(Refusal::Unreachable(_)))));
    assert!(record.lines().len() <= 2, "one load: {:?}", record.lines());
    down.store(false, Ordering::SeqCst);
    discovery.resource(&widget(), "demo.example.com/v1").await.unwrap();
}

#[tokio::test]
async fn a_server_without_aggregated_discovery_is_asked_for_each_group_version() {
    let (transport, record) = fake::transport(|seen| {
        let resources = |resources: Value| {
            Reply::Json(
                200,
                json!({"kind": "APIResourceList", "groupVersion": "x", "resources": resources}),
            )
        };
        match &*seen.line {
            "GET /api" => Reply::Json(200, json!({"kind": "APIVersions", "versions": ["v1"]})),
            "GET /api/v1" => resources(json!([
                {"name": "pods", "singularName": "", "kind": "Pod", "namespaced": true, "verbs": ["get", "list"]},
                {"name": "pods/log", "singularName": "", "kind": "Pod", "namespaced": true, "verbs": ["get"]},
            ])),
            "GET /apis" => Reply::Json(
                200,
                json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                    {"name": "batch", "versions": [
                        {"groupVersion": "batch/v1beta1", "version": "v1beta1"},
                        {"groupVersion": "batch/v1", "version": "v1"},
                    ], "preferredVersion": {"groupVersion": "batch/v1", "version": "v1"}},
                    {"name": "metrics.k8s.io", "versions": [
                        {"groupVersion": "metrics.k8s.io/v1beta1", "version": "v1beta1"},
                    ]},
                ]}),
            ),
            "GET /apis/batch/v1" | "GET /apis/batch/v1beta1" => resources(json!([
                {"name": "jobs", "singularName": "job", "kind": "Job", "namespaced": true, "verbs": ["list"]},
            ])),
            _ => fake::status(503, "ServiceUnavailable", "no backend", &Value::Null),
        }
    });
    let discovery = Discovery::new(transport);
    let job = GroupKind::new("batch", "Job");
    let scopes = discovery.scopes(&BTreeSet::from([job.clone()])).await.unwrap();
    assert_eq!(scopes[&job].versions, ["v1".into(), "v1beta1".into()]);
    let pod = discovery.resource(&GroupKind::new("", "Pod"), "v1").await.unwrap();
    assert_eq!((&*pod.plural, pod.namespaced), ("pods", true));
    let node = GroupKind::new("metrics.k8s.io", "NodeMetrics");
    assert_eq!(code(discovery.resource(&node, "metrics.k8s.io/v1beta1").await), (503, true));
    assert!(record.lines().contains(&"GET /apis/batch/v1beta1".to_owned()));
}
