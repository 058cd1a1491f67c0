//! Every event that can be sent is one that CDEvents knows, and says what happened.

use std::time::Duration;

use cloudevents::AttributesReader as _;
use nopea_core::{
    fault::Code,
    model::{Action, Hash, ObjectKey, ObjectReport, Origin},
};

use super::{schema::validator, *};

fn commit(digit: char) -> Commit {
    Commit::parse(&digit.to_string().repeat(40)).unwrap()
}

fn notice(what: What) -> Notice {
    Notice { repo: RepoKey::new("shop", "web"), at: Timestamp(1_764_000_000_123), what }
}

fn synced(delivery: Delivery) -> What {
    What::Synced {
        commit: commit('b'),
        previous: Some(commit('a')),
        delivery,
        changes: Changes { created: 3, pruned: 1, ..Changes::default() },
        took: Duration::from_millis(1_500),
    }
}

fn failed(faults: usize) -> What {
    let fault = Fault::new(Code::Syntax, "a tab stands where a space must")
        .at(Origin { file: "apps/web.yaml".into(), line: 12, column: 3 })
        .on(ObjectKey::new("apps", "Deployment", "shop", "web"));
    What::Failed { commit: Some(commit('b')), faults: vec![fault; faults].into() }
}

fn healed(name: &str) -> What {
    What::Healed {
        key: ObjectKey::new("apps", "Deployment", "shop", name),
        by: Some("kubectl-edit".into()),
    }
}

fn removed(deleted: usize) -> What {
    let left = Fault::new(Code::DeletionBlocked, "a finalizer of others stands on it");
    What::Removed { deleted, left: vec![left].into() }
}

fn producer() -> Producer {
    Producer::new("https://nopea.example.org/production", "production").unwrap()
}

/// The event of a notice, in the shape that is sent.
fn sent(what: What) -> Value {
    let event = producer().event(&notice(what)).unwrap().unwrap();
    serde_json::to_value(event).unwrap()
}

fn all() -> Vec<What> {
    vec![
        synced(Delivery::Deployed),
        synced(Delivery::Upgraded),
        synced(Delivery::RolledBack),
        removed(4),
        failed(2),
        failed(500),
        What::Failed { commit: None, faults: Vec::new().into() },
        healed("web"),
    ]
}

