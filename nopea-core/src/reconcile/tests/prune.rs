//! Rule 8: what is deleted, what is held, and what approves it.

use serde_json::json;

use super::{
    bench::{Bench, Request, commit, config_map, config_maps, key, manifest, seconds},
    cluster::status,
};
use crate::{
    fault::Code,
    guard,
    model::{Action, ObjectKey, Phase},
    port::{Guard, Mode},
    reconcile::{Ask, Effect, Event},
};

/// Synced ten objects; then a commit names only these of them.
fn reduced_to(names: std::ops::Range<usize>) -> Bench {
    let mut bench = Bench::synced(&config_maps(0..10));
    bench.commit("b", &config_maps(names));
    bench.push();
    bench.settle();
    bench
}

#[test]
fn what_git_no_longer_names_is_deleted_with_uid_and_version() {
    let bench = reduced_to(0..9);
    assert_eq!(bench.names(Request::Delete), ["c09"]);
    assert_eq!(bench.cluster.objects.len(), 9);
    assert_eq!(bench.reports("c09").last().unwrap().action, Action::Pruned);
    let guarded = |effect: &Effect| {
        matches!(effect, Effect::Ask { ask: Ask::Delete { version: Some(_), .. }, .. })
    };
    assert!(bench.effects.iter().any(guarded));
}

#[test]
fn an_empty_render_is_held() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[]);
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::EmptyRender]);
    assert_eq!(bench.cluster.objects.len(), 1);
}

#[test]
fn deleting_more_than_half_of_ten_is_held_until_its_digest_is_approved() {
    let mut bench = reduced_to(0..4);
    assert_eq!(bench.faults(), [Code::PruneHeld]);
    assert_eq!((bench.asked(Request::DryRun), bench.asked(Request::Delete)), (0, 0));
    let digest = bench.status().pending_prune.unwrap();
    assert!(bench.status().faults[0].help.contains(&digest.to_string()));
    bench.order(|orders| orders.approved_prune = Some(digest));
    bench.settle();
    assert_eq!(bench.cluster.objects.len(), 4);
    assert_eq!((bench.status().phase, bench.status().pending_prune), (Phase::Synced, None));
}

#[test]
fn deleting_half_of_ten_is_not_held() {
    assert_eq!(reduced_to(0..5).cluster.objects.len(), 5);
}

#[test]
fn another_list_than_the_approved_one_is_held_again() {
    let mut bench = reduced_to(0..4);
    let digest = bench.status().pending_prune.unwrap();
    bench.commit("c", &config_maps(0..3));
    bench.order(|orders| orders.approved_prune = Some(digest));
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::PruneHeld]);
    assert_ne!(bench.status().pending_prune, Some(digest));
    assert_eq!(bench.cluster.objects.len(), 10);
    let mut bench = reduced_to(0..3);
    bench.order(|orders| orders.approved_prune = Some(digest));
    bench.settle();
    assert_eq!(bench.faults(), [Code::PruneHeld]);
    assert_eq!(bench.cluster.objects.len(), 10);
}

#[test]
fn a_held_list_is_forgotten_when_a_commit_needs_none() {
    let mut bench = reduced_to(0..4);
    bench.commit("c", &config_maps(0..10));
    bench.push();
    bench.settle();
    assert_eq!((bench.status().phase, bench.status().pending_prune), (Phase::Synced, None));
}

/// A Namespace of ours that the next commit no longer names, with this in it.
fn namespace_with(foreign: bool) -> Bench {
    let team = manifest("v1", "Namespace", "team", json!({}));
    let mut bench = Bench::new();
    bench.commit("a", &[team.clone(), config_map("a", "1")]);
    bench.settle();
    bench.cluster.report(&team.key, json!({"phase": "Active"}));
    bench.settle();
    let inside = |name| ObjectKey::new("", "ConfigMap", "team", name);
    bench.contents = vec![inside("kube-root-ca.crt")];
    bench.cluster.plant(&inside("kube-root-ca.crt"), &json!({}));
    if foreign {
        bench.contents.push(inside("theirs"));
        bench.cluster.plant(&inside("theirs"), &json!({}));
    }
    bench.forget();
    bench.commit("b", &[config_map("a", "1")]);
    bench.push();
    bench.settle();
    bench
}

#[test]
fn foreign_contents_hold_a_namespace() {
    let mut bench = namespace_with(true);
    assert_eq!(bench.faults(), [Code::ForeignContents]);
    assert!(bench.status().faults[0].message.contains("ConfigMap team/theirs"));
    assert!(!bench.status().faults[0].message.contains("kube-root-ca"));
    assert_eq!(bench.asked(Request::Delete), 0);
    let digest = bench.status().pending_prune.unwrap();
    bench.order(|orders| orders.approved_prune = Some(digest));
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["team"]);
}

