//! Rules 1, 3, 4, 7: one attempt at a time, superseded at the right moments, and nothing for nothing.

use super::bench::{Bench, Request, commit, config_map, key, seconds};
use crate::{
    fault::Code,
    model::{Phase, What},
    reconcile::{Effect, Event},
};

#[test]
fn a_commit_is_applied_and_told_once() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 2);
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.published(), 1, "an ordinary sync writes its status once");
    assert_eq!(bench.asked(Request::DryRun), 2);
    assert_eq!(bench.asked(Request::Write), 2);
    assert_eq!(bench.asked(Request::Claim), 1);
    assert_eq!(bench.asked(Request::Look), 0);
}

#[test]
fn a_trigger_while_an_attempt_runs_is_remembered_once() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::DryRun);
    bench.settle();
    bench.forget();
    bench.push();
    bench.push();
    bench.push();
    bench.hold(Request::Resolve);
    bench.settle();
    bench.push();
    assert_eq!(bench.asked(Request::Render), 0);
    bench.resume();
    bench.settle();
    assert!(bench.asked(Request::Resolve) <= 2, "one for what was asked before, one for after");
    assert_eq!(bench.asked(Request::Render), 0, "the same commit needs no second attempt");
}

#[test]
fn the_same_commit_and_spec_cost_nothing_but_a_wake_up() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.pass(seconds(3600));
    let quiet = |effect: &Effect| matches!(effect, Effect::WakeAt(_) | Effect::Resolve { .. });
    assert!(bench.effects.iter().all(quiet), "{:#?}", bench.effects);
    assert!(bench.asked(Request::Resolve) >= 11);
}

#[test]
fn a_commit_of_the_same_fingerprint_is_recorded_without_a_request() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "1")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Render), 1);
    let asked = |effect: &Effect| matches!(effect, Effect::Ask { .. } | Effect::Scope { .. });
    assert!(!bench.effects.iter().any(asked));
    assert_eq!(bench.state().concluded_commit(), Some(&commit("b")));
}

/// Stops at the open requests of this kind, and then a newer commit is found.
fn overtaken_at(request: Request) -> Bench {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
    bench.hold(request);
    bench.settle();
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    bench
}

#[test]
fn a_newer_commit_supersedes_during_rendering() {
    let mut bench = overtaken_at(Request::Render);
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Cancel(_))));
    let second =
        |effect: &Effect| matches!(effect, Effect::Render { commit: c, .. } if *c == commit("b"));
    assert!(bench.effects.iter().any(second));
    bench.resume();
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 1);
}

#[test]
fn a_newer_commit_supersedes_during_preflight_and_its_dry_runs_are_cancelled() {
    let mut bench = overtaken_at(Request::DryRun);
    let cancelled = bench.effects.iter().filter(|e| matches!(e, Effect::Cancel(_))).count();
    assert_eq!(cancelled, 2);
    assert!(bench.notices().any(|what| *what == What::Started { commit: commit("b") }));
    bench.resume();
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 1);
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "2");
}

#[test]
fn during_claiming_the_answer_is_awaited_then_superseded() {
    let mut bench = overtaken_at(Request::Claim);
    assert_eq!(bench.asked(Request::Render), 0, "the claim is in the air");
    bench.resume();
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["a"], "nothing of the first commit was written");
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn during_applying_open_writes_are_awaited_then_superseded() {
    let mut bench = overtaken_at(Request::Write);
    assert_eq!(bench.asked(Request::Render), 0, "two writes are in the air");
    assert_eq!(bench.open.len(), 2);
    let first = bench.open.remove(0);
    let event = bench.answer(&first);
    bench.give(event);
    assert_eq!(bench.asked(Request::Render), 0);
    let second = bench.open.remove(0);
    let event = bench.answer(&second);
    bench.give(event);
    assert_eq!(bench.asked(Request::Render), 1, "their outcome counts, then the next begins");
    bench.resume();
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 1, "what the first wrote is pruned by the second");
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn an_answer_of_a_superseded_attempt_changes_nothing() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::DryRun);
    bench.settle();
    let late = bench.open[0].clone();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    let before = bench.state().clone();
    let event = bench.answer(&late);
    bench.give(event);
    assert_eq!(*bench.state(), before);
}

#[test]
fn a_spec_change_that_touches_only_the_interval_starts_no_attempt() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declare(|spec| spec.interval = seconds(60));
    bench.settle();
    assert_eq!(bench.asked(Request::Render), 0);
    assert_eq!(bench.status().observed_generation, 2, "it was seen all the same");
    bench.forget();
    bench.pass(seconds(61));
    assert_eq!(bench.asked(Request::Resolve), 1, "and the next poll comes sooner");
}

#[test]
fn a_spec_change_that_touches_the_objects_starts_an_attempt() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declare(|spec| spec.target_namespace = Some("other".into()));
    bench.settle();
    assert_eq!(bench.asked(Request::Render), 1);
    let names: Vec<_> = bench.cluster.objects.keys().map(|key| &*key.namespace).collect();
    assert_eq!(names, ["other"]);
}

#[test]
fn a_kind_is_claimed_before_its_first_object() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.settle();
    assert!(bench.place(Request::Claim) < bench.place(Request::Write));
    assert!(bench.place(Request::DryRun) < bench.place(Request::Claim), "and after the preflight");
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Claim), 0, "what is claimed stays claimed");
}

#[test]
fn each_stage_is_ended_by_the_timeout() {
    let stages = [Request::Render, Request::Scope, Request::DryRun, Request::Claim, Request::Write];
    for stage in stages {
        let mut bench = Bench::new();
        bench.commit("a", &[config_map("a", "1")]);
        bench.hold(stage);
        bench.settle();
        bench.pass(seconds(300));
        assert_eq!(bench.faults(), [Code::AttemptTimedOut], "{stage:?}");
        bench.resume();
        bench.open.clear();
        bench.pass(seconds(2));
        assert_eq!(bench.status().phase, Phase::Synced, "{stage:?}: tried again by itself");
    }
}

#[test]
fn a_step_of_five_thousand_objects_has_few_effects() {
    let mut bench = Bench::new();
    let many: Vec<_> = (0..5_000).map(|n| config_map(&format!("c{n:04}"), "1")).collect();
    bench.commit("a", &many);
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 5_000);
    bench.cluster.edit(&key("c2500"), "/data/value", "2");
    bench.forget();
    bench.show();
    assert!(bench.effects.len() <= 4, "{:#?}", bench.effects.len());
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 1);
    let seen = bench.cluster.look(&key("c0001")).unwrap();
    bench.forget();
    bench.give(Event::Observed(Box::new(seen)));
    assert!(bench.effects.len() <= 1);
}
