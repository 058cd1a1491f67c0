//! What a watch tells and what it does not (R2, R3, R6, R19).

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use nopea_core::{
    membership::PART_OF,
    model::{GroupKind, RepoKey, Uid},
    port::{ClusterView as _, Follow, ViewEvent, ViewStream},
};
use nopea_tests::plane::{PATIENCE, Plane, eventually};
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    world::{config, kubernetes, member},
};

const HOLD: &str = "tests.example/hold";

/// R2. The event alone cannot tell the removal of a label from a deletion.
#[tokio::test]
async fn a_removed_label_and_a_deletion_look_alike_to_a_selected_watch() {
    let plane = Plane::shared();
    let server = plane.server("watch").await;
    let namespace = plane.namespace(&server, "watch").await;
    let repo = RepoKey::new(namespace.as_str(), "shop");
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let mut watch = server.watch(&path, &format!("labelSelector={PART_OF}")).await;
    for name in ["label", "deleted"] {
        let body = member(config(&namespace, name, &json!({"a": "old"})), &repo, "uid");
        server.create("nopea", &body).await.ok();
        assert_eq!(watch.of(name).await.0, "ADDED");
        if name == "label" {
            let change = json!({"metadata": {"labels": {PART_OF: null}}, "data": {"a": "new"}});
            server.merge("user", &body, &change).await.ok();
        } else {
            server.delete(&body).await.ok();
        }
        let (kind, seen) = watch.of(name).await;
        assert_eq!(kind, "DELETED");
        assert!(seen["metadata"]["deletionTimestamp"].is_null());
        assert_eq!(seen["data"]["a"], "old", "the state before");
    }
}

/// R2. Which is why one look decides: the object lives, so its label comes back, and nothing else happens.
#[tokio::test]
async fn a_label_that_a_user_removed_comes_back_on_the_same_object() {
    let operator = Operator::new("label").await;
    let body = config(&operator.namespace, "a", &json!({"k": "1"}));
    operator.commit(std::slice::from_ref(&body));
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let before = operator.server.live(&body).await.ok();
    let patch = json!({"metadata": {"labels": {PART_OF: null}}});
    operator.server.merge("user", &body, &patch).await.ok();
    let healed = eventually("the label is back", async || {
        let live = operator.server.live(&body).await.ok();
        live["metadata"]["labels"][PART_OF].is_string().then_some(live)
    })
    .await;
    assert_eq!(healed["metadata"]["uid"], before["metadata"]["uid"]);
}

/// R2. Deleted and recreated by somebody: two events, two uids.
#[tokio::test]
async fn a_member_that_a_user_deleted_is_created_again() {
    let operator = Operator::new("again").await;
    let body = config(&operator.namespace, "a", &json!({"k": "1"}));
    operator.commit(std::slice::from_ref(&body));
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let before = operator.server.live(&body).await.ok();
    operator.server.delete(&body).await.ok();
    eventually("the object is back", async || {
        let live = operator.server.live(&body).await;
        (live.code == 200 && live.body["metadata"]["uid"] != before["metadata"]["uid"])
            .then_some(())
    })
    .await;
}

