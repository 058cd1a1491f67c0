//! Rule 15 and R23: after any end the cluster and Git hold all there is to know.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    bench::{Bench, Request, commit, config_map, config_maps, key, seconds},
    cluster::status,
};
use crate::{
    fault::{Code, Fault},
    model::{GroupKind, Phase, Status},
    reconcile::{Effect, Event},
};

/// The kinds that the surveys asked for; none stands for all.
fn surveyed(bench: &Bench) -> Vec<Option<BTreeSet<GroupKind>>> {
    let surveys = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Survey { kinds, .. } => Some(kinds.clone()),
        _other => None,
    });
    surveys.collect()
}

#[test]
fn a_restart_without_a_change_writes_nothing() {
    let mut bench = Bench::synced(&config_maps(0..5));
    bench.restart();
    bench.forget();
    bench.settle();
    let asked = |effect: &Effect| matches!(effect, Effect::Ask { .. } | Effect::Claim { .. });
    assert!(!bench.effects.iter().any(asked), "verified through the bookkeeping alone");
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.published(), 0);
}

#[test]
fn a_sighting_without_its_object_takes_nothing_from_what_was_listed() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.hold(Request::Render);
    bench.restart();
    bench.settle();
    let seen = bench.cluster.look(&key("a")).unwrap();
    bench.give(Event::Observed(Box::new(seen.without_object())));
    bench.forget();
    bench.held.remove(&Request::Render);
    bench.resume();
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
    assert!(!bench.effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })));
}

#[test]
fn the_members_of_the_claimed_kinds_are_listed() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.restart();
    bench.settle();
    assert_eq!(surveyed(&bench), [Some(BTreeSet::from([key("a").kind]))]);
}

#[test]
fn a_sighting_that_may_be_older_than_an_absence_is_not_believed() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.hold(Request::Render);
    bench.restart();
    bench.settle();
    let seen = bench.cluster.look(&key("b")).unwrap();
    bench.cluster.vanish(&key("b"));
    bench.cluster.events.clear();
    bench.hold(Request::Look);
    let (kind, live) = (key("b").kind, bench.cluster.uids(&key("b").kind));
    bench.give(Event::KindSynced { kind, live });
    bench.give(Event::Observed(Box::new(seen)));
    bench.held.remove(&Request::Look);
    bench.settle();
    bench.resume();
    bench.settle();
    assert!(bench.cluster.look(&key("b")).is_some(), "it is missing, and Git names it");
}

#[test]
fn who_never_claimed_lists_nothing() {
    let mut bench = Bench::new();
    bench.settle();
    assert_eq!(surveyed(&bench), [Some(BTreeSet::new())]);
}

#[test]
fn where_claim_and_status_disagree_all_kinds_are_scanned_and_the_claim_is_renewed() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.parent.claimed = None;
    bench.restart();
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.settle();
    assert_eq!(surveyed(&bench), [None]);
    assert_eq!(bench.asked(Request::Claim), 1);
    assert_eq!(bench.parent.claimed, Some(BTreeSet::from([key("a").kind])));
    let mut told = (**bench.parent.status.as_ref().unwrap()).clone();
    told.kinds.insert(GroupKind::new("apps", "Deployment"));
    bench.parent.status = Some(Arc::new(told));
    bench.restart();
    bench.forget();
    bench.settle();
    assert_eq!(surveyed(&bench), [None], "the status knows more than the claim");
}

#[test]
fn a_lost_status_is_written_again_and_nothing_else() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.parent.status = None;
    bench.restart();
    bench.forget();
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 0);
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.status().applied_commit, Some(commit("a")));
}

#[test]
fn a_crash_between_writes_and_status_leaks_nothing() {
    let mut bench = Bench::synced(&config_maps(0..3));
    bench.commit("b", &config_maps(1..6));
    bench.push();
    bench.hold(Request::Wanted);
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 6, "written, not yet pruned, not yet told");
    bench.resume();
    bench.restart();
    bench.forget();
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 5);
    assert_eq!(bench.asked(Request::Write), 0);
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
}

