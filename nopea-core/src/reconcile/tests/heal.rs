//! Rule 11 and the races of heals: what others change is put back, and nothing else is.

use std::time::Duration;

use serde_json::json;

use super::{
    bench::{Bench, Request, commit, config_map, key, seconds},
    cluster::status,
};
use crate::{
    fault::Code,
    model::{Change, ConditionType, HealPolicy, ResourceVersion, What},
    reconcile::{Ask, Effect, Event},
};

fn value(bench: &Bench, name: &str) -> Option<String> {
    let value = bench.cluster.field(&key(name), "/data/value")?;
    Some(value.as_str().unwrap().to_owned())
}

fn heals(bench: &Bench) -> usize {
    bench.notices().filter(|what| matches!(what, What::Healed { .. })).count()
}

fn two() -> Bench {
    Bench::synced(&[config_map("a", "1"), config_map("b", "1")])
}

#[test]
fn an_edit_is_put_back_with_one_write_and_told_with_its_author() {
    let mut bench = two();
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
    assert_eq!(bench.names(Request::Write), ["a"]);
    assert_eq!((bench.asked(Request::DryRun), bench.asked(Request::Look)), (0, 0));
    let told = What::Healed { key: key("a"), by: Some("kubectl-edit".into()) };
    assert!(bench.notices().any(|what| *what == told));
    assert_eq!(bench.status().objects.drifted, 0);
    assert_eq!(bench.published(), 0, "what was put back at once is no status");
}

#[test]
fn fields_that_git_does_not_set_are_no_drift() {
    let mut bench = two();
    bench.cluster.edit(&key("a"), "/data/foreign", "1");
    bench.cluster.report(&key("b"), json!({"seen": true}));
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 0);
    assert_eq!(bench.published(), 0);
}

#[test]
fn a_deleted_object_is_created_again() {
    let mut bench = two();
    bench.cluster.vanish(&key("a"));
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
    assert_eq!(bench.asked(Request::Look), 1, "DELETED cannot tell what it means (R2)");
}

#[test]
fn a_removed_label_is_put_back() {
    let mut bench = two();
    let path = ["metadata", "labels", "applyset.kubernetes.io/part-of"];
    bench.cluster.take(&key("a"), &path, Change::LeftView);
    bench.settle();
    let label = "/metadata/labels/applyset.kubernetes.io~1part-of";
    assert!(bench.cluster.field(&key("a"), label).is_some());
    assert_eq!((bench.asked(Request::Look), bench.asked(Request::Write)), (1, 1));
}

#[test]
fn an_object_that_somebody_replaced_is_taken_over_again() {
    let mut bench = two();
    bench.cluster.vanish(&key("a"));
    bench.cluster.plant(&key("a"), &json!({"data": {"value": "theirs"}}));
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
    assert_eq!(bench.status().objects.total, 2);
}

#[test]
fn an_object_that_another_repository_took_over_is_no_drift() {
    let mut bench = two();
    bench.cluster.vanish(&key("a"));
    let other = json!({"metadata": {"labels": {"nopea.io/repository": "other",
        "nopea.io/namespace": "team", "applyset.kubernetes.io/part-of": "applyset-x-v1"},
        "annotations": {"nopea.io/object": "1"}}, "data": {"value": "theirs"}});
    bench.cluster.plant(&key("a"), &other);
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "theirs");
    assert_eq!(bench.asked(Request::Write), 0);
}

#[test]
fn a_terminating_object_is_never_applied_to_and_comes_back_after_it_is_gone() {
    let mut bench = two();
    bench.cluster.edit(&key("a"), "/metadata/finalizers", json!(["example.org/hold"]));
    bench.settle();
    bench.cluster.vanish(&key("a"));
    bench.cluster.edit(&key("a"), "/data/value", "last words");
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 0);
    assert_eq!(bench.status().objects.total, 2, "counts alone wait");
    bench.cluster.let_go(&key("a"));
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
}

#[test]
fn events_that_overtake_the_answer_of_a_write_are_held_and_dropped() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    let request = bench.open.remove(0);
    let answer = bench.answer(&request);
    assert!(bench.show(), "the event comes first");
    bench.give(answer);
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 1, "its own write is no drift");
    assert_eq!(heals(&bench), 0);
}

