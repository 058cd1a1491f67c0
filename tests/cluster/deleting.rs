//! What goes when something is pruned, and what must not (R20, R21).

use nopea_tests::plane::{eventually, unique};
use serde_json::json;

use crate::{
    operator::Operator,
    preflight::{definition, group, widget},
    world::config,
};

/// R20. Without a propagation policy the Pod of a Job stays for ever.
#[tokio::test]
async fn a_pruned_job_takes_its_pods_along() {
    let operator = Operator::new("job").await;
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "once", "namespace": operator.namespace},
        "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}],
        }}},
    });
    let kept = config(&operator.namespace, "kept", &json!({}));
    operator.commit(&[job, kept.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let pods = format!("/api/v1/namespaces/{}/pods", operator.namespace);
    let count = async || operator.server.get(&pods).await.ok()["items"].as_array().map(Vec::len);
    let with_controllers = operator.plane.has("kube-controller-manager");
    if with_controllers {
        eventually("the Job has a Pod", async || (count().await == Some(1)).then_some(())).await;
    }
    operator.commit(&[kept]);
    operator.synced(&repo).await;
    eventually("no Pod is left", async || (count().await == Some(0)).then_some(())).await;
}

/// R21. Everything in a Namespace goes with it, whosever it is.
#[tokio::test]
async fn a_namespace_that_holds_what_others_made_is_not_pruned_until_that_is_approved() {
    let operator = Operator::new("contents").await;
    let inner = unique("inner");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner}});
    let kept = config(&operator.namespace, "kept", &json!({}));
    operator.commit(&[namespace.clone(), config(&inner, "ours", &json!({})), kept.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let theirs = config(&inner, "theirs", &json!({"precious": "yes"}));
    let before = operator.server.create("tenant", &theirs).await.ok();

    operator.commit(&[kept]);
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K014"), "{faults:#?}");
    let said = faults.iter().map(|fault| &*fault.message).collect::<Vec<_>>().join("\n");
    assert!(said.contains("theirs"), "{said}");
    assert_eq!(operator.server.live(&theirs).await.ok(), before);

    let digest = eventually("the status shows the digest", async || {
        let status = operator.engine().status(&repo).ok()?;
        status.pending_prune.map(|digest| digest.to_string())
    })
    .await;
    let approval = json!({"metadata": {"annotations": {"nopea.io/approve-prune": digest}}});
    let repository = crate::world::git_repository(&repo);
    operator.server.merge("user", &repository, &approval).await.ok();
    operator.put(&repo).await;
    operator.synced(&repo).await;
    let going = operator.server.live(&namespace).await;
    assert!(going.code == 404 || going.body["metadata"]["deletionTimestamp"].is_string());
}

/// R21. All resources of a kind go with its definition.
#[tokio::test]
async fn a_definition_whose_resources_others_made_is_not_pruned() {
    let operator = Operator::new("kind").await;
    let group = group("kind");
    let definition = definition(&group, &json!({"size": {"type": "integer"}}));
    let kept = config(&operator.namespace, "kept", &json!({}));
    operator.commit(&[definition.clone(), kept.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let theirs = widget(&group, &operator.namespace, "theirs", &json!({"size": 1}));
    eventually("the kind is served", async || {
        (operator.server.create("tenant", &theirs).await.code == 201).then_some(())
    })
    .await;
    operator.commit(&[kept]);
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K014"), "{faults:#?}");
    operator.server.live(&theirs).await.ok();
}

/// Rule 8 of the design: a wrong path deletes nothing.
#[tokio::test]
async fn a_commit_that_would_delete_most_members_is_held() {
    let operator = Operator::new("guard").await;
    let set = |count: usize| {
        (0..count)
            .map(|index| config(&operator.namespace, &format!("c{index}"), &json!({})))
            .collect::<Vec<_>>()
    };
    operator.commit(&set(12));
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    operator.commit(&set(2));
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K013"), "{faults:#?}");
    for body in set(12) {
        operator.server.live(&body).await.ok();
    }
}
