//! One watch for all, without gaps: what each repository is shown, and what it costs.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt as _;
use nopea_core::{
    model::{Change, RepoKey, Uid},
    port::{ClusterView as _, ViewEvent, ViewStream},
};
use serde_json::json;

use super::{
    plane::{CONFIGS, DEFINITIONS, Plane, member},
    *,
};

const WIDGETS: &str = "/apis/demo.example.com/v1/widgets";

fn configs() -> GroupKind {
    GroupKind::new("", "ConfigMap")
}

fn widgets() -> GroupKind {
    GroupKind::new("demo.example.com", "Widget")
}

fn repo(name: &str) -> RepoKey {
    RepoKey::new("team", name)
}

fn request(name: &str, kind: GroupKind, version: &str) -> Follow {
    Follow { repo: repo(name), kinds: BTreeMap::from([(kind, version.into())]) }
}

async fn follow(cluster: &crate::Kubernetes, name: &str) -> ViewStream {
    cluster.follow(&request(name, configs(), "v1")).await.unwrap()
}

/// Time is paused: an hour that passes without an event is none.
async fn next(stream: &mut ViewStream) -> ViewEvent {
    tokio::time::timeout(Duration::from_secs(200), stream.next()).await.expect("an event").unwrap()
}

async fn nothing_more(stream: &mut ViewStream) {
    let next = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
    assert!(next.is_err(), "{next:?}");
}

/// The names up to the end of a round, and the uids that live.
async fn round(stream: &mut ViewStream) -> (Vec<String>, BTreeSet<Uid>) {
    let mut names = Vec::new();
    loop {
        match next(stream).await {
            ViewEvent::Observed(seen) => names.push(seen.key.name.to_string()),
            ViewEvent::Synced { live, .. } => return (names, live),
            ViewEvent::Gone(kind) => panic!("{kind} is served"),
        }
    }
}

async fn sighting(stream: &mut ViewStream) -> nopea_core::model::Observation {
    match next(stream).await {
        ViewEvent::Observed(seen) => *seen,
        other @ (ViewEvent::Synced { .. } | ViewEvent::Gone(_)) => panic!("{other:?}"),
    }
}

fn uids(all: &[&str]) -> BTreeSet<Uid> {
    all.iter().map(|uid| Uid::new(*uid)).collect()
}

