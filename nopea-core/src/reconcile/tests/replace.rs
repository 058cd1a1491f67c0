//! Refusals that a dry run goes into: all complaints of a schema (R16), and `nopea.io/replace` (R28).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    bench::{Bench, Request, commit, key, manifest, seconds},
    cluster::{invalid, status},
};
use crate::{
    fault::Code,
    model::{Action, Intent, Manifest, Phase},
    port::{Refusal, ServerStatus},
    reconcile::{Ask, Effect},
};

fn schema(lines: &[&str]) -> Refusal {
    let lines: Vec<_> = lines.iter().map(|line| format!("  .{line}")).collect();
    let message = format!(
        "failed to create typed patch object (shop/a; v1, Kind=ConfigMap): errors:\n{}",
        lines.join("\n")
    );
    let message = message.into();
    Refusal::Status(Box::new(ServerStatus { code: 500, message, ..ServerStatus::default() }))
}

fn wrong() -> Manifest {
    let body = json!({"data": {"value": "1"}, "foo": 1, "bar": {"x": 1, "y": 2}});
    manifest("v1", "ConfigMap", "a", body)
}

/// The bodies of the dry runs, in order.
fn tried(bench: &Bench) -> Vec<Arc<Value>> {
    let bodies = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Ask { ask: Ask::Apply { manifest, .. }, .. } => Some(Arc::clone(&manifest.body)),
        _other => None,
    });
    bodies.collect()
}

#[test]
fn every_schema_fault_and_then_the_validation_faults_are_reported_at_once() {
    let mut bench = Bench::new();
    bench.commit("a", &[wrong()]);
    bench.refuse(Request::DryRun, "a", schema(&["foo: field not declared in schema"]), 1);
    bench.refuse(
        Request::DryRun,
        "a",
        schema(&["bar.y: expected string, got &x{1}", "bar.x: field not declared in schema"]),
        1,
    );
    bench.refuse(Request::DryRun, "a", invalid("data.value", "must be 2"), 1);
    bench.settle();
    let status = bench.status();
    let told: Vec<_> = status.faults.iter().map(|f| (f.code, f.message.to_string())).collect();
    assert_eq!(
        told,
        [
            (Code::UnknownField, "bar.x: field not declared in schema".to_owned()),
            (Code::UnknownField, "bar.y: expected string".to_owned()),
            (Code::UnknownField, "foo: field not declared in schema".to_owned()),
            (Code::Invalid, "data.value: must be 2".to_owned()),
        ]
    );
    let bodies = tried(&bench);
    assert_eq!(bodies.len(), 3);
    assert!(bodies[1].get("foo").is_none() && bodies[1].get("bar").is_some());
    assert_eq!(bodies[2].get("bar"), Some(&json!({})));
    assert_eq!(bench.asked(Request::Write), 0);
}

#[test]
fn what_passes_without_its_wrong_fields_is_still_refused() {
    let mut bench = Bench::new();
    bench.commit("a", &[wrong()]);
    bench.refuse(Request::DryRun, "a", schema(&["foo: field not declared in schema"]), 1);
    bench.settle();
    assert_eq!((bench.asked(Request::DryRun), bench.asked(Request::Write)), (2, 0));
    assert_eq!(bench.faults(), [Code::UnknownField]);
}

#[test]
fn a_dry_run_is_repeated_eight_times_at_most_and_only_while_something_is_left_out() {
    let many: Vec<String> = (0..12).map(|n| format!("f{n:02}")).collect();
    let mut body = json!({});
    for name in &many {
        body[name] = 1.into();
    }
    let mut bench = Bench::new();
    bench.commit("a", &[manifest("v1", "ConfigMap", "a", body)]);
    for name in &many {
        let line = format!("{name}: field not declared in schema");
        bench.refuse(Request::DryRun, "a", schema(&[&line]), 1);
    }
    bench.settle();
    assert_eq!((bench.asked(Request::DryRun), bench.faults().len()), (9, 9));
    let mut bench = Bench::new();
    bench.commit("a", &[wrong()]);
    let absent = schema(&["other: field not declared in schema"]);
    bench.refuse(Request::DryRun, "a", absent, usize::MAX);
    bench.settle();
    assert_eq!((bench.asked(Request::DryRun), bench.faults().len()), (1, 1));
}

fn replaceable(value: &str) -> Manifest {
    manifest(
        "v1",
        "ConfigMap",
        "a",
        json!({"data": {"value": value},
        "metadata": {"annotations": {"nopea.io/replace": "true"}}}),
    )
}