#[test]
fn an_event_newer_than_the_answer_is_judged_after_it() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    let request = bench.open.remove(0);
    let answer = bench.answer(&request);
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    while bench.show() {}
    bench.resume();
    bench.give(answer);
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "2");
    assert_eq!(heals(&bench), 1);
}

#[test]
fn an_answer_of_the_same_version_means_that_nothing_was_wrong() {
    let mut bench = two();
    let mut seen = bench.cluster.look(&key("a")).unwrap();
    let mut odd = seen.baseline.clone().unwrap();
    odd.scalars = crate::model::Hash([7; 16]);
    seen.baseline = Some(odd);
    bench.give(Event::Observed(Box::new(seen)));
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 1, "a suspicion is proved by the correction (R10)");
    assert_eq!(heals(&bench), 0);
    assert_eq!(bench.status().objects.drifted, 0);
}

#[test]
fn a_heal_is_guarded_and_a_conflict_judges_anew() {
    let mut bench = two();
    bench.cluster.edit(&key("a"), "/data/value", "first");
    bench.hold(Request::Write);
    bench.settle();
    bench.cluster.edit(&key("a"), "/data/value", "second");
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Look), 1);
    bench.pass(seconds(2));
    assert_eq!(value(&bench, "a").unwrap(), "1");
    assert_eq!(bench.faults(), []);
}

#[test]
fn break_glass_that_arrives_in_between_stops_the_heal() {
    let mut bench = two();
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.hold(Request::Write);
    bench.settle();
    bench.cluster.edit(&key("a"), "/metadata/annotations/nopea.io~1suspend-heal", "true");
    bench.resume();
    bench.settle();
    bench.pass(seconds(60));
    assert_eq!(value(&bench, "a").unwrap(), "by hand");
    let path = ["metadata", "annotations", "nopea.io/suspend-heal"];
    bench.cluster.take(&key("a"), &path, Change::Present);
    bench.settle();
    bench.pass(seconds(2));
    assert_eq!(value(&bench, "a").unwrap(), "1");
}

#[test]
fn fields_that_others_own_as_well_are_handed_back() {
    let mut bench = two();
    bench.cluster.co_own(&key("a"), "value");
    bench.settle();
    assert_eq!(bench.names(Request::HandBack), ["a"]);
    bench.commit(
        "b",
        &[
            super::bench::manifest("v1", "ConfigMap", "a", json!({"data": {"x": "1"}})),
            config_map("b", "1"),
        ],
    );
    bench.push();
    bench.settle();
    assert_eq!(value(&bench, "a"), None, "what Git drops goes");
}

#[test]
fn a_refused_heal_is_told_and_tried_ever_later() {
    let mut bench = two();
    bench.refuse(Request::Write, "a", status(503, "ServiceUnavailable", "busy"), 3);
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    assert_eq!(bench.faults(), [Code::ClusterBusy]);
    let drifted = bench.status().condition(ConditionType::Drifted).unwrap().status;
    assert_eq!(drifted, crate::model::ConditionStatus::True);
    bench.pass(seconds(20));
    assert_eq!(bench.asked(Request::Write), 4);
    assert_eq!((value(&bench, "a").unwrap().as_str(), bench.faults().len()), ("1", 0));
}

#[test]
fn suspended_nothing_is_healed_and_drift_is_still_reported() {
    let mut bench = two();
    bench.declare(|spec| spec.suspend = true);
    bench.settle();
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.cluster.co_own(&key("b"), "value");
    bench.cluster.vanish(&key("b"));
    bench.settle();
    bench.pass(seconds(600));
    let writes = bench.asked(Request::Write) + bench.asked(Request::HandBack);
    assert_eq!(writes, 0);
    assert_eq!(bench.status().objects.drifted, 1);
    let drifted = bench.status().condition(ConditionType::Drifted).unwrap().clone();
    assert_eq!(drifted.status, crate::model::ConditionStatus::True);
    bench.declare(|spec| spec.suspend = false);
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
    assert_eq!(value(&bench, "b").unwrap(), "1");
}

