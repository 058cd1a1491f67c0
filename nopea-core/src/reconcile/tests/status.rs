//! What readers are told, and when nothing is written.

use serde_json::json;

use super::{
    bench::{Bench, Request, commit, config_map, manifest, seconds},
    cluster::invalid,
};
use crate::{
    fault::Code,
    model::{
        Condition, ConditionStatus, ConditionType, Delivery, Manifest, ObjectKey, Phase, Status,
        What, status::MAX_HISTORY,
    },
};

fn ready(status: &Status) -> Condition {
    status.condition(ConditionType::Ready).unwrap().clone()
}

fn web() -> Manifest {
    manifest("apps/v1", "Deployment", "web", json!({"spec": {"replicas": 1}}))
}

fn failing() -> serde_json::Value {
    json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "conditions": [{"type": "Progressing",
        "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}]})
}

fn running() -> serde_json::Value {
    json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [{"type": "Available", "status": "True"}]})
}

/// A Deployment that was applied and does not get ready.
fn degraded() -> (Bench, ObjectKey) {
    let mut bench = Bench::new();
    bench.commit("a", &[web()]);
    bench.hold(Request::Write);
    bench.settle();
    bench.resume();
    bench.settle();
    let key = ObjectKey::new("apps", "Deployment", "shop", "web");
    bench.cluster.report(&key, failing());
    bench.settle();
    (bench, key)
}

#[test]
fn conditions_say_what_kstatus_expects() {
    let bench = Bench::synced(&[config_map("a", "1")]);
    let status = bench.status();
    let holds = |kind| status.condition(kind).unwrap().status;
    assert_eq!(holds(ConditionType::Ready), ConditionStatus::True);
    for kind in [
        ConditionType::Reconciling,
        ConditionType::Stalled,
        ConditionType::Drifted,
        ConditionType::Suspended,
    ] {
        assert_eq!(holds(kind), ConditionStatus::False, "{kind}");
    }
    assert_eq!(holds(ConditionType::Healthy), ConditionStatus::True);
    assert_eq!(status.observed_generation, 1);
}

#[test]
fn a_transition_time_moves_only_with_its_status() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    let since = ready(&bench.status()).since;
    bench.pass(seconds(100));
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    let after = ready(&bench.status());
    assert_eq!(after.since, since, "still ready, of another commit");
    assert!(after.message.contains("bbbbbbb"));
    bench.broken_commit("c");
    bench.push();
    bench.settle();
    assert_eq!(ready(&bench.status()).since, bench.now);
    assert_eq!(ready(&bench.status()).status, ConditionStatus::False);
}

#[test]
fn progress_is_told_only_after_ten_seconds() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::DryRun);
    bench.settle();
    bench.forget();
    bench.pass(seconds(9));
    assert_eq!(bench.published(), 0);
    bench.pass(seconds(1));
    assert_eq!((bench.published(), bench.status().phase), (1, Phase::Syncing));
    bench.pass(seconds(60));
    assert_eq!(bench.published(), 1, "and only once");
    bench.resume();
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    for number in 2..6 {
        bench.commit(&number.to_string(), &[config_map("a", "1")]);
        bench.push();
        bench.settle();
        bench.pass(seconds(300));
    }
    let (written, history) = (bench.published(), bench.status().history.len());
    assert_eq!((written, history), (0, 1));
}

#[test]
fn the_history_tells_each_verdict_once_and_twenty_at_most() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.broken_commit("b");
    bench.push();
    bench.settle();
    for waiter in 0..3 {
        bench.wait_for_sync(waiter);
        bench.settle();
    }
    let told: Vec<_> =
        bench.status().history.iter().map(|e| (e.commit.clone(), e.succeeded)).collect();
    assert_eq!(told, [(commit("b"), false), (commit("a"), true)]);
    for number in 0..30 {
        let name = ["c", "d"][number % 2];
        bench.commit(name, &[config_map("a", &number.to_string())]);
        bench.push();
        bench.settle();
    }
    assert_eq!(bench.status().history.len(), MAX_HISTORY);
}

#[test]
fn a_delivery_is_deployed_upgraded_or_rolled_back() {
    let mut bench = Bench::new();
    let mut deliveries = Vec::new();
    for (name, value) in [("a", "1"), ("b", "2"), ("a", "1")] {
        bench.forget();
        bench.commit(name, &[config_map("a", value)]);
        bench.push();
        bench.settle();
        deliveries.extend(bench.notices().filter_map(|what| match what {
            What::Synced { delivery, .. } => Some(*delivery),
            _other => None,
        }));
    }
    assert_eq!(deliveries, [Delivery::Deployed, Delivery::Upgraded, Delivery::RolledBack]);
}

