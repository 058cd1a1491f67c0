//! What is taken over, given back, and never overwritten (R12, R25).

use nopea_core::{
    model::{ResourceVersion, Uid},
    port::{Applier as _, Apply, Guard, Mode, Refusal},
};
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    world::{config, kubernetes, manifest},
};

fn adopted(namespace: &str, data: &Value) -> Value {
    let mut body = config(namespace, "a", data);
    body["metadata"]["annotations"] = json!({"nopea.io/adopt": "true"});
    body
}

/// R12. Its former manager would keep it alive for ever.
#[tokio::test]
async fn a_field_of_an_adopted_object_goes_when_git_drops_it_and_a_foreign_one_stays() {
    let operator = Operator::new("adopted").await;
    let found = config(&operator.namespace, "a", &json!({"a": "1", "b": "2", "theirs": "3"}));
    operator.server.create("kubectl-create", &found).await.ok();
    operator.commit(&[adopted(&operator.namespace, &json!({"a": "1", "b": "2"}))]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    operator.commit(&[adopted(&operator.namespace, &json!({"a": "1"}))]);
    operator.synced(&repo).await;
    let live = operator.server.live(&found).await.ok();
    assert_eq!(live["data"], json!({"a": "1", "theirs": "3"}));
}

/// R25. A break-glass annotation that arrives between the look and the write.
#[tokio::test]
async fn a_write_that_names_the_version_it_judged_overwrites_nothing_that_came_since() {
    let operator = Operator::new("judged").await;
    let cluster = kubernetes(&operator.plane, "judged").await;
    let body = config(&operator.namespace, "a", &json!({"k": "1"}));
    let made = operator.server.create("user", &body).await.ok();
    let text = |field: &str| made["metadata"][field].as_str().unwrap().to_owned();
    let version = Some(ResourceVersion::new(text("resourceVersion").as_str()));
    let uid = Uid::new(text("uid").as_str());
    let glass = json!({"metadata": {"annotations": {"nopea.io/suspend-heal": "true"}}});
    operator.server.merge("user", &body, &glass).await.ok();
    let changed = config(&operator.namespace, "a", &json!({"k": "2"}));
    let guard = Guard::Live { uid: uid.clone(), version };
    let apply = Apply { manifest: manifest(&changed), guard, mode: Mode::Real };
    assert_eq!(code(&cluster.apply(&apply).await.unwrap_err()), 409);
    let unguarded = Guard::Live { uid, version: None };
    cluster.apply(&Apply { guard: unguarded, ..apply }).await.unwrap();
}

/// R25. Whatever the query says, an apply creates what is absent; a uid or a version in it does not.
#[tokio::test]
async fn only_a_guarded_apply_resurrects_nothing() {
    let operator = Operator::new("guarded").await;
    let mut body = config(&operator.namespace, "a", &json!({"k": "1"}));
    body["metadata"]["resourceVersion"] = json!("1");
    assert_eq!(operator.server.apply("nopea", &body, "").await.code, 201, "absent: created");
    assert_eq!(operator.server.apply("nopea", &body, "").await.code, 409, "present: refused");
    let uid = json!("00000000-0000-0000-0000-000000000000");
    body["metadata"] = json!({"name": "b", "namespace": operator.namespace, "uid": uid});
    let absent = operator.server.apply("nopea", &body, "").await;
    assert_eq!(absent.code, 409);
    assert!(absent.message().contains("uid mismatch"), "{}", absent.message());
    body["metadata"]["name"] = json!("a");
    let replaced = operator.server.apply("nopea", &body, "").await;
    assert_eq!((replaced.code, replaced.fields()), (422, vec!["metadata.uid"]));
}

fn code(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Status(status) => status.code,
        Refusal::Unreachable(_) | Refusal::TimedOut(_) => panic!("{refusal:?}"),
    }
}
