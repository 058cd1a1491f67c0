//! What the declaring object shows beside a spec that can be read: a lost claim (R22), a spec that
//! cannot be, annotations that cannot be read.

use std::sync::Arc;

use super::bench::{Bench, Request, commit, config_map, key, manifest, seconds};
use crate::{
    model::{
        Condition, ConditionStatus, ConditionType, GroupKind, Phase,
        declared::{InvalidOrder, PIN},
    },
    port::{Refusal, ServerStatus},
    reconcile::{Attempt, Effect, Event},
};

const WHY: &str = "path \"/etc\" cannot be: it is absolute; write it relative";

fn condition(bench: &Bench, kind: ConditionType) -> Condition {
    bench.status().condition(kind).unwrap().clone()
}

fn claimed(bench: &Bench) -> Vec<String> {
    let kinds = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Claim { kinds, .. } => Some(kinds.iter().map(|kind| kind.kind.to_string())),
        _other => None,
    });
    kinds.flatten().collect()
}

/// A repository with one `ConfigMap` whose lost claim is being made again, unanswered.
fn reclaiming() -> (Bench, Attempt) {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.hold(Request::Claim);
    bench.give(Event::ClaimLost);
    let asked = bench.effects.iter().find_map(|effect| match effect {
        Effect::Claim { attempt, .. } => Some(*attempt),
        _other => None,
    });
    bench.forget();
    (bench, asked.unwrap())
}

#[test]
fn a_lost_claim_is_made_again_at_once_and_nothing_else_is_asked() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.head = Err(crate::fault::Fault::new(crate::fault::Code::Unreachable, "Git is gone"));
    bench.parent.claimed = None;
    bench.give(Event::ClaimLost);
    bench.settle();
    assert_eq!(claimed(&bench), ["ConfigMap"]);
    assert!(bench.parent.claimed.is_some());
    let asked = bench.effects.iter().filter(|effect| !matches!(effect, Effect::WakeAt(_))).count();
    assert_eq!(asked, 1);
}

#[test]
fn a_lost_claim_of_nothing_is_no_loss() {
    let mut bench = Bench::synced(&[]);
    bench.give(Event::ClaimLost);
    bench.settle();
    assert_eq!(bench.asked(Request::Claim), 0);
}

#[test]
fn a_refused_claim_is_tried_again_until_it_stands() {
    let (mut bench, attempt) = reclaiming();
    bench.open.clear();
    let busy = Refusal::Status(Box::new(ServerStatus { code: 503, ..ServerStatus::default() }));
    bench.give(Event::Claimed { attempt, result: Err(busy) });
    assert_eq!(bench.asked(Request::Claim), 0, "not at once");
    bench.resume();
    bench.pass(seconds(2));
    assert_eq!(bench.asked(Request::Claim), 1);
    bench.pass(seconds(200));
    assert_eq!(bench.asked(Request::Claim), 1, "and it stands");
}

#[test]
fn what_is_lost_while_the_claim_is_made_is_claimed_once_more() {
    let (mut bench, _) = reclaiming();
    bench.give(Event::ClaimLost);
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Claim), 1);
}

#[test]
fn an_attempt_does_not_overtake_a_claim_and_claims_its_new_kinds_itself() {
    let (mut bench, _) = reclaiming();
    let secret = manifest("v1", "Secret", "s", serde_json::json!({"data": {}}));
    bench.commit("b", &[config_map("a", "1"), secret]);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Render), 0, "the claim is open");
    bench.resume();
    bench.settle();
    assert_eq!(claimed(&bench), ["ConfigMap", "Secret"]);
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn a_claim_that_is_lost_before_an_attempt_claims_is_made_by_the_attempt_alone() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "2")]);
    bench.hold(Request::DryRun);
    bench.push();
    bench.settle();
    bench.give(Event::ClaimLost);
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Claim), 1);
}

#[test]
fn after_a_scan_for_members_the_claim_is_made_again_though_git_is_gone() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.parent.claimed = None;
    bench.head = Err(crate::fault::Fault::new(crate::fault::Code::Unreachable, "Git is gone"));
    bench.restart();
    bench.settle();
    let kinds = bench.parent.claimed.unwrap();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), [GroupKind::new("", "ConfigMap")]);
}

#[test]
fn a_spec_that_cannot_be_is_told_and_leaves_the_last_good_state_standing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declared.generation = 2;
    bench.order(|orders| orders.refused = Some(WHY.into()));
    bench.settle();
    let ready = condition(&bench, ConditionType::Ready);
    assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, "InvalidSpec"));
    assert_eq!(&*ready.message, WHY);
    let status = bench.status();
    assert_eq!((status.phase, status.observed_generation), (Phase::Failed, 2));
    assert_eq!(condition(&bench, ConditionType::Stalled).status, ConditionStatus::True);
    assert!(bench.cluster.objects.contains_key(&key("a")));
}

#[test]
fn under_a_spec_that_cannot_be_drift_is_healed_and_no_newer_commit_is_applied() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.order(|orders| orders.refused = Some(WHY.into()));
    bench.settle();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("a")));
    bench.list(&key("a").kind);
    bench.cluster.objects.remove(&key("a"));
    bench.list(&key("a").kind);
    bench.settle();
    assert!(bench.cluster.objects.contains_key(&key("a")));
}

#[test]
fn a_corrected_spec_goes_on_where_the_commit_is_by_now() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.order(|orders| orders.refused = Some(WHY.into()));
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    bench.declared.orders.refused = None;
    bench.declare(|_spec| {});
    bench.settle();
    let ready = condition(&bench, ConditionType::Ready);
    assert_eq!((ready.status, &*ready.reason), (ConditionStatus::True, "Synced"));
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn a_repository_with_a_spec_that_cannot_be_can_be_deleted() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.order(|orders| orders.refused = Some(WHY.into()));
    bench.delete();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert_eq!(bench.asked(Request::Release), 1);
}

#[test]
fn an_annotation_that_cannot_be_read_is_told_and_hinders_nothing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    let wrong = InvalidOrder { name: PIN, value: "main".into(), help: "write <full commit>" };
    bench.order(|orders| orders.unread = Arc::from([wrong]));
    bench.settle();
    let ready = condition(&bench, ConditionType::Ready);
    assert_eq!(ready.status, ConditionStatus::True);
    assert!(ready.message.contains(r#"nopea.io/pin "main" cannot be read"#), "{}", ready.message);
    bench.order(|orders| orders.unread = Arc::default());
    bench.settle();
    assert!(!condition(&bench, ConditionType::Ready).message.contains("nopea.io/pin"));
}