#[test]
fn a_degraded_object_is_told_at_once_and_not_at_the_timeout() {
    let (bench, _key) = degraded();
    assert_eq!(bench.faults(), [Code::NotReady]);
    assert_eq!(bench.status().phase, Phase::Failed);
    assert_eq!(&*bench.status().faults[0].origin.as_ref().unwrap().file, "web.yaml");
    let healthy = bench.status().condition(ConditionType::Healthy).unwrap().clone();
    assert_eq!(&*healthy.reason, "Degraded");
}

#[test]
fn a_verdict_follows_when_its_objects_recover() {
    let (mut bench, key) = degraded();
    bench.forget();
    bench.cluster.report(&key, running());
    bench.settle();
    assert_eq!((bench.status().phase, bench.faults()), (Phase::Synced, vec![]));
    let synced = |what: &What| matches!(what, What::Synced { commit: c, .. } if *c == commit("a"));
    assert_eq!(bench.notices().filter(|what| synced(what)).count(), 1);
    let told: Vec<_> = bench.status().history.iter().map(|entry| entry.succeeded).collect();
    assert_eq!(told, [true, false]);
    bench.wait_for_sync(1);
    bench.settle();
    assert_eq!(bench.replies(), [(1, Ok(commit("a")))]);
    assert_eq!(bench.asked(Request::Render), 0);
}

#[test]
fn who_waits_for_what_is_not_ready_is_told_why() {
    let (mut bench, _key) = degraded();
    bench.wait_for_sync(1);
    bench.settle();
    assert_eq!(bench.replies(), [(1, Err(vec![Code::NotReady]))]);
}

#[test]
fn a_recovery_says_nothing_of_a_newer_commit_that_runs() {
    let (mut bench, key) = degraded();
    bench.forget();
    bench.commit("b", &[web(), config_map("a", "1")]);
    bench.hold(Request::DryRun);
    bench.push();
    bench.settle();
    bench.cluster.report(&key, running());
    bench.settle();
    let synced = |what: &&What| matches!(what, What::Synced { .. });
    assert_eq!(bench.notices().filter(synced).count(), 0);
    bench.resume();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn stalled_says_what_it_waits_for() {
    let reason = |bench: &Bench| {
        let stalled = bench.status().condition(ConditionType::Stalled).unwrap().clone();
        (stalled.status, stalled.reason.to_string())
    };
    let mut bench = Bench::new();
    bench.broken_commit("a");
    bench.settle();
    assert_eq!(reason(&bench), (ConditionStatus::True, "WaitsForCommit".to_owned()));
    bench.commit("b", &[config_map("a", "1")]);
    bench.refuse(Request::DryRun, "a", invalid("data", "wrong"), 1);
    bench.push();
    bench.settle();
    assert_eq!(reason(&bench), (ConditionStatus::True, "WaitsForPoll".to_owned()));
}

#[test]
fn fifty_faults_are_listed_and_all_are_counted() {
    let mut bench = Bench::new();
    let many: Vec<_> = (0..60).map(|n| config_map(&format!("c{n:02}"), "1")).collect();
    for one in &many {
        bench.refuse(Request::DryRun, &one.key.name, invalid("data", "wrong"), 1);
    }
    bench.commit("a", &many);
    bench.settle();
    assert_eq!((bench.status().faults.len(), bench.status().fault_count), (50, 60));
    assert!(ready(&bench.status()).message.contains("and 59 more"));
}

#[test]
fn counts_that_move_alone_are_told_within_a_second() {
    let (mut bench, key) = degraded();
    bench.cluster.report(&key, running());
    bench.settle();
    bench.forget();
    bench.cluster.report(&key, failing());
    bench.settle();
    assert_eq!(bench.published(), 0);
    bench.pass(seconds(1));
    assert_eq!((bench.published(), bench.status().objects.unhealthy), (1, 1));
    assert_eq!(bench.status().phase, Phase::Synced, "the verdict on the sync stands");
}

#[test]
fn a_refused_commit_in_between_does_not_make_unready_objects_ready() {
    let (mut bench, _key) = degraded();
    bench.broken_commit("b");
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Syntax]);
    bench.commit("c", &[web()]);
    bench.push();
    bench.settle();
    assert_eq!((bench.status().phase, bench.faults()), (Phase::Failed, vec![Code::NotReady]));
}
