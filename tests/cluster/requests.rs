//! What a sync costs, by the server's own count.

use serde_json::{Value, json};

use crate::{operator::Operator, world::config};

fn set(namespace: &str, value: &str) -> Vec<Value> {
    (0..20).map(|index| config(namespace, &format!("c{index}"), &json!({"k": value}))).collect()
}

#[tokio::test]
async fn a_first_sync_of_n_objects_is_one_claim_n_dry_runs_n_applies_and_one_status() {
    let operator = Operator::new("first").await;
    operator.commit(&set(&operator.namespace, "1"));
    let mark = operator.plane.mark();
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    // the status follows the answer to who waits for the sync
    nopea_tests::plane::eventually("the status is written", async || {
        let live = operator.repository(&repo).await;
        (live["status"]["phase"] == "Synced").then_some(())
    })
    .await;
    let asked = operator.plane.asked(mark, &operator.agent).await;
    let writes: Vec<_> = asked.iter().filter(|one| one.verb == "patch").collect();
    let count = |holds: &dyn Fn(&str) -> bool| writes.iter().filter(|one| holds(&one.uri)).count();
    assert_eq!(count(&|uri| uri.contains("/configmaps/") && uri.contains("dryRun")), 20);
    assert_eq!(count(&|uri| uri.contains("/configmaps/") && !uri.contains("dryRun")), 20);
    assert_eq!(count(&|uri| uri.contains("nopea-claim")), 1, "{writes:#?}");
    assert_eq!(count(&|uri| uri.contains("/status")), 1, "{writes:#?}");
    assert_eq!(writes.len(), 42, "{writes:#?}");
    let mut reads: Vec<_> = asked.iter().filter(|one| one.verb == "get").collect();
    reads.retain(|one| !["/api", "/apis"].contains(&one.uri.as_str()));
    // the first list of a watch may be older than the writes that it comes after: each is looked at once
    let (looks, others): (Vec<_>, Vec<_>) =
        reads.into_iter().partition(|one| one.uri.contains("/configmaps/"));
    assert_eq!(others.len(), 1, "the parent, once: {others:#?}");
    assert!(looks.len() <= 20, "{looks:#?}");
    let listed = asked.iter().any(|one| one.verb == "list" && one.uri.contains("/configmaps"));
    assert!(!listed, "there is nothing to list before the first claim: {asked:#?}");
}

/// Of a kind that is watched already.
#[tokio::test]
async fn n_further_objects_are_n_dry_runs_n_applies_and_one_status_and_no_read() {
    let operator = Operator::new("further").await;
    let mut set = set(&operator.namespace, "1");
    operator.commit(&set[..1]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let settled = async |commit: &str| {
        nopea_tests::plane::eventually("the status is written", async || {
            let live = operator.repository(&repo).await;
            (live["status"]["appliedCommit"] == commit).then_some(())
        })
        .await;
    };
    // a change that came back as an event: the watch is at work
    set[0]["data"]["k"] = json!("2");
    let commit = operator.commit(&set[..1]);
    operator.synced(&repo).await;
    operator.server.merge("user", &set[0], &json!({"data": {"k": "9"}})).await.ok();
    nopea_tests::plane::eventually("the change is healed", async || {
        let live = operator.server.live(&set[0]).await.ok();
        (live["data"]["k"] == "2").then_some(())
    })
    .await;
    settled(commit.as_str()).await;
    let mark = operator.plane.mark();
    let commit = operator.commit(&set);
    operator.synced(&repo).await;
    settled(commit.as_str()).await;
    let asked = operator.plane.asked(mark, &operator.agent).await;
    let news: Vec<_> = asked.iter().filter(|one| one.uri.contains("/configmaps/")).collect();
    let dry = news.iter().filter(|one| one.uri.contains("dryRun")).count();
    assert_eq!((dry, news.len()), (19, 38), "{news:#?}");
}

#[tokio::test]
async fn a_commit_that_changes_nothing_costs_no_request_and_the_next_one_is_live() {
    let operator = Operator::new("nothing").await;
    operator.source.commit(&[("app/a.json", &operator.file("a", &json!({"k": "1"})))]);
    let repo = operator.declare("shop", &json!({"path": "app"})).await;
    operator.synced(&repo).await;
    nopea_tests::plane::eventually("the status is written", async || {
        let live = operator.repository(&repo).await;
        (live["status"]["phase"] == "Synced").then_some(())
    })
    .await;
    let mark = operator.plane.mark();
    operator.source.change(&[("README.md", "nothing that is applied")]);
    operator.synced(&repo).await;
    operator.synced(&repo).await;
    let mut asked = operator.plane.asked(mark, &operator.agent).await;
    // a watch is renewed whenever the server ends it: other tests change definitions meanwhile
    asked.retain(|one| one.verb != "watch");
    assert_eq!(asked, []);
    operator.source.change(&[("app/a.json", &operator.file("a", &json!({"k": "2"})))]);
    operator.synced(&repo).await;
    let live = operator.server.live(&config(&operator.namespace, "a", &json!({}))).await.ok();
    assert_eq!(live["data"]["k"], "2");
}
