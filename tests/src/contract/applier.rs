//! What an [`Applier`](nopea_core::port::Applier) owes: guards, refusals, dry runs, deletions, releases.

use std::sync::Arc;

use nopea_core::{
    model::{ResourceVersion, Uid},
    port::{Delete, Guard, Mode, Release, TryCreate},
};
use serde_json::{Value, json};

use super::{Subject, at, live, manifest, refused};

/// Runs the whole contract.
///
/// # Panics
///
/// Where the cluster does not keep it.
pub async fn holds(subject: &Subject<'_>) {
    subject.fixture.namespace(subject.name).await;
    guards(subject).await;
    refusals(subject).await;
    deletions(subject).await;
    releases(subject).await;
    tried_creations(subject).await;
}

async fn guards(subject: &Subject<'_>) {
    let body = subject.config("guards", &json!({"k": "1"}));
    let tried = subject.apply(&body, Guard::Absent, Mode::Try).await.unwrap();
    assert!(tried.created, "a dry run of a creation says so");
    let first = subject.create(&body).await;
    assert!(first.object.is_some() && first.baseline.is_some());
    let taken = refused(subject.apply(&body, Guard::Absent, Mode::Real).await);
    assert_eq!(taken.code, 409, "what exists is not created");

    let again = subject.apply(&body, live(&first), Mode::Real).await.unwrap();
    assert!(!again.created);
    assert_eq!(again.now.version, first.version, "an apply that changes nothing is no write");

    let changed = subject.config("guards", &json!({"k": "2"}));
    let tried = subject.apply(&changed, live(&first), Mode::Try).await.unwrap();
    assert_eq!(tried.now.object.unwrap()["data"]["k"], "2");
    assert_eq!(tried.now.version, first.version, "a dry run is no write");
    let second = subject.apply(&changed, live(&first), Mode::Real).await.unwrap().now;
    assert_ne!(second.version, first.version);
    let stale = refused(subject.apply(&body, at(&second, &first.version.0), Mode::Real).await);
    assert_eq!((stale.code, &*stale.reason), (409, "Conflict"));

    let key = subject.key("guards");
    subject.fixture.delete(&key, "v1").await;
    let by_uid = Guard::Live { uid: second.uid.clone(), version: None };
    let gone = refused(subject.apply(&body, by_uid.clone(), Mode::Real).await);
    assert_eq!(gone.code, 409, "nothing is resurrected");
    assert!(gone.message.contains("uid mismatch"), "{}", gone.message);
    subject.fixture.create("somebody", &body).await;
    let replaced = refused(subject.apply(&body, by_uid, Mode::Real).await);
    assert_eq!(replaced.code, 422, "nothing is overwritten");
    assert_eq!(replaced.causes.len(), 1);
    assert_eq!(&*replaced.causes[0].field, "metadata.uid");
}

async fn refusals(subject: &Subject<'_>) {
    let create =
        |body: Value| async move { refused(subject.apply(&body, Guard::Absent, Mode::Try).await) };
    let mut homeless = subject.config("homeless", &json!({}));
    homeless["metadata"]["namespace"] = json!("no-such-namespace");
    let status = create(homeless).await;
    assert_eq!((status.code, &*status.kind), (404, "namespaces"));

    let metadata = json!({"name": "a", "namespace": subject.name});
    let unknown =
        json!({"apiVersion": "nowhere.example/v1", "kind": "Nothing", "metadata": metadata});
    let status = create(unknown).await;
    assert_eq!((status.code, status.typed), (404, false), "a kind that is not served");

    let mut typo = subject.config("typo", &json!({}));
    typo["dta"] = json!({});
    let status = create(typo).await;
    assert_eq!((status.code, &*status.reason), (500, ""));
    assert!(status.message.contains(".dta: field not declared in schema"), "{}", status.message);

    let mut long = subject.config("long", &json!({}));
    long["metadata"]["labels"]["long"] = json!("v".repeat(64));
    let status = create(long).await;
    assert_eq!((status.code, &*status.reason), (422, "Invalid"));
    assert_eq!(&*status.causes[0].field, "metadata.labels");

    let frozen = |value: &str| {
        let mut body = subject.config("frozen", &json!({"k": value}));
        body["immutable"] = json!(true);
        body
    };
    let seen = subject.create(&frozen("1")).await;
    let status = refused(subject.apply(&frozen("2"), live(&seen), Mode::Try).await);
    assert_eq!(status.code, 422);
    assert!(status.causes[0].message.contains("field is immutable"), "{status:?}");
}

