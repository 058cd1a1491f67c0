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
    assert_eq!(reads.len(), 1, "the parent, once: {reads:#?}");
    let looked = asked.iter().any(|one| one.verb == "list" && one.uri.contains("/configmaps"));
    assert!(!looked, "there is nothing to list before the first claim: {asked:#?}");
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
    assert_eq!(operator.plane.asked(mark, &operator.agent).await, []);
    operator.source.change(&[("app/a.json", &operator.file("a", &json!({"k": "2"})))]);
    operator.synced(&repo).await;
    let live = operator.server.live(&config(&operator.namespace, "a", &json!({}))).await.ok();
    assert_eq!(live["data"]["k"], "2");
}
