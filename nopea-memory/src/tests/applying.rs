//! Server-side apply: guards, refusals, defaults, no-ops.

use nopea_core::port::TryCreate;
use serde_json::json;

use super::*;
use crate::SchemaProblems;

#[tokio::test]
async fn r25_a_guard_of_absence_creates_once_and_then_answers_409() {
    let cluster = cluster();
    let body = config("a", &json!({"k": "1"}));
    for (mode, code) in
        [(Mode::Try, None), (Mode::Real, None), (Mode::Try, Some(409)), (Mode::Real, Some(409))]
    {
        let answer = guarded(&cluster, &body, Guard::Absent, mode).await;
        match code {
            None => assert!(answer.unwrap().created),
            Some(code) => {
                let status = refused(answer);
                assert_eq!((status.code, &*status.reason), (code, "Conflict"));
            }
        }
    }
}

#[tokio::test]
async fn r25_a_uid_that_is_gone_is_409_and_one_that_was_replaced_is_422() {
    let cluster = cluster();
    let body = config("a", &json!({"k": "1"}));
    let first = applied(&cluster, &body);
    let guard = Guard::Live { uid: uid(&first), version: None };
    cluster.delete_as_user(&key("ConfigMap", "a"), crate::Propagation::Background).unwrap();
    let gone = refused(guarded(&cluster, &body, guard.clone(), Mode::Real).await);
    assert_eq!(gone.code, 409);
    assert!(gone.message.contains("uid mismatch"), "{}", gone.message);
    assert!(gone.message.contains("no existing object was found"), "{}", gone.message);
    assert!(cluster.get(&key("ConfigMap", "a")).is_none());

    applied(&cluster, &body);
    let replaced = refused(guarded(&cluster, &body, guard, Mode::Real).await);
    assert_eq!((replaced.code, replaced.causes.len()), (422, 1));
    assert_eq!(&*replaced.causes[0].field, "metadata.uid");
    assert!(replaced.causes[0].message.contains("field is immutable"));
}

#[tokio::test]
async fn a_stale_version_is_409_and_the_right_one_passes() {
    let cluster = cluster();
    let first = applied(&cluster, &config("a", &json!({"k": "1"})));
    cluster
        .edit(&key("ConfigMap", "a"), "kubectl-edit", |object| object["data"]["x"] = json!("1"))
        .unwrap();
    let body = config("a", &json!({"k": "2"}));
    let status = refused(guarded(&cluster, &body, live(&first), Mode::Real).await);
    assert_eq!((status.code, &*status.reason), (409, "Conflict"));
    assert!(status.message.contains("the object has been modified"));
    let now = cluster.get(&key("ConfigMap", "a")).unwrap();
    assert!(guarded(&cluster, &body, live(&now), Mode::Real).await.is_ok());
}

#[test]
fn an_apply_that_changes_nothing_keeps_version_generation_and_times() {
    let cluster = cluster();
    for body in [
        config("a", &json!({"k": "1"})),
        deployment("nginx:1"),
        service(&json!([{"port": 80}])),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "t"}, "data": {"a": "YQ=="}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {"a": "b"}}}),
    ] {
        applied(&cluster, &body);
        let settled = cluster.get(&manifest(&body).key).unwrap();
        assert_eq!(applied(&cluster, &body), settled, "{body}");
    }
}

