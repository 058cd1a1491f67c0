//! What cannot be changed in place, and what the server's answers mean (R27, R28, R29).

use nopea_core::{
    classify::{Verdict, verdict},
    model::Uid,
    port::{Applier as _, Apply, Guard, Mode, TryCreate},
};
use nopea_k8s::Kubernetes;
use nopea_tests::plane::{Server, eventually};
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    world::{config, kubernetes, manifest},
};

/// Applies `new` over `old` as a dry run, and judges the refusal.
async fn judged(server: &Server, cluster: &Kubernetes, old: &Value, new: &Value) -> Verdict {
    let made = server.apply("nopea", old, "").await.ok();
    let uid = Uid::new(made["metadata"]["uid"].as_str().unwrap());
    let guard = Guard::Live { uid, version: None };
    let apply = Apply { manifest: manifest(new), guard, mode: Mode::Try };
    let refusal = cluster.apply(&apply).await;
    verdict(&refusal.expect_err(&format!("{new} is accepted")))
}

/// A body, the pointer to what changes, and its new value.
type Row = (Value, &'static str, Value);

fn rows(namespace: &str) -> Vec<Row> {
    let template = json!({
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "a", "image": "a"}]},
    });
    let workload = |kind: &str, spec: Value| {
        let mut body = json!({
            "apiVersion": "apps/v1", "kind": kind,
            "metadata": {"name": kind.to_lowercase(), "namespace": namespace},
            "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template},
        });
        for (field, value) in spec.as_object().into_iter().flatten() {
            body["spec"][field] = value.clone();
        }
        body
    };
    let named = |version: &str, kind: &str, more: Value| {
        let mut body = json!({"apiVersion": version, "kind": kind});
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        body["metadata"] = json!({"name": kind.to_lowercase(), "namespace": namespace});
        body
    };
    let job = json!({"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]});
    let claim = json!({
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    });
    let service = json!({"clusterIP": "10.0.77.7", "ports": [{"port": 80}]});
    vec![
        (workload("StatefulSet", json!({"serviceName": "a"})), "/spec/serviceName", json!("b")),
        (
            workload("DaemonSet", json!({})),
            "/spec/selector/matchLabels",
            json!({"app": "a", "more": "b"}),
        ),
        (
            named("batch/v1", "Job", json!({"spec": {"template": {"spec": job}}})),
            "/spec/template/spec/containers/0/image",
            json!("b"),
        ),
        (
            named("v1", "PersistentVolumeClaim", json!({"spec": claim})),
            "/spec/accessModes/0",
            json!("ReadWriteMany"),
        ),
        (named("v1", "Secret", json!({"type": "Opaque"})), "/type", json!("example.com/other")),
        (
            named("v1", "ConfigMap", json!({"immutable": true, "data": {"k": "1"}})),
            "/data/k",
            json!("2"),
        ),
        (
            named(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                json!({
                    "roleRef": {
                        "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a",
                    },
                }),
            ),
            "/roleRef/name",
            json!("b"),
        ),
        (named("v1", "Service", json!({"spec": service})), "/spec/clusterIP", json!("10.0.77.8")),
    ]
}

/// R27. Each as the server words it.
#[tokio::test]
async fn an_immutable_field_is_told_from_a_mistake() {
    let operator = Operator::new("immutable").await;
    let cluster = kubernetes(&operator.plane, "immutable").await;
    for (old, pointer, value) in rows(&operator.namespace) {
        let mut new = old.clone();
        *new.pointer_mut(pointer).unwrap() = value;
        if old["kind"] == "DaemonSet" {
            new["spec"]["template"]["metadata"]["labels"] = json!({"app": "a", "more": "b"});
        }
        let verdict = judged(&operator.server, &cluster, &old, &new).await;
        assert_eq!(verdict, Verdict::Immutable, "{} {pointer}", old["kind"]);
    }
}

/// R27. A selector that no longer fits its own template is a typo, whatever else the server says of it.
#[tokio::test]
async fn a_mistake_is_never_taken_for_an_immutable_field() {
    let operator = Operator::new("mistake").await;
    let cluster = kubernetes(&operator.plane, "mistake").await;
    let rows = rows(&operator.namespace);
    let find = |kind: &str| rows.iter().find(|(body, ..)| body["kind"] == kind).unwrap().0.clone();
    let changes = [
        ("DaemonSet", "/spec/selector/matchLabels/app", json!("b")),
        ("Job", "/spec/template/spec/containers/0/image", json!("")),
    ];
    for (kind, pointer, value) in changes {
        let (old, mut new) = (find(kind), find(kind));
        *new.pointer_mut(pointer).unwrap() = value;
        let verdict = judged(&operator.server, &cluster, &old, &new).await;
        assert_eq!(verdict, Verdict::Invalid, "{kind} {pointer}");
    }
}

/// R28. The refusal names the way out; the way out keeps nothing of the old object.
#[tokio::test]
async fn an_immutable_change_is_refused_with_the_way_out_and_replaced_when_git_says_so() {
    let operator = Operator::new("replace").await;
    let secret = |kind: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": "a", "namespace": operator.namespace},
        })
    };
    operator.commit(&[secret("Opaque")]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let before = operator.server.live(&secret("")).await.ok();
    let mut other = secret("example.com/other");
    operator.commit(std::slice::from_ref(&other));
    let (codes, faults) = operator.refused(&repo).await;
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["K008"], "{faults:#?}");
    assert!(faults[0].help.contains("nopea.io/replace"), "{faults:#?}");
    assert_eq!(operator.server.live(&secret("")).await.ok(), before);
    other["metadata"]["annotations"] = json!({"nopea.io/replace": "true"});
    operator.commit(&[other]);
    operator.synced(&repo).await;
    let after = operator.server.live(&secret("")).await.ok();
    assert_eq!(after["type"], "example.com/other");
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
}

