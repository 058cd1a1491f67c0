//! The table of specs that the API server and the conversion both take or both refuse.

use nopea_core::model::{declared::PIN, spec::DEFAULT_INTERVAL};
use serde_json::{Value, json};

use super::*;
use crate::admission::{admit, named, object};

const URL: &str = "https://example.org/shop.git";

/// A spec of a url and these fields.
fn spec(mut fields: Value) -> Value {
    fields.as_object_mut().unwrap().entry("url").or_insert_with(|| json!(URL));
    fields
}

fn typed(object: &Value) -> GitRepository {
    serde_json::from_value(object.clone()).unwrap()
}

fn convert(spec: &Value) -> Result<Spec, InvalidRepository> {
    Spec::try_from(&typed(&object(spec)).spec)
}

#[test]
fn a_url_alone_gives_cores_defaults() {
    let spec = convert(&spec(json!({}))).unwrap();
    assert_eq!(spec, Spec::new(SourceUrl::parse(URL).unwrap()));
    assert_eq!(spec.interval, DEFAULT_INTERVAL);
}

#[test]
fn every_field_reaches_the_model() {
    let spec = convert(&spec(json!({
        "semver": ">=1.2, <2",
        "path": "./apps//web/",
        "targetNamespace": "web",
        "interval": "1m30s",
        "timeout": "10m",
        "suspend": true,
        "prune": false,
        "deletionPolicy": "Orphan",
        "wait": false,
        "healPolicy": "notify",
        "healGracePeriod": "5m",
        "foreignFields": "revert",
        "ignore": [{"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}],
    })))
    .unwrap();
    let expected = Spec {
        reference: Reference::Semver(">=1.2, <2".into()),
        path: TreePath::parse("apps/web").unwrap(),
        target_namespace: Some("web".into()),
        interval: Duration::from_secs(90),
        timeout: Duration::from_mins(10),
        suspend: true,
        prune: false,
        deletion_policy: DeletionPolicy::Orphan,
        wait: false,
        heal_policy: HealPolicy::Notify,
        heal_grace_period: Duration::from_mins(5),
        foreign_fields: ForeignFields::Revert,
        ..Spec::new(SourceUrl::parse(URL).unwrap())
    };
    assert_eq!(spec, expected);
}

#[test]
fn what_both_take() {
    let commit = "a".repeat(40);
    for fields in [
        json!({}),
        json!({"branch": "feature/a-1"}),
        json!({"tag": "v1.2.3"}),
        json!({"semver": "*"}),
        json!({"commit": commit}),
        json!({"commit": "B".repeat(64)}),
        json!({"ref": "refs/pull/1/head"}),
        json!({"path": ""}),
        json!({"path": "./a"}),
        json!({"path": "a/..b"}),
        json!({"interval": "10s"}),
        json!({"interval": "1h30m"}),
        json!({"timeout": "1500ms"}),
        json!({"targetNamespace": "a-1"}),
        json!({"ignore": [{"paths": ["/spec/containers/*/image"]}]}),
    ] {
        let spec = spec(fields);
        admit(&object(&spec)).unwrap_or_else(|why| panic!("the server refuses {spec}: {why}"));
        convert(&spec).unwrap_or_else(|why| panic!("the conversion refuses {spec}: {why}"));
    }
}

#[test]
fn what_both_refuse_and_the_field_that_the_conversion_names() {
    for (field, fields) in [
        ("url", json!({"url": ""})),
        ("branch", json!({"branch": "main", "tag": "v1"})),
        ("branch", json!({"branch": "main", "commit": "a".repeat(40)})),
        ("branch", json!({"branch": ""})),
        ("branch", json!({"branch": "a b"})),
        ("branch", json!({"branch": "a:b"})),
        ("tag", json!({"tag": "v1^0"})),
        ("semver", json!({"semver": " "})),
        ("commit", json!({"commit": "abc1234"})),
        ("commit", json!({"commit": "g".repeat(40)})),
        ("ref", json!({"ref": "heads/main"})),
        ("path", json!({"path": "/etc"})),
        ("path", json!({"path": "../a"})),
        ("path", json!({"path": "a/../../b"})),
        ("path", json!({"path": "a\\b"})),
        ("path", json!({"path": "a\0b"})),
        ("targetNamespace", json!({"targetNamespace": "Web"})),
        ("targetNamespace", json!({"targetNamespace": "-a"})),
        ("targetNamespace", json!({"targetNamespace": "a".repeat(64)})),
        ("interval", json!({"interval": "9s"})),
        ("interval", json!({"interval": "5"})),
        ("interval", json!({"interval": "soon"})),
        ("timeout", json!({"timeout": "0s"})),
        ("timeout", json!({"timeout": "-5m"})),
        ("deletionPolicy", json!({"deletionPolicy": "delete"})),
        ("healPolicy", json!({"healPolicy": "Auto"})),
        ("healGracePeriod", json!({"healGracePeriod": "1d"})),
        ("foreignFields", json!({"foreignFields": "keep"})),
        ("ignore.paths", json!({"ignore": [{"paths": ["spec.replicas"]}]})),
        ("ignore.paths", json!({"ignore": [{"paths": []}]})),
    ] {
        let spec = spec(fields);
        assert!(admit(&object(&spec)).is_err(), "the server takes {spec}");
        let wrong = convert(&spec).expect_err(&format!("the conversion takes {spec}"));
        let named: Vec<_> = wrong.fields.iter().map(|wrong| wrong.field).collect();
        assert_eq!(named, [field], "{spec}");
    }
}

#[test]
fn names_that_git_itself_refuses_do_not_get_past_the_conversion() {
    for name in ["a..b", "-a", "a.lock", "a/.b", "a//b", "/a", "a/", "a@{1}", "a."] {
        assert!(convert(&spec(json!({"branch": name}))).is_err(), "{name}");
    }
}

#[test]
fn every_wrong_field_is_told_with_its_value_and_the_way_out() {
    let wrong = convert(&spec(json!({"interval": "9s", "path": "../a", "healPolicy": "never"})))
        .unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "path \"../a\" cannot be: it leaves the repository; write it without `..`; \
         interval \"9s\" cannot be: it is too short; \
         give at least 10s; a push or an annotation syncs at once; \
         healPolicy \"never\" cannot be: there is no such choice; write one of auto, manual, notify"
    );
}

#[test]
fn who_declares_and_what_the_annotations_order_is_read_once() {
    let mut object = object(&spec(json!({})));
    let commit = "c".repeat(40);
    object["metadata"]["annotations"] = json!({PIN: commit});
    object["metadata"]["deletionTimestamp"] = json!("2025-11-24T16:00:00Z");
    let (declared, unread) = declared(&typed(&object)).unwrap();
    assert_eq!(declared.key, RepoKey::new("shop", "web"));
    assert_eq!(declared.uid, Uid::new("u-1"));
    assert_eq!(declared.generation, 3);
    assert_eq!(declared.orders.pin.unwrap().commit.as_str(), commit);
    assert_eq!(declared.deleted_at, Some(Timestamp(1_764_000_000_000)));
    assert!(unread.is_empty());
}

#[test]
fn an_annotation_that_cannot_be_read_spoils_nothing_else() {
    let mut object = object(&spec(json!({})));
    object["metadata"]["annotations"] = json!({PIN: "main"});
    let (declared, unread) = declared(&typed(&object)).unwrap();
    assert_eq!(declared.orders.pin, None);
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].name, PIN);
}

#[test]
fn a_name_past_63_characters_is_told_beside_what_the_spec_has_wrong() {
    let object = named(&"a".repeat(64), &spec(json!({"interval": "9s"})));
    let wrong = declared(&typed(&object)).unwrap_err();
    let fields: Vec<_> = wrong.fields.iter().map(|wrong| wrong.field).collect();
    assert_eq!(fields, ["metadata.name", "interval"]);
}

#[test]
fn an_object_that_no_server_gave_a_uid_declares_nothing() {
    let mut object = object(&spec(json!({})));
    object["metadata"].as_object_mut().unwrap().remove("uid");
    let wrong = declared(&typed(&object)).unwrap_err();
    assert_eq!(wrong.fields[0].field, "metadata.uid");
}