#[test]
fn every_event_validates_against_the_published_schema_of_its_type() {
    for what in all() {
        let sent = sent(what);
        let event = &sent["data"];
        let validator = validator(event["context"]["type"].as_str().unwrap());
        let wrong: Vec<_> = validator.iter_errors(event).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{event:#}");
        assert_eq!(event["context"]["specversion"], "0.5.1");
    }
}

#[test]
fn the_published_schema_is_enforced_with_its_formats_and_links() {
    let good = sent(synced(Delivery::Deployed))["data"].clone();
    let validator = validator("dev.cdevents.service.deployed.0.3.0");
    assert!(validator.is_valid(&good));
    for (pointer, bad) in [
        ("/context/id", json!("")),
        ("/context/timestamp", json!("yesterday")),
        ("/context/specversion", json!("")),
        ("/context/type", json!("dev.cdevents.service.removed.0.3.0")),
        ("/subject/id", json!("")),
        ("/subject/content", json!({"artifactId": "a"})),
        ("/customData", json!(7)),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = bad;
        assert!(!validator.is_valid(&event), "{pointer}");
    }
    let mut linked = good;
    linked["context"]["links"] = json!([{"linkType": "END", "from": {"contextId": "1"}}]);
    assert!(validator.is_valid(&linked));
    linked["context"]["links"] = json!([{"linkType": "NOWHERE"}]);
    assert!(!validator.is_valid(&linked));
}

#[test]
fn what_happened_decides_the_type() {
    for (what, kind) in [
        (synced(Delivery::Deployed), "dev.cdevents.service.deployed.0.3.0"),
        (synced(Delivery::Upgraded), "dev.cdevents.service.upgraded.0.3.0"),
        (synced(Delivery::RolledBack), "dev.cdevents.service.rolledback.0.3.0"),
        (removed(4), "dev.cdevents.service.removed.0.3.0"),
        (failed(1), "dev.cdeventsx.nopea-sync.failed.0.1.0"),
        (healed("web"), "dev.cdeventsx.nopea-drift.healed.0.1.0"),
    ] {
        let sent = sent(what);
        assert_eq!(sent["type"], kind);
        assert_eq!(sent["data"]["context"]["type"], kind);
    }
}

#[test]
fn what_is_no_delivery_is_no_event() {
    let report = ObjectReport {
        key: ObjectKey::new("", "Service", "shop", "web"),
        origin: None,
        action: Action::Created,
        message: None,
        fields: Vec::new().into(),
    };
    for what in [
        synced(Delivery::Unchanged),
        removed(0),
        What::Started { commit: commit('b') },
        What::Planned {
            commit: commit('b'),
            objects: 1,
            writes: 1,
            prunes: 0,
            prune_digest: Hash::of_parts(["none"]),
        },
        What::Object(report),
        What::Warned(Fault::new(Code::Normalised, "status was left out")),
    ] {
        assert!(producer().event(&notice(what)).unwrap().is_none());
    }
}

#[test]
fn the_envelope_repeats_what_routes_the_event() {
    let event = producer().event(&notice(synced(Delivery::Upgraded))).unwrap().unwrap();
    assert_eq!(event.specversion().to_string(), "1.0");
    assert_eq!(event.source().as_str(), "https://nopea.example.org/production");
    assert_eq!(event.subject(), Some("shop/web"));
    let sent = serde_json::to_value(&event).unwrap();
    assert_eq!(sent["id"], sent["data"]["context"]["id"]);
    assert_eq!(sent["data"]["context"]["timestamp"], "2025-11-24T16:00:00.123Z");
    assert_eq!(sent["datacontenttype"], "application/json");
}

#[test]
fn a_delivery_names_its_commit_and_the_one_before() {
    let event = sent(synced(Delivery::RolledBack));
    let content = &event["data"]["subject"]["content"];
    assert_eq!(content["artifactId"], format!("pkg:generic/shop/web@{}", commit('b')));
    assert_eq!(content["environment"]["id"], "production");
    let ours = &event["data"]["customData"]["nopea"];
    assert_eq!(ours["previousCommit"], commit('a').as_str());
    assert_eq!(ours["changes"]["created"], 3);
    assert_eq!(ours["durationMs"], 1_500);
}

#[test]
fn a_failure_says_why_where_and_what_to_do() {
    let event = sent(failed(1));
    let fault = &event["data"]["subject"]["content"]["faults"][0];
    assert_eq!(fault["code"], "M005");
    assert_eq!(fault["file"], "apps/web.yaml");
    assert_eq!(fault["line"], 12);
    assert_eq!(fault["help"], Code::Syntax.help());
}

#[test]
fn a_flood_of_faults_is_counted_and_cut() {
    let event = sent(failed(500));
    let content = &event["data"]["subject"]["content"];
    assert_eq!(content["faults"].as_array().unwrap().len(), MAX_FAULTS);
    assert_eq!(content["faultCount"], 500);
}

#[test]
fn one_notice_has_one_id_and_two_have_two() {
    let id = |what| sent(what)["id"].as_str().unwrap().to_owned();
    assert_eq!(id(synced(Delivery::Upgraded)), id(synced(Delivery::Upgraded)));
    assert_ne!(id(synced(Delivery::Upgraded)), id(synced(Delivery::Deployed)));
    assert_ne!(id(healed("web")), id(healed("api")), "healed in the same millisecond");
    assert_eq!(
        id(synced(Delivery::Upgraded)),
        format!("service.upgraded/shop/web/{}/1764000000123", commit('b'))
    );
}

#[test]
fn a_producer_without_a_name_is_refused() {
    assert_eq!(Producer::new("", "production"), None);
    assert_eq!(Producer::new("not a uri", "production"), None);
    assert_eq!(Producer::new("/nopea", ""), None);
}
