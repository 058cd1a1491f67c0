//! A declaration that no spec can hold spoils nothing but itself.

use super::bench::{Bench, Request, commit, config_map, key};
use crate::{
    fault::Code,
    model::{ConditionStatus, ConditionType, DeletionPolicy, Phase},
    reconcile::Effect,
};

fn condition(bench: &Bench, kind: ConditionType) -> (ConditionStatus, String) {
    let status = bench.status();
    let condition = status.condition(kind).unwrap();
    (condition.status, condition.reason.to_string())
}

#[test]
fn an_invalid_spec_is_told_and_asks_the_source_nothing() {
    let mut bench = Bench::new();
    bench.misdeclare("interval \"soon\" cannot be: it is no duration");
    bench.forget();
    bench.restart();
    bench.settle();
    assert_eq!(bench.asked(Request::Resolve), 0);
    assert_eq!(bench.status().phase, Phase::Failed);
    assert_eq!(bench.status().observed_generation, 2);
    assert_eq!(
        condition(&bench, ConditionType::Ready),
        (ConditionStatus::False, "InvalidSpec".to_owned())
    );
    assert_eq!(
        condition(&bench, ConditionType::Stalled),
        (ConditionStatus::True, "InvalidSpec".to_owned())
    );
    assert_eq!(bench.faults(), [Code::InvalidSpec]);
}

#[test]
fn the_last_good_state_stands_and_is_healed_under_an_invalid_spec() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.misdeclare("path \"../x\" cannot be: it leaves the repository");
    bench.commit("b", &[]);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Resolve), 0);
    assert!(bench.cluster.objects.contains_key(&key("a")));
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    assert_eq!(bench.status().phase, Phase::Failed);
}

#[test]
fn a_running_attempt_ends_when_the_spec_becomes_invalid() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::Render);
    bench.settle();
    bench.misdeclare("url \"\" cannot be: it is empty");
    bench.resume();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert_eq!(bench.faults(), [Code::InvalidSpec]);
}

#[test]
fn a_corrected_spec_is_synced_at_once() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.misdeclare("path \"../x\" cannot be: it leaves the repository");
    bench.settle();
    bench.commit("b", &[config_map("a", "2")]);
    bench.declared.invalid = None;
    bench.declare(|_spec| {});
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_sync_that_is_asked_for_is_answered_with_what_is_wrong() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.misdeclare("url \"\" cannot be: it is empty");
    bench.wait_for_sync(1);
    bench.settle();
    let told = bench.effects.iter().find_map(|effect| match effect {
        Effect::Reply { result, .. } => Some(result.as_ref().unwrap_err()[0].code),
        _other => None,
    });
    assert_eq!(told, Some(Code::InvalidSpec));
}

#[test]
fn an_invalid_repository_is_deleted_with_its_objects_as_its_policy_says() {
    for (policy, left) in [(DeletionPolicy::Delete, 0), (DeletionPolicy::Orphan, 1)] {
        let mut bench = Bench::synced(&[config_map("a", "1")]);
        bench.misdeclare("url \"\" cannot be: it is empty");
        bench.declare(|spec| spec.deletion_policy = policy);
        bench.restart();
        bench.settle();
        bench.delete();
        bench.settle();
        assert_eq!(bench.cluster.objects.len(), left, "{policy:?}");
        assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Retire)));
    }
}
