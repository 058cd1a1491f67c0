//! Whose an object is (R1, R4, R5, R7): what is ours is found, what is not is let alone.

use nopea_core::membership::{OBJECT, PART_OF};
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    world::{config, git_repository, manifest, with_crd},
};
use nopea_core::{
    model::RepoKey,
    port::{Applier as _, Apply, ClusterView as _, Guard, Mode, Survey},
};
use nopea_tests::plane::{Plane, eventually};

fn data(value: &str) -> Value {
    json!({"k": value})
}

/// R1. A backup's restored copy has our label, our annotation of another key, and our managedFields.
#[tokio::test]
async fn a_restored_copy_of_a_member_is_never_pruned() {
    let mut operator = Operator::new("restored").await;
    let original = config(&operator.namespace, "original", &data("1"));
    let second = config(&operator.namespace, "second", &data("1"));
    operator.commit(&[original.clone(), second.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;

    let mut copy = operator.server.live(&original).await.ok();
    let fields = copy["metadata"]["managedFields"].take();
    copy["metadata"] = json!({
        "name": "copy", "namespace": operator.namespace,
        "labels": copy["metadata"]["labels"], "annotations": copy["metadata"]["annotations"],
    });
    operator.server.create("velero", &copy).await.ok();
    let restored = json!({"metadata": {"managedFields": fields}});
    let restored = operator.server.merge("velero", &copy, &restored).await.ok();
    let managers = restored["metadata"]["managedFields"].as_array().unwrap();
    assert!(managers.iter().any(|entry| entry["manager"] == "nopea"), "the copy looks like ours");

    operator.restart(&[&repo]).await;
    operator.commit(std::slice::from_ref(&original));
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&second).await.code, 404, "what Git dropped is pruned");
    let live = operator.server.live(&copy).await.ok();
    assert_eq!(live["metadata"]["uid"], restored["metadata"]["uid"], "the copy is not");
}

/// R1. Controllers copy the labels of a Service to its `EndpointSlice`.
#[tokio::test]
async fn an_endpoint_slice_with_our_label_is_no_member() {
    let operator = Operator::new("slices").await;
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": operator.namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    });
    operator.commit(&[service.clone(), config(&operator.namespace, "a", &data("1"))]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let slices = format!(
        "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices?labelSelector={PART_OF}",
        operator.namespace
    );
    if operator.plane.has("kube-controller-manager") {
        eventually("the slice carries our label", async || {
            let slices = operator.server.get(&slices).await.ok();
            slices["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(())
        })
        .await;
    }
    operator.commit(&[service, config(&operator.namespace, "a", &data("2"))]);
    operator.synced(&repo).await;
    let live = operator.repository(&repo).await;
    assert_eq!(live["status"]["objects"]["total"], 2, "{:#}", live["status"]);
}

/// R4. The answer of an apply is looked at: an object without our label would be lost to us.
#[tokio::test]
async fn a_policy_that_removes_our_label_is_a_fault() {
    let operator = Operator::new("policy").await;
    let name = operator.namespace.clone();
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                "resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                    "operations": ["CREATE", "UPDATE"],
                }],
            },
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": format!(
                "has(object.metadata.labels) && '{PART_OF}' in object.metadata.labels ? \
                 [JSONPatch{{op: 'remove', path: '/metadata/labels/' + \
                 jsonpatch.escapeKey('{PART_OF}')}}] : []"
            )}}],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": name},
    });
    operator.server.create("platform", &policy).await.ok();
    operator.server.create("platform", &binding).await.ok();
    let mut probe = config(&name, "probe", &data("1"));
    probe["metadata"]["labels"] = json!({PART_OF: "applyset-of-nobody"});
    eventually("the policy is at work", async || {
        let answer = operator.server.apply("probe", &probe, "&dryRun=All").await.ok();
        answer["metadata"]["labels"][PART_OF].is_null().then_some(())
    })
    .await;

    operator.commit(&[config(&name, "a", &data("1"))]);
    let repo = operator.declare("shop", &json!({})).await;
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K012"), "{faults:#?}");
    operator.server.delete(&binding).await.ok();
    operator.server.delete(&policy).await.ok();
}

