//! The hold on the parent, and what is found again without it (R22, R23, R24).

use nopea_core::{
    model::{GroupKind, Uid},
    port::{Claim, ClusterView as _, Parent as _, ParentRef, ScopesRequest},
};
use nopea_tests::plane::{Plane, eventually};
use serde_json::json;

use crate::{
    operator::Operator,
    world::{config, git_repository, kubernetes},
};

/// R22. A merge patch of finalizers would delete those of others.
#[tokio::test]
async fn a_claim_and_its_release_keep_the_finalizers_of_others() {
    let operator = Operator::new("claim").await;
    let cluster = kubernetes(&operator.plane, "claim").await;
    let repo = nopea_core::model::RepoKey::new(operator.namespace.as_str(), "shop");
    let body = git_repository(&repo);
    let made = operator.server.create("user", &body).await.ok();
    let theirs = json!({"metadata": {"finalizers": ["tests.example/theirs"]}});
    operator.server.merge("other", &body, &theirs).await.ok();
    let uid = Uid::new(made["metadata"]["uid"].as_str().unwrap());
    let parent = ParentRef { repo, uid };
    let kinds = [GroupKind::new("", "ConfigMap")].into();
    cluster.claim(&Claim { parent: parent.clone(), kinds }).await.unwrap();
    let claimed = operator.server.live(&body).await.ok();
    let finalizers = claimed["metadata"]["finalizers"].as_array().unwrap();
    assert!(finalizers.contains(&json!("tests.example/theirs")), "{finalizers:?}");
    assert!(finalizers.contains(&json!(nopea_k8s::FINALIZER)), "{finalizers:?}");
    cluster.release(&parent).await.unwrap();
    let released = operator.server.live(&body).await.ok();
    assert_eq!(released["metadata"]["finalizers"], json!(["tests.example/theirs"]));
}

/// R23. `kubectl replace` takes claim, finalizer and label away.
#[tokio::test]
async fn a_repository_that_was_replaced_still_finds_and_prunes_its_members() {
    let mut operator = Operator::new("replaced").await;
    let (kept, dropped) = (
        config(&operator.namespace, "kept", &json!({})),
        config(&operator.namespace, "dropped", &json!({})),
    );
    operator.commit(&[kept.clone(), dropped.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    // before its first status it could not be told from a new one
    eventually("the status names the kinds", async || {
        let live = operator.repository(&repo).await;
        (live["status"]["phase"] == "Synced").then_some(())
    })
    .await;
    let mut bare = git_repository(&repo);
    let replaced = eventually("no status comes in between", async || {
        let live = operator.repository(&repo).await;
        bare["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        let answer = operator.server.replace("kubectl-replace", &bare).await;
        (answer.code == 200).then_some(answer.body)
    })
    .await;
    assert!(replaced["metadata"]["finalizers"].is_null(), "the claim is gone");
    operator.commit(&[kept]);
    operator.restart(&[&repo]).await;
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&dropped).await.code, 404, "nothing of ours leaks");
    let live = operator.repository(&repo).await;
    assert_eq!(live["metadata"]["finalizers"], json!([nopea_k8s::FINALIZER]), "claimed again");
}

/// R23. A group whose server is away answers 503: that says nothing of its kinds.
#[tokio::test]
async fn a_group_whose_server_is_away_does_not_count_as_gone() {
    let plane = Plane::own("away");
    let server = plane.server("away").await;
    let service = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.away.example"},
        "spec": {
            "group": "away.example", "version": "v1", "groupPriorityMinimum": 100,
            "versionPriority": 100, "insecureSkipTLSVerify": true,
            "service": {"name": "absent", "namespace": "default"},
        },
    });
    server.create("platform", &service).await.ok();
    eventually("the group is known", async || {
        (server.get("/apis/away.example/v1").await.code == 503).then_some(())
    })
    .await;
    let cluster = kubernetes(&plane, "away").await;
    let config = GroupKind::new("", "ConfigMap");
    let known = ScopesRequest { kinds: [config.clone()].into() };
    assert!(
        cluster.scopes(&known).await.unwrap().contains_key(&config),
        "others are not concerned"
    );
    let away = ScopesRequest { kinds: [GroupKind::new("away.example", "Thing")].into() };
    let refusal = cluster.scopes(&away).await.unwrap_err();
    assert!(
        matches!(&refusal, nopea_core::port::Refusal::Status(status) if status.code == 503),
        "{refusal:?}"
    );
}

/// R24. Neither drift nor a fault to be retried soon: it waits for the namespace to go.
#[tokio::test]
async fn a_namespace_that_is_going_is_named_as_such() {
    let operator = Operator::new("going").await;
    let inner = operator.plane.namespace(&operator.server, "inner").await;
    let held = {
        let mut body = config(&inner, "held", &json!({}));
        body["metadata"]["finalizers"] = json!(["tests.example/hold"]);
        body
    };
    operator.server.create("user", &held).await.ok();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inner}});
    operator.server.delete(&namespace).await.ok();
    operator.commit(&[config(&inner, "a", &json!({}))]);
    let repo = operator.declare("shop", &json!({})).await;
    let (codes, faults) = operator.refused(&repo).await;
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["K005"], "{faults:#?}");
    operator.server.merge("user", &held, &json!({"metadata": {"finalizers": null}})).await.ok();
}
