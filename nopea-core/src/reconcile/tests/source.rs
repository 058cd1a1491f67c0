//! Rules 2, 5, 9 and 10: which commit, what a broken one costs, and when another try is made.

use std::time::Duration;

use super::{
    bench::{Bench, Request, commit, config_map, key, seconds},
    cluster::{invalid, status},
};
use crate::{
    fault::{Code, Fault},
    model::{Commit, Phase, Pin, Timestamp},
    reconcile::{Effect, Event},
};

/// The commits that were rendered since the last `forget`.
fn rendered(bench: &Bench) -> Vec<Commit> {
    let renders = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Render { commit, .. } => Some(commit.clone()),
        _other => None,
    });
    renders.collect()
}

#[test]
fn a_push_is_only_a_hint_and_is_resolved_before_it_is_applied() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.push();
    assert_eq!(bench.asked(Request::Resolve), 1);
    assert_eq!(bench.asked(Request::Render), 0);
    let fresh = |effect: &Effect| matches!(effect, Effect::Resolve { not_before, .. } if *not_before == bench.now);
    assert!(bench.effects.iter().any(fresh), "an answer from before the push is too old");
}

#[test]
fn a_source_that_fails_before_the_restore_ended_is_told_after_it() {
    let mut bench = Bench::new(); // its source has no commit
    bench.hold(Request::Restore);
    bench.settle();
    assert_eq!(bench.asked(Request::Resolve), 1);
    bench.resume();
    bench.settle();
    assert_eq!(bench.faults(), [Code::EmptyRepository]);
}

#[test]
fn a_source_that_names_no_commit_is_a_verdict_on_the_generation_that_declares_it() {
    let mut bench = Bench::new(); // its source has no commit
    bench.settle();
    let generation = bench.state().declared.generation;
    assert_eq!(bench.faults(), [Code::EmptyRepository]);
    assert_eq!(bench.status().observed_generation, generation);
    bench.declare(|spec| spec.reference = crate::model::Reference::Branch("main".into()));
    bench.settle();
    assert_eq!(bench.status().observed_generation, generation + 1);
}

#[test]
fn a_wish_is_echoed_where_the_new_commit_changes_nothing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "1")]);
    bench.order(|orders| orders.sync_token = Some("now".into()));
    bench.settle();
    assert_eq!(bench.status().sync_token.as_deref(), Some("now"));
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn an_older_resolve_never_overwrites_a_newer() {
    let mut bench = Bench::new();
    bench.hold(Request::Resolve);
    bench.commit("a", &[config_map("a", "1")]);
    bench.settle();
    let old = bench.open.remove(0);
    let old_answer = bench.answer(&old);
    bench.declare(|spec| spec.reference = crate::model::Reference::Branch("main".into()));
    bench.commit("b", &[config_map("a", "2")]);
    bench.resume();
    bench.settle();
    bench.give(old_answer);
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert_eq!(rendered(&bench), [commit("b")]);
}

#[test]
fn a_pin_is_applied_whatever_the_source_names_until_it_ends() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "2")]);
    let until = Some(bench.now + seconds(30));
    bench.order(|orders| orders.pin = Some(Pin { commit: commit("a"), until }));
    bench.push();
    bench.settle();
    assert_eq!(rendered(&bench), []);
    assert_eq!(bench.status().pin, Some(commit("a")));
    bench.pass(seconds(31));
    assert_eq!(rendered(&bench), [commit("b")]);
}

#[test]
fn a_render_fault_applies_and_prunes_nothing_and_the_last_good_state_stays_healed() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.broken_commit("b");
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Syntax]);
    assert_eq!(bench.status().applied_commit, Some(commit("a")));
    assert_eq!((bench.asked(Request::Write), bench.asked(Request::Delete)), (0, 0));
    bench.cluster.edit(&key("a"), "/data/value", "broken");
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    bench.cluster.vanish(&key("b"));
    bench.settle();
    assert!(bench.cluster.objects.contains_key(&key("b")));
}

