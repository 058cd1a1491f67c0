//! Rule 14: a repository that goes takes its objects along, or leaves them, and always gets away.

use serde_json::json;

use super::{
    bench::{Bench, Request, config_map, key, manifest, seconds},
    cluster::status,
};
use crate::{
    fault::{Code, Fault},
    model::{DeletionPolicy, ObjectKey, What},
    reconcile::Effect,
};

fn retired(bench: &Bench) -> bool {
    bench.effects.iter().any(|effect| matches!(effect, Effect::Retire))
}

/// How many were deleted, and the codes and objects of what was left.
fn removed(bench: &Bench) -> (usize, Vec<(Code, String)>) {
    let told = bench.notices().find_map(|what| match what {
        What::Removed { deleted, left } => Some((*deleted, left)),
        _other => None,
    });
    let (deleted, left) = told.unwrap();
    let name = |fault: &Fault| fault.object.as_ref().unwrap().name.to_string();
    (deleted, left.iter().map(|fault| (fault.code, name(fault))).collect())
}

#[test]
fn all_members_go_then_the_finalizer() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.delete();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert_eq!(removed(&bench), (2, vec![]));
    assert_eq!(bench.asked(Request::Release), 1);
    assert!(retired(&bench));
}

#[test]
fn members_go_in_the_order_of_their_kinds() {
    let deployment = manifest("apps/v1", "Deployment", "web", json!({"spec": {"replicas": 1}}));
    let role = manifest("rbac.authorization.k8s.io/v1", "Role", "reader", json!({"rules": []}));
    let team = manifest("v1", "Namespace", "team", json!({}));
    let mut bench = Bench::with(|spec| spec.wait = false);
    bench.commit("a", &[team.clone(), role, config_map("a", "1"), deployment]);
    bench.settle();
    bench.cluster.report(&team.key, json!({"phase": "Active"}));
    bench.settle();
    bench.forget();
    bench.delete();
    bench.settle();
    assert_eq!(bench.names(Request::Delete), ["web", "a", "reader", "team"]);
    assert!(bench.place(Request::Contents) < bench.place(Request::Delete));
}

#[test]
fn each_kind_waits_until_the_one_before_is_gone() {
    let deployment = manifest(
        "apps/v1",
        "Deployment",
        "web",
        json!({"spec": {"replicas": 1},
        "metadata": {"finalizers": ["example.org/hold"]}}),
    );
    let mut bench = Bench::with(|spec| spec.wait = false);
    bench.commit("a", &[config_map("a", "1"), deployment.clone()]);
    bench.settle();
    bench.delete();
    bench.settle();
    let web = ObjectKey::new("apps", "Deployment", "shop", "web");
    assert!(bench.cluster.objects.contains_key(&key("a")));
    bench.cluster.let_go(&web);
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert!(retired(&bench));
}

#[test]
fn orphaned_objects_stay() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declare(|spec| spec.deletion_policy = DeletionPolicy::Orphan);
    bench.delete();
    bench.settle();
    assert_eq!(bench.asked(Request::Delete), 0);
    assert_eq!(bench.cluster.objects.len(), 1);
    assert_eq!(removed(&bench), (0, vec![]));
    assert!(retired(&bench));
}

#[test]
fn deleting_a_suspended_repository_deletes_nothing() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declare(|spec| spec.suspend = true);
    bench.delete();
    bench.settle();
    assert_eq!(bench.asked(Request::Delete), 0);
    assert!(retired(&bench));
}

#[test]
fn it_works_with_the_source_gone_and_after_a_restart() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.head = Err(Fault::new(Code::Unreachable, "gone"));
    bench.declared.deleted_at = Some(bench.now);
    bench.restart();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert_eq!(bench.asked(Request::Resolve), 0);
    assert!(retired(&bench));
}

#[test]
fn a_kind_whose_definition_is_gone_is_gone() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    let text = "the server could not find the requested resource";
    bench.refuse(Request::Delete, "a", status(404, "NotFound", text), 1);
    bench.delete();
    bench.settle();
    assert!(retired(&bench));
}

#[test]
fn the_timeout_names_what_stands_in_the_way_and_lets_go() {
    let held = manifest(
        "v1",
        "ConfigMap",
        "held",
        json!({"metadata": {"finalizers": ["example.org/hold"]}}),
    );
    let team = manifest("v1", "Namespace", "team", json!({}));
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("frozen", "1"), held, team.clone()]);
    bench.settle();
    bench.cluster.report(&team.key, json!({"phase": "Active"}));
    bench.settle();
    bench.cluster.edit(&key("frozen"), "/metadata/annotations/nopea.io~1suspend-heal", "true");
    let theirs = ObjectKey::new("", "ConfigMap", "team", "theirs");
    bench.cluster.plant(&theirs, &json!({}));
    bench.contents = vec![theirs];
    bench.settle();
    bench.forget();
    bench.delete();
    bench.settle();
    assert!(!retired(&bench));
    bench.pass(seconds(300));
    let (deleted, left) = removed(&bench);
    assert_eq!(deleted, 2, "one is gone, one was taken and hangs");
    assert_eq!(
        left,
        [
            (Code::DeletionBlocked, "frozen".to_owned()),
            (Code::DeletionBlocked, "held".to_owned()),
            (Code::ForeignContents, "team".to_owned()),
        ]
    );
    assert!(retired(&bench));
    assert!(bench.cluster.objects.contains_key(&team.key));
}

#[test]
fn a_heal_in_the_air_leaves_no_orphan() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.cluster.vanish(&key("a"));
    bench.hold(Request::Write);
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["a"]);
    bench.delete();
    bench.settle();
    assert!(!retired(&bench), "the correction may make an object yet");
    bench.resume();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert!(retired(&bench));
}

#[test]
fn a_running_attempt_is_ended_first_and_its_open_writes_are_awaited() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
    bench.hold(Request::Write);
    bench.settle();
    bench.delete();
    assert_eq!(bench.asked(Request::Delete), 0);
    bench.resume();
    bench.settle();
    assert!(bench.cluster.objects.is_empty());
    assert!(retired(&bench));
}

#[test]
fn a_finalizer_that_cannot_be_taken_off_is_tried_again() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.hold(Request::Release);
    bench.delete();
    bench.settle();
    let Effect::Release { ticket, .. } = bench.open.remove(0) else { unreachable!() };
    let busy = status(503, "ServiceUnavailable", "busy");
    bench.give(crate::reconcile::Event::Released { ticket, result: Err(busy) });
    assert!(!retired(&bench));
    bench.resume();
    bench.pass(seconds(2));
    assert!(retired(&bench));
}

#[test]
fn who_waits_is_told_that_it_is_over() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.delete();
    bench.wait_for_sync(1);
    bench.settle();
    assert_eq!(bench.replies(), [(1, Err(vec![Code::Undeclared]))]);
}