/// R28. The name is taken: what is asked is whether the object would do.
#[tokio::test]
async fn a_dry_run_of_a_replacement_tells_a_good_one_from_a_bad_one() {
    let operator = Operator::new("trial").await;
    let cluster = kubernetes(&operator.plane, "trial").await;
    let good = config(&operator.namespace, "a", &json!({"k": "1"}));
    operator.server.create("user", &good).await.ok();
    let mut bad = good.clone();
    bad["metadata"]["labels"] = json!({"long": "v".repeat(64)});
    let tried = async |body: &Value| {
        let refusal = cluster.try_create(&TryCreate { manifest: manifest(body) }).await;
        verdict(&refusal.unwrap_err())
    };
    assert_eq!(tried(&good).await, Verdict::AlreadyExists);
    assert_eq!(tried(&bad).await, Verdict::Invalid);
}

/// R29. Only what may change by itself is tried again soon.
#[tokio::test]
async fn each_refusal_means_what_the_classifier_says() {
    let operator = Operator::new("codes").await;
    let cluster = kubernetes(&operator.plane, "codes").await;
    let name = operator.namespace.as_str();
    let refusal = async |body: &Value| {
        let apply = Apply { manifest: manifest(body), guard: Guard::Absent, mode: Mode::Try };
        verdict(&cluster.apply(&apply).await.unwrap_err())
    };
    let homeless = config("no-such-namespace", "a", &json!({}));
    assert_eq!(refusal(&homeless).await, Verdict::NamespaceMissing);
    let mut unknown = config(name, "a", &json!({}));
    unknown["apiVersion"] = json!("nowhere.example/v1");
    assert_eq!(refusal(&unknown).await, Verdict::KindNotServed);
    let mut typo = config(name, "a", &json!({}));
    typo["dta"] = json!({});
    assert_eq!(refusal(&typo).await, Verdict::SchemaFault);
    let mut long = config(name, "a", &json!({}));
    long["metadata"]["labels"] = json!({"long": "v".repeat(64)});
    assert_eq!(refusal(&long).await, Verdict::Invalid);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": name},
        "spec": {"serviceAccountName": "absent", "containers": [{"name": "a", "image": "a"}]},
    });
    assert_eq!(refusal(&pod).await, Verdict::Forbidden);
    let large = config(name, "large", &json!({"k": "x".repeat(3_300_000)}));
    assert_eq!(refusal(&large).await, Verdict::TooLarge);

    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [{
            "name": "absent.tests.example", "admissionReviewVersions": ["v1"],
            "sideEffects": "None", "failurePolicy": "Fail",
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
            "clientConfig": {"service": {"name": "absent", "namespace": name}},
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                "operations": ["*"],
            }],
        }],
    });
    operator.server.create("platform", &webhook).await.ok();
    let good = config(name, "good", &json!({}));
    let busy = eventually("the webhook is asked", async || {
        let apply = Apply { manifest: manifest(&good), guard: Guard::Absent, mode: Mode::Try };
        cluster.apply(&apply).await.err()
    })
    .await;
    assert_eq!(verdict(&busy), Verdict::Busy, "{busy:?}");
    operator.server.delete(&webhook).await.ok();
}
