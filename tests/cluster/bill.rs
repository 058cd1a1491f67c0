//! What a whole operator asks of a cluster, by the server's own count. It knows no adapter.

use std::fmt::Write as _;

use nopea_tests::{
    plane::{Asked, Mark},
    scene::{Scene, config_map},
};
use serde_json::json;

/// How the operator calls itself; those of other tests do as well, in other namespaces.
const AGENT: &str = concat!("nopea/", env!("CARGO_PKG_VERSION"));
const OBJECTS: usize = 20;

/// What the operator of this scene asked since of objects. Discovery, its watches of whole kinds and that of the
/// declarations are of no repository; Events are told beside it.
async fn asked(scene: &Scene, mark: Mark) -> Vec<Asked> {
    let mut asked = scene.plane.asked(mark, AGENT).await;
    asked.retain(|one| {
        let declarations = one.uri.contains("/gitrepositories?");
        one.uri.contains(&scene.namespace) && !declarations && !one.uri.contains("/events")
    });
    asked
}

fn count(asked: &[Asked], holds: impl Fn(&str) -> bool) -> usize {
    asked.iter().filter(|one| one.verb == "patch" && holds(&one.uri)).count()
}

fn text(first: &str) -> String {
    let mut text = config_map("c-0", first);
    for number in 1..OBJECTS {
        write!(text, "---\n{}", config_map(&format!("c-{number}"), "1")).unwrap();
    }
    text
}

#[tokio::test]
async fn a_sync_costs_what_changed_and_a_sync_of_nothing_costs_nothing() {
    let scene = Scene::new("bill").await;
    let files = [("app/all.yaml", text("1")), ("before/a.yaml", config_map("a", "1"))];
    let first = scene.repository.commit(&files.each_ref().map(|(path, text)| (*path, &**text)));
    // the watch of the kind stands, as it does on a cluster that is in use
    scene.declare("before", json!({"path": "before"})).await.ok();
    scene.synced("before", first.as_str()).await;
    let mark = scene.plane.mark();
    scene.declare("web", json!({"path": "app"})).await.ok();
    scene.synced("web", first.as_str()).await;
    let bill = asked(&scene, mark).await;
    let dry = |uri: &str| uri.contains("dryRun");
    assert_eq!(count(&bill, |uri| uri.contains("/configmaps/") && dry(uri)), OBJECTS);
    assert_eq!(count(&bill, |uri| uri.contains("/configmaps/") && !dry(uri)), OBJECTS);
    assert_eq!(count(&bill, |uri| uri.contains("nopea-claim")), 1, "{bill:#?}");
    assert_eq!(count(&bill, |uri| uri.contains("/status")), 1, "{bill:#?}");
    let others = bill.iter().filter(|one| one.verb != "get");
    assert_eq!(others.count(), 2 * OBJECTS + 2, "{bill:#?}");
    let reads: Vec<_> = bill.iter().filter(|one| one.verb == "get").collect();
    assert!(reads.len() <= 1, "the parent at most: {reads:#?}");

    // a commit that touches nothing of it, and being asked again: only the answer to the asker
    scene.repository.commit(&[("README.md", "nothing that is applied")]);
    let mark = scene.plane.mark();
    for token in ["one", "two"] {
        scene.annotate("web", "nopea.io/sync-requested-at", token).await;
        scene.status("web", "the wish is echoed", |status| status["syncToken"] == token).await;
    }
    let bill = asked(&scene, mark).await;
    let others: Vec<_> = bill.iter().filter(|one| !one.uri.contains("/status")).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(bill.len() <= 2, "an echo each: {bill:#?}");

    // and the commit after it is live, at the cost of the one object
    let mark = scene.plane.mark();
    let last = scene.repository.commit(&[("app/all.yaml", &text("2"))]);
    scene.sync("web").await;
    scene.synced("web", last.as_str()).await;
    let live = scene.server.live(&scene.config_map("c-0", "")).await.ok();
    assert_eq!(live["data"]["value"], "2");
    let bill = asked(&scene, mark).await;
    assert!(bill.len() <= 4, "{bill:#?}");
}
