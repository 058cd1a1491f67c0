//! What a [`ClusterView`](nopea_core::port::ClusterView) owes: scopes, looks, follows, surveys.

use std::collections::{BTreeMap, BTreeSet};

use nopea_core::{
    membership::PART_OF,
    model::{Change, GroupKind, ObjectKey},
    port::{Follow, Guard, Look, Mode, ScopesRequest, Survey, ViewEvent},
};
use serde_json::json;

use super::{Subject, next, refused, sighting};

fn configs() -> GroupKind {
    GroupKind::new("", "ConfigMap")
}

/// Runs the whole contract.
///
/// # Panics
///
/// Where the cluster does not keep it.
pub async fn holds(subject: &Subject<'_>) {
    subject.fixture.namespace(subject.name).await;
    scopes(subject).await;
    looks(subject).await;
    follows(subject).await;
    surveys(subject).await;
}

async fn scopes(subject: &Subject<'_>) {
    let (namespace, nothing) =
        (GroupKind::new("", "Namespace"), GroupKind::new("nowhere.example", "Nothing"));
    let deployment = GroupKind::new("apps", "Deployment");
    let kinds = BTreeSet::from([configs(), namespace.clone(), deployment.clone(), nothing.clone()]);
    let scopes = subject.view.scopes(&ScopesRequest { kinds }).await.unwrap();
    assert!(scopes[&configs()].namespaced && !scopes[&namespace].namespaced);
    assert_eq!(scopes[&deployment].versions.first().map(|version| &**version), Some("v1"));
    assert!(!scopes.contains_key(&nothing));
}

async fn looks(subject: &Subject<'_>) {
    let look = |key: ObjectKey| Look { key, api_version: "v1".into() };
    assert!(subject.view.look(&look(subject.key("looked"))).await.unwrap().is_none());
    let made = subject.create(&subject.config("looked", &json!({"k": "1"}))).await;
    let seen = subject.view.look(&look(subject.key("looked"))).await.unwrap().unwrap();
    assert_eq!((&seen.uid, &seen.version), (&made.uid, &made.version));
    assert_eq!((seen.change, &seen.baseline), (Change::Present, &made.baseline));
    assert_eq!(seen.object.unwrap()["data"]["k"], "1");
    let nothing = ObjectKey::new("nowhere.example", "Nothing", subject.name, "a");
    let unserved = Look { key: nothing, api_version: "nowhere.example/v1".into() };
    assert_eq!(refused(subject.view.look(&unserved).await).code, 404);
}

async fn follows(subject: &Subject<'_>) {
    let before = subject.create(&subject.config("before", &json!({}))).await;
    let kinds = BTreeMap::from([(configs(), "v1".into())]);
    let follow = Follow { repo: subject.repo(), kinds };
    let mut stream = subject.view.follow(&follow).await.unwrap();
    let mut shown = BTreeSet::new();
    loop {
        match next(&mut stream).await {
            ViewEvent::Observed(seen) => {
                shown.insert(seen.uid.clone());
            }
            ViewEvent::Synced { kind, live } => {
                assert_eq!(kind, configs());
                assert!(live.contains(&before.uid) && live == shown, "what lives was shown first");
                break;
            }
            ViewEvent::Gone(kind) => panic!("{kind} is served"),
        }
    }

    let body = subject.config("later", &json!({"k": "1"}));
    let made = subject.create(&body).await;
    let seen = sighting(&mut stream, "later").await;
    assert_eq!(
        (seen.change, &seen.uid, &seen.version),
        (Change::Present, &made.uid, &made.version)
    );

    let key = subject.key("later");
    subject.fixture.patch("somebody", &key, "v1", &json!({"data": {"k": "9"}})).await;
    let seen = sighting(&mut stream, "later").await;
    assert_ne!(seen.baseline, made.baseline, "a change of ours is seen without a request");

    let labels = json!({"metadata": {"labels": {PART_OF: null}}});
    subject.fixture.patch("somebody", &key, "v1", &labels).await;
    let left = sighting(&mut stream, "later").await;
    assert_eq!((left.change, &left.uid), (Change::LeftView, &made.uid));

    subject.fixture.delete(&subject.key("before"), "v1").await;
    let left = sighting(&mut stream, "before").await;
    assert_eq!((left.change, &left.uid), (Change::LeftView, &before.uid));

    let mut held = subject.config("held", &json!({}));
    held["metadata"]["finalizers"] = json!(["contract.example/hold"]);
    subject.create(&held).await;
    assert_eq!(sighting(&mut stream, "held").await.change, Change::Present);
    subject.fixture.delete(&subject.key("held"), "v1").await;
    assert_eq!(sighting(&mut stream, "held").await.change, Change::Terminating);
    let free = json!({"metadata": {"finalizers": null}});
    subject.fixture.patch("somebody", &subject.key("held"), "v1", &free).await;
    assert_eq!(sighting(&mut stream, "held").await.change, Change::Gone);
}

async fn surveys(subject: &Subject<'_>) {
    let member = subject.create(&subject.config("member", &json!({}))).await;
    let mut stranger = subject.config("stranger", &json!({}));
    stranger["metadata"]["labels"] = json!({});
    subject.apply(&stranger, Guard::Absent, Mode::Real).await.unwrap();
    let repo = subject.repo();
    let kinds = BTreeSet::from([configs()]);
    for survey in
        [Survey::Members { repo: repo.clone(), kinds }, Survey::AllKinds { repo: repo.clone() }]
    {
        let found = subject.view.survey(&survey).await.unwrap();
        assert!(found.iter().any(|one| one.uid == member.uid && one.object.is_some()));
        assert!(!found.iter().any(|one| &*one.key.name == "stranger"));
    }
    let key = ObjectKey::new("", "Namespace", "", subject.name);
    let inside = subject.view.survey(&Survey::Contents { key }).await.unwrap();
    assert!(inside.iter().any(|one| one.key == subject.key("stranger") && one.object.is_some()));
}