/// A commit changes what cannot be changed; this is what the server says of the new object.
fn changed(answer: Option<Refusal>) -> Bench {
    let mut bench = Bench::synced(&[replaceable("1")]);
    bench.commit("b", &[replaceable("2")]);
    bench.refuse(Request::DryRun, "a", invalid("data", "field is immutable"), 1);
    if let Some(refusal) = answer {
        bench.refuse(Request::TryCreate, "a", refusal, 1);
    }
    bench
}

#[test]
fn an_object_that_may_be_replaced_is_deleted_and_created_anew() {
    let mut bench = changed(Some(status(409, "AlreadyExists", "configmaps \"a\" already exists")));
    let before = bench.cluster.look(&key("a")).unwrap().uid;
    bench.push();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert!(bench.place(Request::TryCreate) < bench.place(Request::Delete));
    assert_ne!(bench.cluster.look(&key("a")).unwrap().uid, before);
    let report = *bench.reports("a").last().unwrap();
    assert_eq!((report.action, report.message.as_deref()), (Action::Configured, Some("replaced")));
    assert_eq!(bench.asked(Request::Write), 1);
    assert_eq!(bench.status().history[0].changes.configured, 1);
}

#[test]
fn a_replacement_that_would_be_refused_deletes_nothing() {
    let mut bench = changed(Some(invalid("data.other", "must be a number")));
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Invalid]);
    assert_eq!((bench.asked(Request::Delete), bench.asked(Request::Write)), (0, 0));
}

#[test]
fn without_the_annotation_immutable_is_a_fault_that_names_the_way_out() {
    let mut bench = Bench::synced(&[super::bench::config_map("a", "1")]);
    bench.commit("b", &[super::bench::config_map("a", "2")]);
    bench.refuse(Request::DryRun, "a", invalid("data", "field is immutable"), 1);
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Immutable]);
    assert!(bench.status().faults[0].help.contains("nopea.io/replace"));
    assert_eq!(bench.asked(Request::TryCreate), 0);
}

#[test]
fn a_new_object_waits_until_the_old_one_is_gone() {
    let mut bench = changed(None);
    bench.cluster.edit(&key("a"), "/metadata/finalizers", json!(["example.org/hold"]));
    bench.settle();
    bench.forget();
    bench.push();
    bench.settle();
    assert_eq!((bench.asked(Request::Delete), bench.asked(Request::Write)), (1, 0));
    bench.pass(seconds(2));
    assert_eq!(bench.asked(Request::Look), 4, "each half second, should no event tell");
    assert_eq!(bench.asked(Request::Write), 0);
    bench.cluster.let_go(&key("a"));
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 1, "the event tells at once");
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "2");
}

#[test]
fn what_never_goes_is_not_waited_for_beyond_the_timeout() {
    let mut bench = changed(None);
    bench.cluster.edit(&key("a"), "/metadata/finalizers", json!(["example.org/hold"]));
    bench.settle();
    bench.push();
    bench.settle();
    bench.pass(seconds(300));
    assert_eq!(bench.faults(), [Code::AttemptTimedOut]);
    assert_eq!(bench.asked(Request::Write), 0);
}

#[test]
fn break_glass_stops_a_replacement() {
    let mut bench = changed(None);
    bench.hold(Request::Delete);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("a"), "/metadata/annotations/nopea.io~1suspend-heal", "true");
    bench.resume();
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    assert_eq!(bench.reports("a").last().unwrap().action, Action::Skipped);
}

#[test]
fn a_namespace_is_never_replaced() {
    let team = |value: &str| {
        manifest(
            "v1",
            "Namespace",
            "team",
            json!({"spec": {"x": value},
        "metadata": {"annotations": {"nopea.io/replace": "true"}}}),
        )
    };
    let mut bench = Bench::new();
    bench.commit("a", &[team("1")]);
    bench.settle();
    bench.cluster.report(&team("1").key, json!({"phase": "Active"}));
    bench.settle();
    bench.commit("b", &[team("2")]);
    bench.refuse(Request::DryRun, "team", invalid("spec.x", "field is immutable"), 1);
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Immutable]);
    assert_eq!(bench.asked(Request::TryCreate), 0);
}

#[test]
fn a_plan_tells_of_a_replacement_and_makes_none() {
    let mut bench = changed(None);
    bench.order(|orders| orders.intent = Intent::Plan);
    bench.push();
    bench.settle();
    let report = *bench.reports("a").last().unwrap();
    assert_eq!((report.action, report.message.as_deref()), (Action::Configured, Some("replaced")));
    assert_eq!(bench.asked(Request::Delete), 0);
}