#[test]
fn suspended_drift_is_reported_after_a_restart_too() {
    let mut bench = two();
    bench.declare(|spec| spec.suspend = true);
    bench.settle();
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.restart();
    bench.settle();
    let drifted = bench.status().condition(ConditionType::Drifted).unwrap().clone();
    assert_eq!(drifted.status, crate::model::ConditionStatus::True);
    assert_eq!(bench.asked(Request::Write), 0);
}

#[test]
fn manual_and_notify_only_report() {
    for policy in [HealPolicy::Manual, HealPolicy::Notify] {
        let mut bench = two();
        bench.declare(|spec| spec.heal_policy = policy);
        bench.cluster.edit(&key("a"), "/data/value", "by hand");
        bench.settle();
        bench.pass(seconds(600));
        assert_eq!(bench.asked(Request::Write), 0);
        assert_eq!(bench.status().objects.drifted, 1);
    }
}

#[test]
fn drift_may_stand_for_its_grace_period() {
    let mut bench = two();
    bench.declare(|spec| spec.heal_grace_period = seconds(30));
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    bench.pass(seconds(29));
    assert_eq!(bench.asked(Request::Write), 0);
    bench.pass(seconds(1));
    assert_eq!(bench.asked(Request::Write), 1);
}

#[test]
fn without_a_source_drift_is_reported_as_not_to_be_healed() {
    let mut bench = two();
    bench.hold(Request::Render);
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    let Effect::Render { ticket, .. } = bench.open.remove(0) else { unreachable!() };
    let fault = crate::fault::Fault::new(Code::Unreachable, "no route");
    bench.give(Event::Rendered { ticket, result: Err(vec![fault]) });
    assert_eq!(bench.faults(), [Code::CannotHeal]);
    bench.resume();
    bench.pass(seconds(10));
    assert_eq!((value(&bench, "a").unwrap().as_str(), bench.faults().len()), ("1", 0));
}

#[test]
fn a_heal_waits_for_the_attempt_that_writes_the_object_anyway() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.hold(Request::DryRun);
    bench.push();
    bench.settle();
    bench.forget();
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.cluster.edit(&key("b"), "/data/value", "by hand");
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["b"], "what Git did not change is healed beside it");
    bench.resume();
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "2");
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn a_relist_shows_what_a_watch_missed() {
    let mut bench = two();
    bench.list(&key("a").kind);
    bench.cluster.vanish(&key("a"));
    bench.cluster.events.clear();
    bench.list(&key("a").kind);
    bench.settle();
    assert_eq!(value(&bench, "a").unwrap(), "1");
}

#[test]
fn a_kind_that_is_gone_took_its_objects_along() {
    let mut bench = two();
    let gone = status(404, "NotFound", "the server could not find the requested resource");
    bench.refuse(Request::Write, "a", gone, 2);
    bench.cluster.vanish(&key("a"));
    bench.cluster.vanish(&key("b"));
    bench.cluster.events.clear();
    bench.give(Event::KindGone(key("a").kind));
    bench.settle();
    assert_eq!(bench.faults(), [Code::KindUnknown]);
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.cluster.objects.len(), 2, "once it is served again they come back");
}

#[test]
fn an_event_from_before_the_newest_judgement_says_nothing() {
    let mut bench = two();
    let mut old = bench.cluster.look(&key("a")).unwrap();
    old.version = ResourceVersion::new("0");
    old.baseline = None;
    let before = bench.state().clone();
    bench.give(Event::Observed(Box::new(old)));
    assert_eq!(*bench.state(), before);
    let guarded = |effect: &Effect| matches!(effect, Effect::Ask { ask: Ask::Apply { .. }, .. });
    assert!(!bench.effects.iter().any(guarded));
}

#[test]
fn drift_of_what_a_commit_drops_is_put_back_when_the_next_commit_keeps_it() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "1")]);
    bench.hold(Request::Wanted);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("b"), "/data/value", "by hand");
    bench.settle();
    bench.commit("c", &[config_map("a", "1"), config_map("b", "1")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("c")));
    assert_eq!(value(&bench, "b").unwrap(), "1");
}