/// Lets tasks run.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_lives_is_shown_then_what_changes() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let mut stream = follow(&plane.kubernetes(), "a").await;
    assert_eq!(round(&mut stream).await, (vec!["one".to_owned()], uids(&["u1"])));
    plane.put(CONFIGS, member(&repo("a"), "two", "u2"));
    let seen = sighting(&mut stream).await;
    assert_eq!((&*seen.key.name, seen.change), ("two", Change::Present));
    assert!(seen.object.is_some(), "a calm sighting brings its object along");
    plane.delete(CONFIGS, "two");
    assert_eq!(sighting(&mut stream).await.change, Change::LeftView);
    let mut dying = member(&repo("a"), "one", "u1");
    dying["metadata"]["deletionTimestamp"] = json!("2026-11-24T12:00:00Z");
    plane.put(CONFIGS, dying);
    assert_eq!(sighting(&mut stream).await.change, Change::Terminating);
    plane.delete(CONFIGS, "one");
    assert_eq!(sighting(&mut stream).await.change, Change::Gone);
    nothing_more(&mut stream).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_without_streaming_lists_is_asked_for_pages() {
    let plane = Plane::new();
    plane.state().no_streaming = true;
    for name in ["one", "two", "three", "four", "five"] {
        plane.put(CONFIGS, member(&repo("a"), name, name));
    }
    let mut stream = follow(&plane.kubernetes(), "a").await;
    assert_eq!(round(&mut stream).await.1, uids(&["one", "two", "three", "four", "five"]));
    let lists = plane.asked("configmaps?limit=2");
    assert_eq!(lists.len(), 3, "{lists:?}");
    plane.put(CONFIGS, member(&repo("a"), "six", "six"));
    assert_eq!(&*sighting(&mut stream).await.key.name, "six");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ended_is_resumed_without_a_gap_and_without_a_list() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let mut stream = follow(&plane.kubernetes(), "a").await;
    round(&mut stream).await;
    plane.cut(CONFIGS);
    plane.put(CONFIGS, member(&repo("a"), "two", "u2"));
    assert_eq!(&*sighting(&mut stream).await.key.name, "two");
    nothing_more(&mut stream).await;
    let asked = plane.asked("configmaps");
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].contains("resourceVersion=101"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn an_expired_version_inside_the_stream_shows_everything_again() {
    expired(false).await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_version_as_an_answer_shows_everything_again() {
    expired(true).await;
}

async fn expired(as_answer: bool) {
    let plane = Plane::new();
    plane.state().gone_as_answer = as_answer;
    for name in ["stays", "goes", "replaced"] {
        plane.put(CONFIGS, member(&repo("a"), name, name));
    }
    let mut stream = follow(&plane.kubernetes(), "a").await;
    assert_eq!(round(&mut stream).await.1.len(), 3);
    plane.cut(CONFIGS);
    plane.delete(CONFIGS, "goes");
    plane.delete(CONFIGS, "replaced");
    plane.put(CONFIGS, member(&repo("a"), "replaced", "another"));
    plane.compact();
    let (names, live) = round(&mut stream).await;
    assert_eq!(live, uids(&["stays", "another"]), "a list is compared by uid");
    assert_eq!(names, ["replaced", "stays"]);
    plane.put(CONFIGS, member(&repo("a"), "later", "u9"));
    assert_eq!(&*sighting(&mut stream).await.key.name, "later");
}

#[tokio::test(start_paused = true)]
async fn two_repositories_share_one_watch_and_see_their_own() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "mine", "u1"));
    plane.put(CONFIGS, member(&repo("b"), "yours", "u2"));
    let cluster = plane.kubernetes();
    let mut first = follow(&cluster, "a").await;
    assert_eq!(round(&mut first).await.1, uids(&["u1"]));
    let mut second = follow(&cluster, "b").await;
    assert_eq!(round(&mut second).await, (vec!["yours".to_owned()], uids(&["u2"])));
    assert_eq!(plane.asked("configmaps").len(), 1, "the second costs no request");
    plane.put(CONFIGS, member(&repo("b"), "more", "u3"));
    assert_eq!(&*sighting(&mut second).await.key.name, "more");
    nothing_more(&mut first).await;
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_label_moved_reaches_the_one_that_had_it() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "moves", "u1"));
    let cluster = plane.kubernetes();
    let (mut first, mut second) = (follow(&cluster, "a").await, follow(&cluster, "b").await);
    round(&mut first).await;
    round(&mut second).await;
    plane.put(CONFIGS, member(&repo("b"), "moves", "u1"));
    let (seen, gained) = (sighting(&mut first).await, sighting(&mut second).await);
    assert_eq!(seen.marks.part_of.as_deref(), Some(&*part_of_id(&repo("b"))));
    assert_eq!(gained.uid, Uid::new("u1"));
    // and one whose label was removed
    let mut bare = member(&repo("b"), "moves", "u1");
    bare["metadata"]["labels"] = json!({});
    plane.put(CONFIGS, bare);
    let left = sighting(&mut second).await;
    assert_eq!((left.change, left.uid), (Change::LeftView, Uid::new("u1")));
    nothing_more(&mut first).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_repository_is_shown_everything_anew_and_hinders_no_other() {
    let plane = Plane::new();
    let cluster = plane.kubernetes();
    let watches = Watches::with_buffer(cluster.transport, cluster.discovery, 2, 8);
    let mut slow = watches.follow(&request("a", configs(), "v1")).boxed();
    let mut quick = watches.follow(&request("b", configs(), "v1")).boxed();
    round(&mut slow).await;
    round(&mut quick).await;
    for number in 0..50 {
        let name = format!("n{number}");
        plane.put(CONFIGS, member(&repo("a"), &name, &name));
    }
    plane.put(CONFIGS, member(&repo("b"), "quick", "u1"));
    assert_eq!(&*sighting(&mut quick).await.key.name, "quick");
    settle().await;
    let (names, live) = round(&mut slow).await;
    assert_eq!((names.len(), live.len()), (50, 50));
    assert_eq!(plane.asked("configmaps").len(), 1, "what is known needs no list");
    nothing_more(&mut quick).await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_object_is_its_newest_state() {
    let plane = Plane::new();
    let mut stream = follow(&plane.kubernetes(), "a").await;
    round(&mut stream).await;
    for number in 0..100 {
        let mut object = member(&repo("a"), "one", "u1");
        object["data"]["k"] = json!(number.to_string());
        plane.put(CONFIGS, object);
    }
    settle().await;
    let seen = sighting(&mut stream).await;
    assert_eq!(seen.object.unwrap()["data"]["k"], "99");
    nothing_more(&mut stream).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_follower_closes_the_watch() {
    let plane = Plane::new();
    let cluster = plane.kubernetes();
    let (mut first, second) = (follow(&cluster, "a").await, follow(&cluster, "b").await);
    round(&mut first).await;
    drop(second);
    settle().await;
    assert_eq!((plane.open(CONFIGS), plane.open(DEFINITIONS)), (1, 1));
    drop(first);
    settle().await;
    assert_eq!((plane.open(CONFIGS), plane.open(DEFINITIONS)), (0, 0));
    let mut again = follow(&cluster, "a").await;
    round(&mut again).await;
    assert_eq!(plane.open(CONFIGS), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_served_no_more_is_gone() {
    let plane = Plane::new();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let cluster = plane.kubernetes();
    let follow = request("a", widgets(), "demo.example.com/v1");
    let mut stream = cluster.follow(&follow).await.unwrap();
    round(&mut stream).await;
    plane.state().kinds.remove(WIDGETS);
    plane.cut(WIDGETS);
    assert_eq!(next(&mut stream).await, ViewEvent::Gone(widgets()));
    nothing_more(&mut stream).await;
    // and once it is served again, it is followed again
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    plane.put(DEFINITIONS, json!({"metadata": {"name": "widgets.demo.example.com"}}));
    settle().await;
    let mut again = cluster.follow(&follow).await.unwrap();
    assert_eq!(round(&mut again).await.1, uids(&[]));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_does_not_answer_is_not_gone() {
    let plane = Plane::new();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let cluster = plane.kubernetes();
    let follow = request("a", widgets(), "demo.example.com/v1");
    let mut stream = cluster.follow(&follow).await.unwrap();
    round(&mut stream).await;
    plane.state().kinds.remove(WIDGETS);
    plane.state().stale.push("demo.example.com");
    plane.cut(WIDGETS);
    nothing_more(&mut stream).await;
    plane.state().stale.clear();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let mut widget = member(&repo("a"), "w", "u1");
    widget["kind"] = json!("Widget");
    widget["apiVersion"] = json!("demo.example.com/v1");
    plane.put(WIDGETS, widget);
    assert_eq!(&*sighting(&mut stream).await.key.name, "w");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_served_no_more_is_followed_in_another_one() {
    let plane = Plane::new();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let follow = request("a", widgets(), "demo.example.com/v1alpha1");
    let mut stream = plane.kubernetes().follow(&follow).await.unwrap();
    assert_eq!(round(&mut stream).await.1, uids(&[]));
}

/// Events in another version than Git's are never drift: a stand-in must not last.
#[tokio::test(start_paused = true)]
async fn a_version_that_comes_to_be_served_is_followed_from_then_on() {
    let plane = Plane::new();
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    let follow = request("a", widgets(), "demo.example.com/v2");
    let mut stream = plane.kubernetes().follow(&follow).await.unwrap();
    round(&mut stream).await;
    let v2 = WIDGETS.replace("/v1/", "/v2/");
    plane.state().kinds.insert(v2.clone(), "Widget");
    round(&mut stream).await;
    let mut widget = member(&repo("a"), "w", "u1");
    widget["kind"] = json!("Widget");
    widget["apiVersion"] = json!("demo.example.com/v2");
    plane.put(&v2, widget);
    assert_eq!(&*sighting(&mut stream).await.api_version, "demo.example.com/v2");
}

#[tokio::test(start_paused = true)]
async fn refusals_and_overload_are_waited_out() {
    let plane = Plane::new();
    let busy = |code| (code, plane::status(code, "ServiceUnavailable", "busy"));
    plane.state().next = vec![busy(503), busy(429), busy(403)];
    let mut stream = follow(&plane.kubernetes(), "a").await;
    assert_eq!(round(&mut stream).await.1, uids(&[]));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_refused_again_and_again_is_given_up() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let mut stream = follow(&plane.kubernetes(), "a").await;
    round(&mut stream).await;
    let large = (504, plane::status(504, "Timeout", "Too large resource version"));
    plane.state().next = vec![large; 5];
    plane.cut(CONFIGS);
    assert_eq!(round(&mut stream).await.1, uids(&["u1"]), "restored from a backup");
}

#[tokio::test(start_paused = true)]
async fn a_changed_definition_makes_the_discovery_ask_again() {
    let plane = Plane::new();
    let cluster = plane.kubernetes();
    let mut stream = follow(&cluster, "a").await;
    round(&mut stream).await;
    let wanted = BTreeSet::from([widgets()]);
    let scopes = nopea_core::port::ScopesRequest { kinds: wanted };
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(cluster.scopes(&scopes).await.unwrap().is_empty());
    plane.state().kinds.insert(WIDGETS.to_owned(), "Widget");
    plane.put(DEFINITIONS, json!({"metadata": {"name": "widgets.demo.example.com"}}));
    settle().await;
    assert!(cluster.scopes(&scopes).await.unwrap().contains_key(&widgets()));
}

#[tokio::test(start_paused = true)]
async fn no_object_is_remembered() {
    let plane = Plane::new();
    plane.put(CONFIGS, member(&repo("a"), "one", "u1"));
    let cluster = plane.kubernetes();
    let mut first = follow(&cluster, "a").await;
    round(&mut first).await;
    plane.put(CONFIGS, member(&repo("a"), "two", "u2"));
    sighting(&mut first).await;
    let mut again = follow(&cluster, "a").await;
    let remembered = (sighting(&mut again).await, sighting(&mut again).await);
    assert!(remembered.0.object.is_none() && remembered.1.object.is_none());
    let shares = Arc::ptr_eq(&remembered.0.key.namespace, &remembered.1.key.namespace);
    assert!(shares, "what objects have in common is held once");
}