/// R5. A forced apply would take over anything; the object's owner is looked at first.
#[tokio::test]
async fn an_object_of_another_owner_is_refused_with_its_name_and_taken_over_when_git_says_so() {
    let operator = Operator::new("owners").await;
    let name = operator.namespace.clone();
    let mut flux = config(&name, "flux", &data("theirs"));
    flux["metadata"]["labels"] = json!({
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    });
    operator.server.apply("kustomize-controller", &flux, "").await.ok();
    let first = operator.declare("first", &json!({"path": "first"})).await;
    let second = operator.declare("second", &json!({"path": "second"})).await;
    let ours = |name: &str| operator.file(name, &data("1"));
    let taken = config(&name, "shared", &data("1"));
    operator.source.commit(&[("first/a.json", &ours("shared")), ("second/a.json", &ours("own"))]);
    operator.synced(&first).await;
    let before = operator.server.live(&taken).await.ok();

    operator.source.change(&[
        ("second/b.json", &ours("shared")),
        ("second/c.json", &ours("flux")),
        ("second/d.json", &ours("other")),
    ]);
    let (codes, faults) = operator.refused(&second).await;
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["K011"], "{faults:#?}");
    let said = faults.iter().map(|fault| &*fault.message).collect::<Vec<_>>().join("\n");
    assert!(said.contains(&format!("GitRepository {name}/first")), "{said}");
    assert!(said.contains("Flux"), "{said}");
    assert_eq!(operator.server.live(&taken).await.ok(), before, "nothing was written to it");
    let other = config(&name, "other", &json!({}));
    assert_eq!(operator.server.live(&other).await.code, 404, "nothing else was written either");

    let mut adopted = config(&name, "flux", &data("ours"));
    adopted["metadata"]["annotations"] = json!({"nopea.io/adopt": "true"});
    operator.source.change(&[("second/c.json", &adopted.to_string())]);
    operator.source.remove(&["second/b.json"]);
    operator.synced(&second).await;
    let live = operator.server.live(&flux).await.ok();
    assert_eq!(live["data"]["k"], "ours");
    assert!(live["metadata"]["annotations"][OBJECT].is_string());
}

/// R5. Nobody's object is adopted, not created: a create answers 409.
#[tokio::test]
async fn a_create_refuses_what_exists_whatever_its_fields() {
    let operator = Operator::new("exists").await;
    let cluster = crate::world::kubernetes(&operator.plane, "exists").await;
    let body = config(&operator.namespace, "a", &data("1"));
    operator.server.create("somebody", &body).await.ok();
    let mut wanted = config(&operator.namespace, "a", &json!({}));
    wanted["data"] = json!({"other": "1"});
    for mode in [Mode::Try, Mode::Real] {
        let apply = Apply { manifest: manifest(&wanted), guard: Guard::Absent, mode };
        let refusal = cluster.apply(&apply).await.unwrap_err();
        assert!(
            matches!(&refusal, nopea_core::port::Refusal::Status(status) if status.code == 409)
        );
    }
}

/// R7. The name stands in a label.
#[tokio::test]
async fn a_repository_whose_name_is_no_label_value_is_refused_by_its_definition() {
    let plane = Plane::shared();
    let server = plane.server("names").await;
    with_crd(&server).await;
    let namespace = plane.namespace(&server, "names").await;
    let named = |length: usize| {
        git_repository(&RepoKey::new(namespace.as_str(), "n".repeat(length).as_str()))
    };
    let refused = server.create("user", &named(64)).await;
    assert_eq!(refused.code, 422);
    assert!(refused.message().contains("at most 63 characters"), "{}", refused.message());
    server.create("user", &named(63)).await.ok();
}

/// R1. An object whose managedFields were emptied by somebody is still ours.
#[tokio::test]
async fn a_member_without_our_managed_fields_is_still_found_and_pruned() {
    let mut operator = Operator::new("stripped").await;
    let stripped = config(&operator.namespace, "stripped", &data("1"));
    let kept = config(&operator.namespace, "kept", &data("1"));
    operator.commit(&[stripped.clone(), kept.clone()]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let empty = json!([{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]);
    operator.server.json_patch(&stripped, &empty).await.ok();
    let cluster = crate::world::kubernetes(&operator.plane, "stripped").await;
    let survey = Survey::AllKinds { repo: repo.clone() };
    let found = cluster.survey(&survey).await.unwrap();
    assert!(found.iter().any(|one| &*one.key.name == "stripped"));
    operator.restart(&[&repo]).await;
    operator.commit(&[kept]);
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&stripped).await.code, 404);
}