#[test]
fn a_crash_between_claim_and_writes_leaks_nothing() {
    let mut bench = Bench::new();
    bench.commit("a", &config_maps(0..3));
    bench.hold(Request::Write);
    bench.settle();
    let first = bench.open.remove(0);
    drop(bench.answer(&first));
    bench.resume();
    bench.commit("b", &config_maps(1..3));
    bench.restart();
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 2);
}

#[test]
fn drift_from_while_it_was_down_is_put_back() {
    let mut bench = Bench::synced(&config_maps(0..3));
    bench.cluster.edit(&key("c00"), "/data/value", "by hand");
    bench.cluster.vanish(&key("c01"));
    bench.restart();
    bench.settle();
    assert_eq!(bench.cluster.field(&key("c00"), "/data/value").unwrap(), "1");
    assert_eq!(bench.cluster.objects.len(), 3);
}

#[test]
fn with_a_broken_source_the_last_good_state_is_watched_and_healed_after_a_restart() {
    for broken in [true, false] {
        let mut bench = Bench::synced(&config_maps(0..3));
        if broken {
            bench.broken_commit("b");
        } else {
            bench.head = Err(Fault::new(Code::Unreachable, "no route"));
        }
        bench.cluster.edit(&key("c00"), "/data/value", "by hand");
        bench.restart();
        bench.settle();
        assert_eq!(bench.cluster.field(&key("c00"), "/data/value").unwrap(), "1");
        bench.cluster.vanish(&key("c02"));
        bench.settle();
        assert_eq!(bench.cluster.objects.len(), 3);
        assert_eq!(bench.status().phase, Phase::Failed);
    }
}

#[test]
fn a_cluster_that_does_not_answer_at_the_start_is_asked_ever_later() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::Restore);
    for wait in [1, 2, 4] {
        let Some(place) = bench.open.iter().position(|e| matches!(e, Effect::Restore { .. }))
        else {
            panic!("nothing is read")
        };
        let Effect::Restore { ticket, .. } = bench.open.remove(place) else { unreachable!() };
        let result = Err(crate::port::Refusal::Unreachable("refused".into()));
        bench.give(Event::Restored { ticket, result });
        bench.pass(seconds(wait) + seconds(wait) / 10);
    }
    assert_eq!(bench.asked(Request::Survey), 0, "nothing is concluded from silence");
    bench.resume();
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn a_parent_that_is_gone_ends_it_and_deletes_nothing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.restart();
    bench.hold(Request::Restore);
    let Effect::Restore { ticket, .. } = bench.open.remove(0) else { unreachable!() };
    let gone = status(404, "NotFound", "gitrepositories \"web\" not found");
    bench.give(Event::Restored { ticket, result: Err(gone) });
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Retire)));
    assert_eq!(bench.cluster.objects.len(), 1);
}

#[test]
fn what_was_told_is_remembered() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    let before: Arc<Status> = bench.status();
    bench.restart();
    bench.settle();
    assert_eq!(bench.status().history, before.history);
    assert_eq!(bench.status().conditions, before.conditions);
    assert_eq!(bench.status().last_sync_time, before.last_sync_time);
}

#[test]
fn from_any_state_the_end_is_that_of_an_empty_one() {
    let goal = config_maps(0..4);
    let mut fresh = Bench::new();
    fresh.commit("f", &goal);
    fresh.settle();
    let mut worn = Bench::synced(&config_maps(2..9));
    worn.broken_commit("b");
    worn.push();
    worn.settle();
    worn.cluster.vanish(&key("c03"));
    worn.cluster.edit(&key("c02"), "/data/value", "9");
    worn.restart();
    worn.commit("c", &config_maps(0..2));
    worn.refuse(Request::Write, "c00", status(500, "InternalError", "oops"), 1);
    worn.settle();
    worn.commit("f", &goal);
    worn.push();
    worn.settle();
    if let Some(digest) = worn.status().pending_prune {
        worn.order(|orders| orders.approved_prune = Some(digest));
        worn.settle();
    }
    worn.pass(seconds(600));
    let data = |bench: &Bench| -> Vec<_> {
        let objects = bench.cluster.objects.iter();
        objects.map(|(key, live)| (key.clone(), live.body["data"].clone())).collect()
    };
    assert_eq!(data(&worn), data(&fresh));
    assert_eq!(worn.status().phase, fresh.status().phase);
}