#[test]
fn a_source_that_does_not_answer_leaves_everything_as_it_is_and_is_asked_again_soon() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    let good = bench.head.clone();
    bench.head = Err(Fault::new(Code::Unreachable, "no route"));
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Unreachable]);
    assert_eq!(bench.status().phase, Phase::Failed);
    bench.forget();
    bench.pass(seconds(10));
    assert!((3..=4).contains(&bench.asked(Request::Resolve)), "after 1, 2, 4 s");
    bench.head = good;
    bench.pass(seconds(10));
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.asked(Request::Render), 0, "nothing changed");
}

#[test]
fn a_look_up_that_hangs_is_given_up_and_told_after_the_timeout() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.hold(Request::Resolve);
    bench.push();
    bench.settle();
    bench.forget();
    bench.pass(seconds(299));
    assert_eq!(bench.faults(), []);
    bench.pass(seconds(1));
    assert_eq!(bench.faults(), [Code::SourceTimedOut]);
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Cancel(_))));
    bench.resume();
    bench.pass(seconds(300));
    assert_eq!((bench.faults(), bench.status().phase), (vec![], Phase::Synced));
}

#[test]
fn what_the_bytes_decide_is_never_tried_again() {
    let mut bench = Bench::new();
    bench.broken_commit("a");
    bench.settle();
    bench.forget();
    bench.pass(seconds(3600));
    assert_eq!(rendered(&bench), []);
    bench.commit("b", &[config_map("a", "1")]);
    bench.pass(seconds(300));
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn a_verdict_of_the_cluster_is_tried_again_at_each_poll() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.refuse(Request::DryRun, "a", invalid("data", "wrong"), usize::MAX);
    bench.settle();
    assert_eq!(bench.faults(), [Code::Invalid]);
    bench.forget();
    bench.pass(seconds(299));
    assert_eq!(bench.asked(Request::DryRun), 0);
    bench.pass(seconds(602));
    assert_eq!(bench.asked(Request::DryRun), 3);
    assert_eq!(bench.published(), 0, "it says the same again");
    assert_eq!(bench.status().history.len(), 1);
    bench.relent();
    bench.pass(seconds(300));
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn transport_is_tried_again_soon_and_ever_later_until_a_minute() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.refuse(Request::DryRun, "a", status(503, "ServiceUnavailable", "busy"), usize::MAX);
    bench.settle();
    assert_eq!(bench.faults(), [Code::ClusterBusy]);
    let mut tries = vec![bench.now];
    while tries.len() < 9 {
        bench.forget();
        bench.pass(Duration::from_millis(100));
        tries.extend(std::iter::repeat_n(bench.now, bench.asked(Request::Render)));
    }
    let waits: Vec<_> = tries.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    for (wait, plain) in waits.into_iter().zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        let tolerance = seconds(plain) / 10 + Duration::from_millis(200);
        assert!(wait.abs_diff(seconds(plain)) <= tolerance, "{wait:?} and not {plain} s");
    }
}

#[test]
fn a_newer_commit_does_not_wait_for_the_backoff_and_resets_it() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.refuse(Request::DryRun, "a", status(503, "ServiceUnavailable", "busy"), usize::MAX);
    bench.settle();
    bench.pass(seconds(100));
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    assert_eq!(rendered(&bench), [commit("b")]);
    bench.relent();
    bench.pass(seconds(2));
    assert_eq!(bench.status().phase, Phase::Synced, "the count began anew: one second");
}

#[test]
fn a_time_that_the_server_names_is_kept() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    let crate::port::Refusal::Status(mut busy) = status(429, "TooManyRequests", "slow down") else {
        unreachable!()
    };
    busy.retry_after = Some(seconds(20));
    bench.refuse(Request::DryRun, "a", crate::port::Refusal::Status(busy), 1);
    bench.settle();
    bench.pass(seconds(19));
    assert_eq!(bench.status().phase, Phase::Failed);
    bench.pass(seconds(1));
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn suspended_there_is_no_sync_whatever_the_trigger() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declare(|spec| spec.suspend = true);
    bench.commit("b", &[config_map("a", "2")]);
    bench.settle();
    bench.forget();
    bench.push();
    bench.order(|orders| orders.sync_token = Some("now".into()));
    bench.wait_for_sync(1);
    bench.settle();
    bench.pass(seconds(3600));
    assert_eq!(bench.asked(Request::Resolve), 0);
    assert_eq!(bench.replies(), [(1, Err(vec![Code::Paused]))]);
    assert_eq!(bench.status().phase, Phase::Suspended);
    bench.declare(|spec| spec.suspend = false);
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn suspending_ends_the_attempt_that_runs() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::DryRun);
    bench.settle();
    bench.declare(|spec| spec.suspend = true);
    assert!(bench.open.is_empty(), "its dry run is called back");
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
}

