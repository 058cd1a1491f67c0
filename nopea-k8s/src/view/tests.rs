//! Looks and surveys: what is absent, what is refused, and that a list is whole.

use std::collections::BTreeSet;

use nopea_core::model::{GroupKind, ObjectKey, RepoKey};
use serde_json::json;

use super::*;
use crate::watch::plane::{CONFIGS, DEFINITIONS, Plane, member, status};

const WIDGETS: &str = "/apis/demo.example.com/v1/widgets";

fn repo(name: &str) -> RepoKey {
    RepoKey::new("team", name)
}

fn look(group: &str, kind: &str, name: &str, api_version: &str) -> Look {
    Look { key: ObjectKey::new(group, kind, "shop", name), api_version: api_version.into() }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> u16 {
    match answer {
        Err(Refusal::Status(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

fn names(found: &[Observation]) -> Vec<String> {
    found.iter().map(|seen| seen.key.to_string()).collect()
}

#[tokio::test]
async fn an_object_that_is_absent_is_none_and_a_kind_is_a_refusal() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let cluster = plane.kubernetes();
    let seen = cluster.look(&look("", "ConfigMap", "one", "v1")).await.unwrap().unwrap();
    assert!(seen.object.is_some());
    assert_eq!(cluster.look(&look("", "ConfigMap", "two", "v1")).await.unwrap(), None);
    let unserved = look("nowhere.example", "Nothing", "a", "nowhere.example/v1");
    assert_eq!(code(cluster.look(&unserved).await), 404);
}

#[tokio::test]
async fn members_are_listed_whole_page_by_page() {
    let plane = Plane::new();
    for name in ["a", "b", "c", "d", "e"] {
        plane.put(CONFIGS, member(&repo("a"), name, name));
    }
    plane.put(CONFIGS, member(&repo("b"), "other", "other"));
    let absent = GroupKind::new("nowhere.example", "Nothing");
    let kinds = BTreeSet::from([GroupKind::new("", "ConfigMap"), absent]);
    let survey = Survey::Members { repo: repo("a"), kinds };
    let found = plane.kubernetes().survey(&survey).await.unwrap();
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|seen| seen.object.is_some() && seen.key.kind.is("", "ConfigMap")));
    assert_eq!(plane.asked("configmaps?limit=2").len(), 3);
}

#[tokio::test]
async fn a_list_that_grew_too_old_is_begun_anew() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    plane.state().next = vec![(410, status(410, "Expired", "too old"))];
    let survey = Survey::AllKinds { repo: repo("a") };
    let found = plane.kubernetes().survey(&survey).await.unwrap();
    assert_eq!(names(&found), ["ConfigMap shop/one"]);
}

#[tokio::test]
async fn a_survey_is_complete_or_refused() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let cluster = plane.kubernetes();
    for refused in [403, 503] {
        plane.state().next = vec![(refused, status(refused, "Reason", "no"))];
        let survey = Survey::AllKinds { repo: repo("a") };
        assert_eq!(code(cluster.survey(&survey).await), refused);
    }
    plane.state().stale.push("demo.example.com");
    let kinds = BTreeSet::from([GroupKind::new("demo.example.com", "Widget")]);
    let survey = Survey::Members { repo: repo("a"), kinds };
    assert_eq!(code(plane.kubernetes().survey(&survey).await), 503, "never taken for absent");
}

#[tokio::test]
async fn what_goes_with_a_namespace_is_named_by_its_metadata() {
    let plane = Plane::new();
    for (name, namespace) in [("foreign", "shop"), ("elsewhere", "other")] {
        let metadata = json!({"name": name, "namespace": namespace, "uid": name});
        plane.put(CONFIGS, json!({"metadata": metadata}));
    }
    let key = ObjectKey::new("", "Namespace", "", "shop");
    let found = plane.kubernetes().survey(&Survey::Contents { key }).await.unwrap();
    assert_eq!(names(&found), ["ConfigMap shop/foreign"]);
    assert!(found[0].object.is_some());
}

#[tokio::test]
async fn what_goes_with_a_definition_are_its_objects() {
    let plane = Plane::new();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let names_of = json!({"group": "demo.example.com", "names": {"kind": "Widget"}});
    let metadata = json!({"name": "widgets.demo.example.com", "uid": "u1"});
    let kind = "CustomResourceDefinition";
    let api_version = "apiextensions.k8s.io/v1";
    let body =
        json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": names_of});
    plane.put(DEFINITIONS, body);
    plane.put(WIDGETS, json!({"metadata": {"name": "w", "namespace": "shop", "uid": "u2"}}));
    let key = ObjectKey::new("apiextensions.k8s.io", kind, "", "widgets.demo.example.com");
    let cluster = plane.kubernetes();
    let found = cluster.survey(&Survey::Contents { key }).await.unwrap();
    assert_eq!(names(&found), ["Widget.demo.example.com shop/w"]);
    let key = ObjectKey::new("apiextensions.k8s.io", kind, "", "gone.demo.example.com");
    assert_eq!(cluster.survey(&Survey::Contents { key }).await.unwrap(), []);
}

#[tokio::test]
async fn repositories_that_ask_at_the_same_time_share_their_lists() {
    let plane = Plane::new();
    for name in ["a", "b", "c", "d"] {
        plane.put(CONFIGS, member(&repo(name), name, name));
    }
    let cluster = plane.kubernetes();
    let ask = |name: &'static str, kind: GroupKind| {
        let survey = Survey::Members { repo: repo(name), kinds: BTreeSet::from([kind]) };
        let cluster = cluster.clone();
        async move { cluster.survey(&survey).await.map(|found| names(&found)) }
    };
    let configs = || GroupKind::new("", "ConfigMap");
    let absent = GroupKind::new("nowhere.example", "Nothing");
    let (a, b, c, d) = tokio::join!(
        ask("a", configs()),
        ask("b", configs()),
        ask("c", configs()),
        ask("d", absent)
    );
    assert_eq!(a.unwrap(), ["ConfigMap shop/a"]);
    assert_eq!(b.unwrap(), ["ConfigMap shop/b"]);
    assert_eq!(c.unwrap(), ["ConfigMap shop/c"]);
    assert_eq!(
        d.unwrap(),
        [] as [&str; 0],
        "of a kind that only others asked for it hears nothing"
    );
    assert!(plane.asked("configmaps?limit=2").len() <= 3, "one list, page by page");
}

#[tokio::test]
async fn a_survey_that_nobody_waits_for_any_more_holds_no_other_up() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let cluster = plane.kubernetes();
    let kinds = BTreeSet::from([GroupKind::new("", "ConfigMap")]);
    let survey = Survey::Members { repo: repo("a"), kinds };
    let given_up = {
        let (cluster, survey) = (cluster.clone(), survey.clone());
        tokio::spawn(async move { cluster.survey(&survey).await })
    };
    tokio::task::yield_now().await;
    given_up.abort();
    assert_eq!(names(&cluster.survey(&survey).await.unwrap()), ["ConfigMap shop/one"]);
}