#[test]
fn a_dry_run_stores_nothing_and_shows_the_next_generation() {
    let cluster = cluster();
    let first = applied(&cluster, &deployment("nginx:1"));
    let before = cluster.get(&key("Deployment", "web")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let guard = Guard::Live { uid: uid(&first), version: None };
    let answer =
        runtime.block_on(guarded(&cluster, &deployment("nginx:2"), guard, Mode::Try)).unwrap();
    let shown = answer.now.object.unwrap();
    assert_eq!(shown["metadata"]["generation"], 2);
    assert_eq!(version(&shown), version(&before));
    assert_eq!(cluster.get(&key("Deployment", "web")).unwrap(), before);
}

#[test]
fn a_generation_counts_changes_of_the_spec_alone() {
    let cluster = cluster();
    applied(&cluster, &deployment("nginx:1"));
    let web = key("Deployment", "web");
    let labelled = cluster
        .edit(&web, "kubectl-label", |object| object["metadata"]["labels"] = json!({"a": "b"}));
    assert_eq!(labelled.unwrap()["metadata"]["generation"], 1);
    assert_eq!(cluster.scale(&web, "kubectl", 3).unwrap()["metadata"]["generation"], 2);
}

#[test]
fn defaults_are_filled_in_and_belong_to_nobody() {
    let cluster = cluster();
    let object = applied(&cluster, &service(&json!([{"port": 80}])));
    assert_eq!(object["spec"]["ports"][0]["protocol"], "TCP");
    assert_eq!(object["spec"]["ports"][0]["targetPort"], 80);
    assert!(object["spec"]["clusterIP"].as_str().unwrap().starts_with("10."));
    let owned = object["metadata"]["managedFields"][0]["fieldsV1"].to_string();
    assert!(!owned.contains("clusterIP") && !owned.contains("targetPort"), "{owned}");
    let object = applied(&cluster, &deployment("nginx:1"));
    assert_eq!(object["spec"]["replicas"], 1);
    assert_eq!(object["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
}

#[test]
fn two_services_never_get_one_address_or_one_node_port() {
    let cluster = cluster();
    let mut body = service(&json!([{"port": 80, "nodePort": 30_100}]));
    body["spec"]["type"] = json!("NodePort");
    applied(&cluster, &body);
    body["metadata"]["name"] = json!("other");
    let status = refused(apply(&cluster, &body));
    assert_eq!(status.code, 422);
    assert!(status.message.contains("provided port is already allocated"));
}

#[test]
fn a_missing_namespace_is_404_but_schema_errors_come_first() {
    let cluster = cluster();
    let mut body = deployment("nginx:1");
    body["metadata"]["namespace"] = json!("absent");
    let status = refused(apply(&cluster, &body));
    assert_eq!((status.code, &*status.message), (404, "namespaces \"absent\" not found"));
    assert_eq!(&*status.kind, "namespaces");
    body["spec"]["foo"] = json!(1);
    let status = refused(apply(&cluster, &body));
    assert_eq!((status.code, &*status.reason, status.causes.len()), (500, "", 0));
    assert!(
        status.message.starts_with(
            "failed to create typed patch object (absent/web; apps/v1, Kind=Deployment):"
        ),
        "{}",
        status.message
    );
    assert!(status.message.contains(".spec.foo: field not declared in schema"));
}

#[test]
fn an_unknown_kind_is_a_404_in_plain_text_and_an_unknown_version_a_typed_one() {
    let cluster = cluster();
    let body = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "t"}});
    let status = refused(apply(&cluster, &body));
    assert_eq!((status.code, status.typed, &*status.message), (404, false, "404 page not found"));
    let body = json!({"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "t"}});
    let status = refused(apply(&cluster, &body));
    assert_eq!((status.code, status.typed), (404, true));
}

#[test]
fn a_body_that_cannot_be_applied_is_400() {
    let cluster = cluster();
    let mut managed = config("a", &json!({}));
    managed["metadata"]["managedFields"] = json!([{"manager": "x"}]);
    let unnamed = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-", "namespace": "t"}});
    for (body, text) in [(managed, "must be nil"), (unnamed, "name must be provided")] {
        let status = refused(apply(&cluster, &body));
        assert_eq!(status.code, 400);
        assert!(status.message.contains(text), "{}", status.message);
    }
}

#[test]
fn partial_problems_differ_from_call_to_call_and_complete_ones_do_not() {
    let cluster = MemoryCluster::builder().schema_problems(SchemaProblems::Partial).build();
    let mut body = deployment("nginx:1");
    body["metadata"]["namespace"] = json!("default");
    for name in ["a", "b", "c", "d"] {
        body["spec"][name] = json!(1);
    }
    let mut texts = std::collections::BTreeSet::new();
    for number in 0..8 {
        cluster.create_namespace(&format!("n{number}"));
        texts.insert(refused(apply(&cluster, &body)).message);
    }
    assert!(texts.len() > 1, "{texts:?}");
}

#[test]
fn values_that_the_server_does_not_take_are_422_with_every_cause() {
    let cluster = cluster();
    let mut mismatch = deployment("");
    mismatch["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let status = refused(apply(&cluster, &mismatch));
    assert_eq!((status.code, &*status.reason), (422, "Invalid"));
    let fields: Vec<_> =
        status.causes.iter().map(|cause| (&*cause.reason, &*cause.field)).collect();
    assert_eq!(
        fields,
        [
            ("FieldValueInvalid", "spec.template.metadata.labels"),
            ("FieldValueRequired", "spec.template.spec.containers[0].image"),
        ]
    );
    let mut long = config("a", &json!({}));
    long["metadata"]["labels"]["x"] = json!("v".repeat(64));
    assert!(refused(apply(&cluster, &long)).message.contains("must be no more than 63 bytes"));
    let name = refused(apply(&cluster, &config("Not_A_Name", &json!({}))));
    assert_eq!(&*name.causes[0].field, "metadata.name");
}

#[test]
fn a_secret_with_bad_base64_is_500_and_string_data_becomes_data() {
    let cluster = cluster();
    let mut body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "t"}, "data": {"a": "%%"}});
    let status = refused(apply(&cluster, &body));
    assert_eq!(status.code, 500);
    assert!(status.message.contains("failed to convert new object"), "{}", status.message);
    body["data"] = json!({});
    body["stringData"] = json!({"a": "hello"});
    let object = applied(&cluster, &body);
    assert_eq!((&object["data"]["a"], &object["type"]), (&json!("aGVsbG8="), &json!("Opaque")));
    assert!(object.get("stringData").is_none());
}