#[test]
fn a_namespace_with_nothing_foreign_is_deleted() {
    let bench = namespace_with(false);
    assert_eq!(bench.names(Request::Delete), ["team"]);
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn moved_objects_are_released_not_deleted() {
    let mut bench =
        Bench::synced(&[config_map("a", "1"), config_map("b", "1"), config_map("c", "1")]);
    bench.elsewhere.insert(key("b"));
    bench.commit("b", &[config_map("a", "1")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["c"]);
    assert!(bench.cluster.objects.contains_key(&key("b")));
    assert_eq!(bench.reports("b").last().unwrap().action, Action::Skipped);
    assert_eq!(bench.status().objects.total, 1);
}

#[test]
fn without_prune_nothing_is_deleted() {
    let mut bench = Bench::with(|spec| spec.prune = false);
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
    bench.settle();
    bench.commit("b", &[config_map("a", "1")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.asked(Request::Delete), 0);
    assert_eq!(bench.reports("b").last().unwrap().action, Action::Skipped);
    assert_eq!(bench.status().phase, Phase::Synced);
}

#[test]
fn a_copied_label_does_not_make_a_member_that_could_be_pruned() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    let label = bench.cluster.field(&key("a"), "/metadata/labels").unwrap().clone();
    let mark = bench.cluster.field(&key("a"), "/metadata/annotations").unwrap().clone();
    let copied = json!({"metadata": {"labels": label, "annotations": mark}});
    bench.cluster.plant(&key("copy"), &copied);
    bench.restart();
    bench.commit("b", &[config_map("a", "2")]);
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert!(bench.cluster.objects.contains_key(&key("copy")));
}

#[test]
fn a_refused_deletion_is_judged_anew_and_never_repeated_blindly() {
    let mut bench = Bench::synced(&config_maps(0..3));
    bench.commit("b", &config_maps(0..2));
    bench.hold(Request::Delete);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("c02"), "/metadata/annotations/nopea.io~1suspend-heal", "true");
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Look), 1);
    assert!(bench.cluster.objects.contains_key(&key("c02")), "break-glass came in between");
}

#[test]
fn a_deletion_that_is_forbidden_is_a_fault_of_the_sync() {
    let mut bench = Bench::synced(&config_maps(0..3));
    bench.commit("b", &config_maps(0..2));
    bench.refuse(Request::Delete, "c02", status(403, "Forbidden", "no"), 1);
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::Forbidden]);
    bench.pass(seconds(300));
    assert_eq!(bench.status().phase, Phase::Synced, "tried again at the poll");
    assert_eq!(bench.cluster.objects.len(), 2);
}

#[test]
fn a_digest_depends_on_the_parent() {
    let list = std::collections::BTreeSet::from([key("a")]);
    let other = guard::digest(&crate::model::Uid::new("other"), &list);
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[]);
    bench.order(|orders| orders.approved_prune = Some(other));
    bench.push();
    bench.settle();
    assert_eq!(bench.faults(), [Code::EmptyRender]);
}

/// Synced these; then a commit drops all but `a`. The deletion of `b` is answered, and nobody was told
/// of it, when a write of an older attempt arrives and brings it back.
fn late_write_of_b(names: &[&str]) -> Bench {
    let mut bench = Bench::new();
    bench.commit("a", &names.iter().map(|name| config_map(name, "1")).collect::<Vec<_>>());
    bench.settle();
    let written = bench.effects.iter().find_map(|effect| match effect {
        Effect::Ask { key: of, ask: Ask::Apply { manifest, .. }, .. } if *of == key("b") => {
            Some(manifest.clone())
        }
        _other => None,
    });
    bench.commit("b", &[config_map("a", "1")]);
    bench.hold(Request::Delete);
    bench.push();
    bench.settle();
    let delete = bench.open.remove(0);
    let deleted = bench.answer(&delete);
    bench.cluster.events.clear();
    bench.give(deleted);
    bench.forget();
    bench.cluster.apply(&written.unwrap(), &Guard::Absent, Mode::Real).unwrap();
    bench
}

/// A watch that begins anew shows only what lives by then.
#[test]
fn what_comes_to_life_again_after_its_deletion_is_pruned_again() {
    let mut bench = late_write_of_b(&["a", "b"]);
    bench.resume();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["b"]);
    assert!(bench.cluster.look(&key("b")).is_none());
}

#[test]
fn what_comes_to_life_again_while_the_rest_is_deleted_is_pruned_again() {
    let mut bench = late_write_of_b(&["a", "b", "c"]);
    while bench.show() {}
    bench.resume();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["b"]);
    assert!(bench.cluster.look(&key("b")).is_none());
}

#[test]
fn what_a_lost_heal_brought_back_unseen_by_a_plan_is_pruned_by_the_next() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.hold(Request::Write);
    bench.cluster.vanish(&key("b"));
    bench.settle();
    let heal = bench.open.remove(0);
    let Event::Answered { ticket, key: of, result: Ok(_) } = bench.answer(&heal) else {
        unreachable!("the heal is the only open request")
    };
    let unseen = std::mem::take(&mut bench.cluster.events);
    let lost = status(503, "ServiceUnavailable", "busy");
    bench.give(Event::Answered { ticket, key: of, result: Err(lost) });
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    bench.cluster.events = unseen;
    bench.settle();
    assert_eq!(bench.asked(Request::Delete), 0, "the plan was made when it was not there");
    bench.resume();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["b"]);
    assert_eq!(bench.status().phase, Phase::Synced);
}