#[test]
fn who_waits_is_told_the_commit_or_the_faults_of_the_attempt_that_answers() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.wait_for_sync(1);
    bench.settle();
    assert_eq!(bench.replies(), [(1, Ok(commit("a")))], "nothing to do is an answer");
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.hold(Request::DryRun);
    bench.wait_for_sync(2);
    bench.settle();
    assert_eq!(bench.replies(), []);
    bench.commit("c", &[config_map("a", "3")]);
    bench.push();
    bench.resume();
    bench.settle();
    assert_eq!(bench.replies(), [(2, Ok(commit("c")))], "the superseded attempt is no verdict");
}

#[test]
fn who_waits_for_a_failure_is_told_after_one_attempt() {
    let mut bench = Bench::new();
    bench.broken_commit("a");
    bench.settle();
    bench.forget();
    bench.wait_for_sync(7);
    bench.settle();
    assert_eq!(bench.replies(), [(7, Err(vec![Code::Syntax]))]);
    assert_eq!(rendered(&bench).len(), 1, "asked for, so tried once more");
    bench.head = Err(Fault::new(Code::Unreachable, "no route"));
    bench.forget();
    bench.wait_for_sync(8);
    bench.settle();
    assert_eq!(bench.replies(), [(8, Err(vec![Code::Unreachable]))]);
}

#[test]
fn a_wish_is_not_served_by_a_look_up_from_before_it() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.hold(Request::Resolve);
    bench.push();
    let early = bench.open.remove(0);
    bench.now = bench.now + seconds(1);
    bench.wait_for_sync(1);
    let event = bench.answer(&early);
    bench.give(event);
    assert_eq!(bench.replies(), []);
    bench.resume();
    bench.settle();
    assert_eq!(bench.replies(), [(1, Ok(commit("a")))]);
}

/// The times before which no answer may be.
fn looked_up(bench: &Bench) -> Vec<Timestamp> {
    let asked = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Resolve { not_before, .. } => Some(*not_before),
        _other => None,
    });
    asked.collect()
}

#[test]
fn what_was_pushed_before_it_was_declared_is_not_missed() {
    let at = Timestamp(1_000_000);
    let (_, effects) = crate::reconcile::start(Bench::new().declared, at);
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Resolve { not_before, .. } => Some(*not_before),
        _other => None,
    });
    assert_eq!(asked, Some(at), "another repository's older answer is not enough");
}

#[test]
fn what_was_pushed_before_the_spec_was_changed_is_not_missed() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.now = bench.now + seconds(1);
    let at = bench.now;
    bench.declare(|spec| spec.wait = false);
    assert_eq!(looked_up(&bench), [at]);
    bench.settle();
    bench.forget();
    bench.declare(|spec| spec.suspend = true);
    bench.settle();
    bench.forget();
    bench.declare(|spec| spec.wait = true);
    assert_eq!(looked_up(&bench), [], "while it is suspended nothing is asked");
}

#[test]
fn a_sync_token_is_acknowledged_even_where_nothing_is_to_be_done() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.order(|orders| orders.sync_token = Some("t1".into()));
    assert_eq!(bench.status().sync_token, None, "not before the source was asked");
    bench.settle();
    assert_eq!(bench.status().sync_token.as_deref(), Some("t1"));
}

#[test]
fn what_comes_after_the_end_changes_nothing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.give(Event::Undeclared);
    bench.forget();
    bench.push();
    bench.give(Event::Woke);
    assert!(bench.effects.is_empty());
    assert_eq!(bench.cluster.objects.len(), 1, "nothing is deleted on its account");
}