#[test]
fn an_unforced_apply_over_others_fields_names_them() {
    let cluster = cluster();
    cluster.create("kubectl-create", &config("a", &json!({"k": "1"}))).unwrap();
    let status =
        refused(cluster.apply_as("other", OnConflict::Refuse, &config("a", &json!({"k": "2"}))));
    assert_eq!((status.code, &*status.reason), (409, "Conflict"));
    assert_eq!(&*status.causes[0].reason, "FieldManagerConflict");
    assert_eq!(&*status.causes[0].field, ".data.k");
}

#[tokio::test]
async fn r28_a_tried_creation_says_409_where_the_name_is_taken_and_the_object_valid() {
    let cluster = cluster();
    let tried = |body: &Value| {
        let (cluster, manifest) = (cluster.clone(), manifest(body));
        async move { cluster.try_create(&TryCreate { manifest }).await }
    };
    assert!(tried(&deployment("nginx:1")).await.is_ok());
    applied(&cluster, &deployment("nginx:1"));
    let taken = refused(tried(&deployment("nginx:2")).await);
    assert_eq!((taken.code, &*taken.reason), (409, "AlreadyExists"));
    assert_eq!(refused(tried(&deployment("")).await).code, 422);
    let mut unknown = deployment("nginx:1");
    unknown["spec"]["foo"] = json!(1);
    unknown["spec"]["bar"] = json!(1);
    let status = refused(tried(&unknown).await);
    assert_eq!(status.code, 400);
    assert!(
        status.message.contains("unknown field \"spec.foo\"")
            && status.message.contains("\"spec.bar\""),
        "{}",
        status.message
    );
}

#[tokio::test]
async fn a_body_that_etcd_cannot_take_is_500_at_the_write_and_one_that_the_server_cannot_is_413() {
    let cluster = cluster();
    let body = |size: usize| config("big", &json!({"k": "x".repeat(size)}));
    let large = body(1_700_000);
    assert!(guarded(&cluster, &large, Guard::Absent, Mode::Try).await.is_ok());
    let status = refused(guarded(&cluster, &large, Guard::Absent, Mode::Real).await);
    assert_eq!((status.code, &*status.message), (500, "etcdserver: request is too large"));
    let status = refused(guarded(&cluster, &body(3_300_000), Guard::Absent, Mode::Try).await);
    assert_eq!(status.code, 413);
}