#[test]
fn drift_that_refused_a_deletion_is_put_back_when_the_next_commit_keeps_the_object() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "1")]);
    bench.hold(Request::Delete);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("b"), "/data/value", "by hand");
    bench.settle();
    bench.commit("c", &[config_map("a", "1"), config_map("b", "1")]);
    bench.push();
    bench.settle();
    bench.resume();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["b"], "it was refused, and is not tried again");
    assert_eq!(bench.status().applied_commit, Some(commit("c")));
    assert_eq!(value(&bench, "b").unwrap(), "1");
}

/// Restarted without a source: what was applied is rendered again, for drift to be seen.
fn restarted_without_a_source() -> Bench {
    let mut bench = two();
    bench.head = Err(crate::fault::Fault::new(Code::Unreachable, "no route"));
    bench.hold(Request::Render);
    bench.restart();
    bench.settle();
    bench.forget();
    bench
}

#[test]
fn a_heal_does_not_give_up_what_an_attempt_asked() {
    let mut bench = restarted_without_a_source();
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.push();
    bench.settle();
    bench.hold(Request::Scope);
    for _attempt_then_heal in 0..2 {
        let render = bench.open.pop().unwrap();
        let rendered = bench.answer(&render);
        bench.give(rendered);
        bench.open.rotate_left(1);
    }
    assert_eq!(bench.asked(Request::Scope), 1);
    bench.resume();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn a_heal_asks_again_what_an_attempt_gave_up() {
    let mut bench = restarted_without_a_source();
    bench.resume();
    bench.hold(Request::Scope);
    bench.settle();
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.refuse(Request::DryRun, "a", status(403, "Forbidden", "no"), usize::MAX);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Scope), 2, "the heal's and the attempt's");
    bench.resume();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Forbidden]);
    bench.cluster.edit(&key("b"), "/data/value", "by hand");
    bench.pass(seconds(5));
    assert_eq!(value(&bench, "b").unwrap(), "1");
}

#[test]
fn what_a_superseded_attempt_found_missing_is_created_again() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "1"), config_map("b", "2")]);
    bench.hold(Request::DryRun);
    bench.push();
    bench.settle();
    bench.cluster.vanish(&key("b"));
    bench.cluster.events.clear();
    let dry_run = bench.open.remove(0);
    let refused = bench.answer(&dry_run);
    bench.give(refused);
    bench.head = Ok(commit("a"));
    bench.push();
    bench.settle();
    assert_eq!(value(&bench, "b").as_deref(), Some("1"));
}

#[test]
fn what_was_gone_before_a_relist_and_answered_after_it_is_looked_for() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "1"), config_map("b", "1"), config_map("c", "1")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    let write = bench.open.remove(0);
    let written = bench.answer(&write);
    bench.cluster.vanish(&key("c"));
    bench.cluster.events.clear();
    let (kind, live) = (key("c").kind, bench.cluster.uids(&key("c").kind));
    bench.give(Event::KindSynced { kind, live });
    bench.give(written);
    bench.resume();
    bench.pass(seconds(10));
    assert_eq!(value(&bench, "c").as_deref(), Some("1"));
}

#[test]
fn what_the_watch_shows_after_a_relist_is_not_looked_for() {
    let mut bench = two();
    bench.commit("b", &[config_map("a", "1"), config_map("b", "1"), config_map("c", "1")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    let (kind, live) = (key("c").kind, bench.cluster.uids(&key("c").kind));
    bench.give(Event::KindSynced { kind, live });
    bench.resume();
    bench.pass(seconds(10));
    assert_eq!((value(&bench, "c").as_deref(), bench.asked(Request::Look)), (Some("1"), 0));
}

#[test]
fn a_first_list_that_is_older_than_our_writes_costs_no_look() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
    bench.settle();
    bench.forget();
    let kind = key("a").kind;
    bench.give(Event::KindSynced { kind: kind.clone(), live: std::collections::BTreeSet::new() });
    bench.settle();
    assert_eq!(bench.asked(Request::Look), 0, "the watch has yet to show them");
    bench.pass(seconds(10));
    assert_eq!(bench.asked(Request::Look), 2, "it did not");
    bench.forget();
    bench.give(Event::KindSynced { kind, live: std::collections::BTreeSet::new() });
    bench.settle();
    assert_eq!(bench.asked(Request::Look), 2, "a later list is newer than all that was written");
}