async fn deletions(subject: &Subject<'_>) {
    let seen = subject.create(&subject.config("deleted", &json!({}))).await;
    let good = Delete {
        key: subject.key("deleted"),
        api_version: "v1".into(),
        uid: seen.uid.clone(),
        version: Some(seen.version.clone()),
        mode: Mode::Real,
    };
    let other = Delete { uid: Uid::new("00000000-0000-0000-0000-000000000000"), ..good.clone() };
    assert_eq!(refused(subject.applier.delete(&other).await).code, 409);
    let stale = Delete { version: Some(ResourceVersion::new("1")), ..good.clone() };
    assert_eq!(refused(subject.applier.delete(&stale).await).code, 409);
    subject.applier.delete(&Delete { mode: Mode::Try, ..good.clone() }).await.unwrap();
    subject.applier.delete(&good).await.unwrap();
    assert_eq!(refused(subject.applier.delete(&good).await).code, 404);
}

/// R12: what was taken over is given up by its former manager, so that its removal in Git counts.
async fn releases(subject: &Subject<'_>) {
    let both = subject.config("released", &json!({"k": "1", "b": "2"}));
    subject.fixture.create("somebody", &both).await;
    let key = subject.key("released");
    let look = nopea_core::port::Look { key: key.clone(), api_version: "v1".into() };
    let found = subject.view.look(&look).await.unwrap().unwrap();
    let adopted = subject.apply(&both, live(&found), Mode::Real).await.unwrap().now;
    assert!(adopted.overlap, "the former manager still owns what we own");
    let object = adopted.object.as_ref().unwrap();
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    let ours: Vec<Value> =
        entries.iter().filter(|entry| entry["manager"] == "nopea").cloned().collect();
    let release = |version: &ResourceVersion| Release {
        key: key.clone(),
        api_version: "v1".into(),
        version: version.clone(),
        managed_fields: Arc::new(json!(ours)),
    };
    let stale = subject.applier.release(&release(&ResourceVersion::new("1"))).await;
    assert_eq!(refused(stale).code, 409);
    let released = subject.applier.release(&release(&adopted.version)).await.unwrap();
    assert!(!released.overlap);
    assert_eq!(released.baseline, adopted.baseline);
    let one = subject.config("released", &json!({"k": "1"}));
    let dropped = subject.apply(&one, live(&released), Mode::Real).await.unwrap().now;
    assert!(dropped.object.unwrap()["data"].get("b").is_none());
}

/// R28: 409 where the name is taken and the object would do; every unknown field otherwise.
async fn tried_creations(subject: &Subject<'_>) {
    let tried = |body: &Value| TryCreate { manifest: manifest(body) };
    let body = subject.config("tried", &json!({}));
    subject.applier.try_create(&tried(&body)).await.unwrap();
    subject.create(&body).await;
    let taken = refused(subject.applier.try_create(&tried(&body)).await);
    assert_eq!((taken.code, &*taken.reason), (409, "AlreadyExists"));
    let mut unknown = body.clone();
    unknown["one"] = json!(1);
    unknown["two"] = json!(2);
    let status = refused(subject.applier.try_create(&tried(&unknown)).await);
    assert_eq!(status.code, 400);
    for field in ["\"one\"", "\"two\""] {
        assert!(status.message.contains(field), "{}", status.message);
    }
}