/// R3. An apply onto a dying object answers 200, and one without its finalizer would finish it.
#[tokio::test]
async fn a_dying_object_is_never_applied_to_and_is_created_again_once_it_is_gone() {
    let operator = Operator::new("dying").await;
    let body = |value: &str| config(&operator.namespace, "a", &json!({"k": value}));
    operator.commit(&[body("1")]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let held = json!({"metadata": {"finalizers": [HOLD]}});
    operator.server.merge("user", &body("1"), &held).await.ok();
    operator.server.delete(&body("1")).await.ok();
    let dying = operator.server.live(&body("1")).await.ok();
    assert!(dying["metadata"]["deletionTimestamp"].is_string());
    // a neighbour that the same commit brings shows that the attempt has passed the dying one
    let commit = operator.commit(&[body("2"), config(&operator.namespace, "b", &json!({}))]);
    let sync = operator.sync(&repo);
    let release = async {
        eventually("the commit is seen", async || {
            let status = operator.engine().status(&repo).ok()?;
            (status.observed_commit.as_ref() == Some(&commit)).then_some(())
        })
        .await;
        let still = operator.server.live(&body("1")).await.ok();
        assert_eq!(still, dying, "nobody touched it");
        let free = json!({"metadata": {"finalizers": null}});
        operator.server.merge("user", &body("1"), &free).await.ok();
        eventually("the new one lives", async || {
            let live = operator.server.live(&body("1")).await;
            let fresh =
                live.code == 200 && live.body["metadata"]["uid"] != dying["metadata"]["uid"];
            (fresh && live.body["data"]["k"] == "2").then_some(())
        })
        .await;
    };
    let (_ended, ()) = tokio::join!(sync, release);
}

/// R6. Too old a version is told within a 200.
#[tokio::test]
async fn a_version_that_is_gone_is_told_as_an_event_of_a_watch_that_was_accepted() {
    let plane = Plane::own("expired");
    let server = plane.server("expired").await;
    let body = config("default", "a", &json!({"k": "0"}));
    let old = server.create("user", &body).await.ok()["metadata"]["resourceVersion"].clone();
    for round in 1..4 {
        let patch = json!({"data": {"k": round.to_string()}});
        server.merge("user", &body, &patch).await.ok();
    }
    plane.compact().await;
    plane.kill("kube-apiserver").await;
    plane.start("kube-apiserver");
    server.ready().await;
    let query = format!("resourceVersion={}", old.as_str().unwrap());
    let mut watch = server.watch("/api/v1/namespaces/default/configmaps", &query).await;
    let event = watch.next().await;
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(event["object"]["reason"], "Expired");
}

/// R6. What happened while nobody could tell is found by comparing uids.
#[tokio::test]
async fn a_follow_survives_a_restart_and_a_compaction_without_a_gap() {
    let plane = Plane::own("gap");
    let server = plane.server("gap").await;
    let repo = RepoKey::new("default", "shop");
    let body = |name: &str| member(config("default", name, &json!({})), &repo, "uid");
    let mut uids = BTreeMap::new();
    for name in ["kept", "lost"] {
        let made = server.create("nopea", &body(name)).await.ok();
        uids.insert(name, Uid::new(made["metadata"]["uid"].as_str().unwrap()));
    }
    let cluster = kubernetes(&plane, "follower").await;
    let kind = GroupKind::new("", "ConfigMap");
    let follow = Follow { repo: repo.clone(), kinds: BTreeMap::from([(kind, "v1".into())]) };
    let mut stream = cluster.follow(&follow).await.unwrap();
    assert_eq!(synced(&mut stream).await, uids.values().cloned().collect());

    plane.kill("kube-apiserver").await;
    plane.forget("/registry/configmaps/default/lost").await;
    plane.compact().await;
    plane.start("kube-apiserver");
    server.ready().await;
    let kept = BTreeSet::from([uids["kept"].clone()]);
    loop {
        // a round that began before the restart may still be told
        if synced(&mut stream).await == kept {
            break;
        }
    }
    let made = server.create("nopea", &body("later")).await.ok();
    loop {
        if let Some(ViewEvent::Observed(seen)) = next(&mut stream).await
            && *seen.uid.0 == *made["metadata"]["uid"].as_str().unwrap()
        {
            break;
        }
    }
}

/// R19. Our own writes come back as events, often before their answers: none of them is drift.
#[tokio::test]
async fn our_own_events_are_no_drift_whenever_they_come() {
    let operator = Operator::new("own").await;
    let set = |round: usize| -> Vec<Value> {
        (0..30)
            .map(|index| {
                let data = json!({"k": round.to_string()});
                config(&operator.namespace, &format!("c{index}"), &data)
            })
            .collect()
    };
    operator.commit(&set(0));
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let mark = operator.plane.mark();
    for round in 1..=3 {
        operator.commit(&set(round));
        operator.synced(&repo).await;
    }
    let asked = operator.plane.asked(mark, &operator.agent).await;
    let configs = asked.iter().filter(|asked| asked.uri.contains("/configmaps/c"));
    let (tries, writes): (Vec<_>, Vec<_>) = configs.partition(|one| one.uri.contains("dryRun"));
    assert_eq!((tries.len(), writes.len()), (90, 90), "a heal is one more: {writes:#?}");
}

async fn next(stream: &mut ViewStream) -> Option<ViewEvent> {
    tokio::time::timeout(PATIENCE, stream.next()).await.unwrap()
}

/// The uids that the next complete round shows.
async fn synced(stream: &mut ViewStream) -> BTreeSet<Uid> {
    loop {
        if let ViewEvent::Synced { live, .. } = next(stream).await.unwrap() {
            return live;
        }
    }
}
