//! Waves and gates: Namespaces, definitions, explicit dependencies, and what is dry run at its gate.

use serde_json::{Value, json};

use super::{
    bench::{Bench, Request, config_map, manifest, seconds},
    cluster::status,
};
use crate::{
    fault::Code,
    model::{GroupKind, Manifest, ObjectKey, Phase},
    port::{Refusal, ServerStatus},
};

fn namespace(name: &str) -> Manifest {
    manifest("v1", "Namespace", name, json!({}))
}

fn inside(namespace: &str, name: &str) -> Manifest {
    manifest(
        "v1",
        "ConfigMap",
        name,
        json!({"metadata": {"namespace": namespace},
        "data": {"value": "1"}}),
    )
}

fn definition() -> Manifest {
    manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "toys.example.org",
        json!({"spec": {"group": "example.org", "scope": "Namespaced",
            "names": {"kind": "Toy", "plural": "toys"},
            "versions": [{"name": "v1", "served": true, "storage": true}]}}),
    )
}

fn toy() -> Manifest {
    manifest("example.org/v1", "Toy", "bear", json!({"spec": {"fur": "brown"}}))
}

fn active() -> Value {
    json!({"phase": "Active"})
}

fn established() -> Value {
    json!({"conditions": [{"type": "Established", "status": "True"},
        {"type": "NamesAccepted", "status": "True"}]})
}

/// A definition and an object of its kind, on a cluster that does not know the kind.
fn toys() -> Bench {
    let mut bench = Bench::new();
    bench.unserved.insert(GroupKind::new("example.org", "Toy"));
    bench.commit("a", &[definition(), toy()]);
    bench
}

fn unserved() -> Refusal {
    let message = "404 page not found".into();
    Refusal::Status(Box::new(ServerStatus { code: 404, message, ..ServerStatus::default() }))
}

#[test]
fn what_stands_in_a_namespace_waits_until_it_is_active() {
    let mut bench = Bench::new();
    bench.commit("a", &[namespace("team"), inside("team", "a")]);
    bench.settle();
    assert_eq!(bench.names(Request::DryRun), ["team", "a"], "a stand-in");
    assert_eq!(bench.names(Request::Write), ["team"]);
    bench.cluster.report(&ObjectKey::new("", "Namespace", "", "team"), active());
    bench.settle();
    assert_eq!(bench.names(Request::DryRun), ["team", "a", "a"], "dry run at its gate");
    assert_eq!(bench.names(Request::Write), ["team", "a"]);
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn a_custom_resource_waits_until_its_definition_is_established() {
    let mut bench = toys();
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["toys.example.org"]);
    bench.cluster.report(&definition().key, established());
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["toys.example.org", "bear"]);
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn the_transients_of_a_fresh_kind_are_waited_out_for_five_seconds() {
    let mut bench = toys();
    bench.settle();
    bench.refuse(Request::DryRun, "bear", unserved(), 10);
    bench.cluster.report(&definition().key, established());
    bench.settle();
    bench.pass(seconds(3));
    assert_eq!(bench.names(Request::DryRun).len(), 12, "again each 200 ms until it was taken up");
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn after_five_seconds_a_transient_is_a_fault() {
    let mut bench = toys();
    bench.settle();
    bench.refuse(Request::DryRun, "bear", unserved(), usize::MAX);
    bench.cluster.report(&definition().key, established());
    bench.settle();
    bench.pass(seconds(4));
    assert_eq!(bench.faults(), []);
    bench.pass(seconds(2));
    assert_eq!(bench.faults(), [Code::KindUnknown]);
    assert_eq!(bench.names(Request::Write), ["toys.example.org"]);
}

#[test]
fn a_kind_that_nothing_brings_is_no_transient() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.refuse(Request::DryRun, "a", unserved(), 1);
    bench.settle();
    assert_eq!(bench.faults(), [Code::KindUnknown]);
}

#[test]
fn an_explicit_dependency_is_waited_for() {
    let job = manifest("batch/v1", "Job", "migrate", json!({"spec": {"template": {}}}));
    let after = manifest(
        "v1",
        "ConfigMap",
        "a",
        json!({"metadata": {"annotations":
        {"nopea.io/depends-on": "batch/Job/shop/migrate"}}, "data": {"value": "1"}}),
    );
    let mut bench = Bench::new();
    bench.commit("a", &[after, job]);
    bench.settle();
    assert_eq!(bench.names(Request::DryRun), ["a", "migrate"], "both can be dry run at once");
    assert_eq!(bench.names(Request::Write), ["migrate"]);
    let key = ObjectKey::new("batch", "Job", "shop", "migrate");
    let done = json!({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]});
    bench.cluster.report(&key, done);
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["migrate", "a"]);
}

#[test]
fn a_gate_that_never_opens_names_what_stands_in_the_way() {
    let mut bench = Bench::new();
    bench.commit("a", &[namespace("team"), inside("team", "a")]);
    bench.settle();
    bench.pass(seconds(300));
    assert_eq!(bench.faults(), [Code::GateTimedOut]);
    let status = bench.status();
    let object = status.faults[0].object.as_ref().unwrap();
    assert_eq!(&*object.name, "team");
    assert_eq!(bench.names(Request::Write), ["team"]);
}

#[test]
fn a_newer_commit_supersedes_at_a_gate() {
    let mut bench = Bench::new();
    bench.commit("a", &[namespace("team"), inside("team", "a")]);
    bench.settle();
    bench.commit("b", &[config_map("a", "1"), namespace("team")]);
    bench.push();
    bench.settle();
    bench.cluster.report(&ObjectKey::new("", "Namespace", "", "team"), active());
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
    assert!(bench.cluster.objects.keys().all(|key| &*key.namespace != "team"));
}

#[test]
fn a_wave_stops_at_its_fault_and_later_waves_do_not_begin() {
    let mut bench = Bench::new();
    bench.commit("a", &[namespace("team"), inside("team", "a"), config_map("b", "1")]);
    bench.refuse(Request::Write, "team", status(403, "Forbidden", "no"), 1);
    bench.settle();
    assert_eq!(bench.faults(), [Code::Forbidden]);
    assert!(!bench.names(Request::Write).contains(&"a"));
}

#[test]
fn a_sync_waits_until_its_objects_are_ready_where_the_spec_says_so() {
    let deployment = manifest("apps/v1", "Deployment", "web", json!({"spec": {"replicas": 1}}));
    let key = ObjectKey::new("apps", "Deployment", "shop", "web");
    let moving = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
        "readyReplicas": 0, "availableReplicas": 0});
    let ready = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
        "availableReplicas": 1, "conditions": [{"type": "Available", "status": "True"}]});
    for wait in [true, false] {
        let mut bench = Bench::with(|spec| spec.wait = wait);
        bench.commit("a", std::slice::from_ref(&deployment));
        bench.settle();
        bench.cluster.report(&key, moving.clone());
        bench.settle();
        assert_eq!(bench.status().phase == Phase::Synced, !wait);
        bench.cluster.report(&key, ready.clone());
        bench.settle();
        assert_eq!(bench.status().phase, Phase::Synced);
    }
}

#[test]
fn after_a_crash_a_definition_that_is_not_established_yet_is_still_awaited() {
    let mut bench = toys();
    bench.settle();
    bench.restart();
    bench.forget();
    bench.settle();
    assert_eq!(bench.names(Request::DryRun), Vec::<&str>::new(), "the toy cannot be dry run yet");
    assert_eq!(bench.faults(), []);
    bench.cluster.report(&definition().key, established());
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["bear"]);
    assert_eq!(bench.status().phase, Phase::Synced);
}
