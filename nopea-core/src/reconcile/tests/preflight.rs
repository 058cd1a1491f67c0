//! Rules 6, 12 and the owners of objects: nothing is written before the whole set passed.

use serde_json::json;

use super::{
    bench::{Bench, Request, commit, config_map, key, manifest, seconds},
    cluster::{invalid, status},
};
use crate::{
    fault::Code,
    model::{Action, Intent, Phase},
    port::Mode,
    reconcile::Ask,
};

#[test]
fn a_preflight_refusal_applies_nothing_and_reports_every_refusal() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1"), config_map("b", "1"), config_map("c", "1")]);
    bench.refuse(Request::DryRun, "a", invalid("data.x", "wrong"), 1);
    bench.refuse(Request::DryRun, "c", invalid("data.y", "wrong too"), 1);
    bench.settle();
    assert_eq!(bench.asked(Request::DryRun), 3);
    assert_eq!((bench.asked(Request::Claim), bench.asked(Request::Write)), (0, 0));
    let status = bench.status();
    let told: Vec<_> = status.faults.iter().map(|fault| fault.object.clone().unwrap()).collect();
    assert_eq!(told, [key("a"), key("c")]);
    assert_eq!(&*status.faults[0].origin.as_ref().unwrap().file, "a.yaml");
    assert_eq!(bench.reports("c").last().unwrap().action, Action::Failed);
}

#[test]
fn an_object_of_another_owner_is_refused_with_the_owners_name() {
    let flux = json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}});
    let argo = json!({"metadata": {"annotations":
        {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:shop/a"}}});
    let helm = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "web",
            "meta.helm.sh/release-namespace": "shop"}}});
    let other = json!({"metadata": {"labels": {"nopea.io/repository": "other",
        "nopea.io/namespace": "team", "applyset.kubernetes.io/part-of": "applyset-x-v1"},
        "annotations": {"nopea.io/object": "1"}}});
    for (marks, name) in
        [(flux, "Flux"), (argo, "Argo"), (helm, "Helm"), (other, "GitRepository team/other")]
    {
        let mut bench = Bench::new();
        bench.cluster.plant(&key("a"), &marks);
        bench.commit("a", &[config_map("a", "1"), config_map("b", "1")]);
        bench.settle();
        assert_eq!(bench.faults(), [Code::OwnedByOther], "{name}");
        let status = bench.status();
        assert!(status.faults[0].message.contains(name), "{}", status.faults[0].message);
        assert_eq!((bench.asked(Request::Look), bench.asked(Request::Write)), (1, 0));

        let adopted = manifest(
            "v1",
            "ConfigMap",
            "a",
            json!({"data": {"value": "1"},
            "metadata": {"annotations": {"nopea.io/adopt": "true"}}}),
        );
        bench.commit("b", &[adopted]);
        bench.push();
        bench.settle();
        assert_eq!(bench.status().phase, Phase::Synced, "{name}: adopted");
        assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    }
}

#[test]
fn what_another_repository_names_no_more_is_taken_over_and_what_it_names_is_not() {
    for moved in [true, false] {
        let mut bench = Bench::new();
        let marks = json!({"metadata": {"labels": {"nopea.io/repository": "other",
            "nopea.io/namespace": "team", "applyset.kubernetes.io/part-of": "applyset-x-v1"},
            "annotations": {"nopea.io/object": "1"}}});
        bench.cluster.plant(&key("a"), &marks);
        bench.heard.insert(crate::model::RepoKey::new("team", "other"));
        if !moved {
            bench.elsewhere.insert(key("a"));
        }
        bench.commit("a", &[config_map("a", "1")]);
        bench.settle();
        assert_eq!(bench.status().phase == Phase::Synced, moved);
        assert_eq!(bench.asked(Request::Wanted), 1);
    }
}

#[test]
fn a_former_member_is_adopted_without_a_question() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.declared.uid = crate::model::Uid::new("restored");
    bench.parent = crate::port::ParentState::default();
    bench.restart();
    bench.commit("b", &[config_map("a", "2")]);
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "2");
    assert_eq!(bench.asked(Request::Look), 1);
}

#[test]
fn an_object_that_nobody_claims_is_taken_over() {
    let mut bench = Bench::new();
    bench.cluster.plant(&key("a"), &json!({"data": {"value": "0"}}));
    bench.commit("a", &[config_map("a", "1")]);
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.reports("a").last().unwrap().action, Action::Configured);
}

#[test]
fn what_moves_between_dry_run_and_write_is_judged_anew() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "2")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("a"), "/data/foreign", "1");
    bench.resume();
    bench.settle();
    assert_eq!(bench.asked(Request::Look), 1, "a 409 is a look, not a retry");
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert_eq!(bench.cluster.field(&key("a"), "/data/foreign").unwrap(), "1");
}

#[test]
fn a_busy_object_is_written_with_its_uid_alone_after_three_conflicts() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "2")]);
    bench.refuse(Request::Write, "a", status(409, "Conflict", "the object has been modified"), 3);
    bench.push();
    bench.settle();
    assert_eq!(bench.status().applied_commit, Some(commit("b")));
    assert_eq!(bench.asked(Request::Write), 4);
}

#[test]
fn break_glass_that_arrives_before_the_write_is_never_overwritten() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.commit("b", &[config_map("a", "2")]);
    bench.hold(Request::Write);
    bench.push();
    bench.settle();
    bench.cluster.edit(&key("a"), "/metadata/annotations/nopea.io~1suspend-heal", "true");
    bench.resume();
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    assert_eq!(bench.reports("a").last().unwrap().action, Action::Skipped);
}

#[test]
fn a_frozen_object_is_neither_changed_nor_healed_nor_pruned_and_the_status_shows_it() {
    let mut bench = Bench::synced(&[config_map("a", "1"), config_map("b", "1")]);
    bench.cluster.edit(&key("a"), "/metadata/annotations/nopea.io~1suspend-heal", "yes");
    bench.cluster.edit(&key("a"), "/data/value", "by hand");
    bench.settle();
    assert_eq!(bench.asked(Request::Write), 0);
    assert_eq!(bench.faults(), [Code::Suspended]);
    bench.commit("b", &[config_map("a", "2"), config_map("b", "1")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "by hand");
    bench.commit("c", &[config_map("b", "1")]);
    bench.push();
    bench.settle();
    assert!(bench.cluster.objects.contains_key(&key("a")));
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.faults(), [Code::Suspended]);
}

#[test]
fn what_git_changed_under_a_frozen_object_is_applied_once_the_annotation_goes() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.cluster.edit(&key("a"), "/metadata/annotations/nopea.io~1suspend-heal", "1");
    bench.settle();
    bench.commit("b", &[config_map("a", "2")]);
    bench.push();
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
    let path = ["metadata", "annotations", "nopea.io/suspend-heal"];
    bench.cluster.take(&key("a"), &path, crate::model::Change::Present);
    bench.settle();
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "2");
    assert_eq!(bench.faults(), []);
}

#[test]
fn break_glass_in_git_is_a_fault() {
    let mut bench = Bench::new();
    let frozen = json!({"metadata": {"annotations": {"nopea.io/suspend-heal": "true"}}});
    bench.commit("a", &[manifest("v1", "ConfigMap", "a", frozen)]);
    bench.settle();
    assert_eq!(bench.faults(), [Code::BreakGlassInGit]);
}

#[test]
fn a_terminating_object_is_never_applied_to_and_is_created_again_once_it_is_gone() {
    let held = json!({"metadata": {"finalizers": ["example.org/hold"]}, "data": {"value": "0"}});
    let mut bench = Bench::new();
    bench.cluster.plant(&key("a"), &held);
    bench.cluster.vanish(&key("a"));
    bench.commit("a", &[config_map("a", "1")]);
    bench.settle();
    assert_eq!(bench.faults(), [Code::Conflict]);
    assert_eq!(bench.asked(Request::Write), 0);
    bench.cluster.let_go(&key("a"));
    bench.pass(seconds(2));
    assert_eq!(bench.status().phase, Phase::Synced);
    assert_eq!(bench.cluster.field(&key("a"), "/data/value").unwrap(), "1");
}

#[test]
fn an_object_whose_dry_run_shows_that_it_is_dying_is_not_applied_to() {
    let mut bench = Bench::synced(&[config_map("a", "1")]);
    bench.forget();
    bench.commit("b", &[config_map("a", "2")]);
    bench.hold(Request::DryRun);
    bench.push();
    bench.settle();
    let request = bench.open.remove(0);
    let mut event = bench.answer(&request);
    if let crate::reconcile::Event::Answered {
        result: Ok(crate::reconcile::Answer::Applied { now, .. }),
        ..
    } = &mut event
    {
        now.change = crate::model::Change::Terminating;
    }
    bench.give(event);
    assert_eq!(bench.faults(), [Code::Conflict]);
    assert_eq!(bench.asked(Request::Write), 0);
}

#[test]
fn an_answer_without_our_marks_is_a_policys_fault() {
    let mut bench = Bench::new();
    bench.commit("a", &[config_map("a", "1")]);
    bench.hold(Request::Write);
    bench.settle();
    let request = bench.open.remove(0);
    let mut event = bench.answer(&request);
    if let crate::reconcile::Event::Answered {
        result: Ok(crate::reconcile::Answer::Applied { now, .. }),
        ..
    } = &mut event
    {
        now.marks.object = None;
    }
    bench.give(event);
    assert_eq!(bench.faults(), [Code::MarksRemoved]);
}

#[test]
fn a_plan_writes_nothing() {
    let mut bench =
        Bench::synced(&[config_map("a", "1"), config_map("b", "1"), config_map("d", "1")]);
    bench.declared.orders.intent = Intent::Plan;
    bench.cluster.edit(&key("d"), "/data/value", "drifted");
    bench.cluster.co_own(&key("a"), "value");
    bench.restart();
    bench.commit("b", &[config_map("a", "2"), config_map("c", "1"), config_map("d", "1")]);
    bench.forget();
    bench.settle();
    bench.pass(seconds(600));
    for request in [Request::Claim, Request::Write, Request::Delete, Request::HandBack] {
        assert_eq!(bench.asked(request), 0, "{request:?}");
    }
    let action = |name| bench.reports(name).last().unwrap().action;
    assert_eq!(action("a"), Action::Configured);
    assert_eq!(action("b"), Action::Pruned);
    assert_eq!(action("c"), Action::Created);
    assert_eq!(action("d"), Action::Configured);
}

/// A Namespace of the set with two objects in it.
fn new_namespace() -> Vec<crate::model::Manifest> {
    let within = |name: &str| {
        let metadata = json!({"namespace": "team"});
        let body = json!({"metadata": metadata, "data": {"value": "1", "valu": "2"}});
        manifest("v1", "ConfigMap", name, body)
    };
    vec![within("a"), within("b"), manifest("v1", "Namespace", "team", json!({}))]
}

#[test]
fn a_schema_fault_in_a_namespace_of_the_set_is_refused_before_the_first_write() {
    let said = "failed to create typed patch object (default/x; v1, Kind=ConfigMap): errors:\n  \
                .data.valu: field not declared in schema";
    let mut bench = Bench::new();
    bench.commit("a", &new_namespace());
    bench.refuse(Request::DryRun, "a", status(500, "", said), 1);
    bench.refuse(Request::DryRun, "b", invalid("data.value", "wrong"), 1);
    bench.settle();
    assert_eq!(bench.faults(), [Code::UnknownField, Code::Invalid]);
    assert_eq!((bench.asked(Request::Claim), bench.asked(Request::Write)), (0, 0));
    let faults = &bench.status().faults;
    assert_eq!(&*faults[0].message, "data.valu: field not declared in schema");
    assert_eq!(&*faults[0].origin.as_ref().unwrap().file, "a.yaml");
    assert_eq!(
        bench.names(Request::DryRun),
        ["team", "a", "b", "a"],
        "what is left is asked again"
    );
}

#[test]
fn a_stand_in_has_another_name_in_a_namespace_that_exists_and_only_its_fields_count() {
    let mut bench = Bench::new();
    bench.commit("a", &new_namespace());
    bench.hold(Request::Write);
    bench.refuse(Request::DryRun, "a", status(403, "Forbidden", "no"), 1);
    bench.refuse(Request::DryRun, "b", invalid("metadata.name", "is of another form"), 1);
    bench.settle();
    assert_eq!(bench.names(Request::Write), ["team"]);
    let stand_ins = bench.effects.iter().filter_map(|effect| match effect {
        crate::reconcile::Effect::Ask {
            key,
            ask: Ask::Apply { manifest, mode: Mode::Try, .. },
            ..
        } if manifest.key != *key => Some(manifest),
        _other => None,
    });
    let stand_ins: Vec<_> = stand_ins.collect();
    assert_eq!(stand_ins.len(), 2);
    for manifest in stand_ins {
        assert_eq!((&*manifest.key.namespace, &*manifest.key.kind.kind), ("default", "ConfigMap"));
        assert_eq!(manifest.body["metadata"]["namespace"], "default");
        assert_eq!(manifest.body["metadata"]["name"], *manifest.key.name);
    }
    bench.resume();
    bench.settle();
    let namespace = crate::model::ObjectKey::new("", "Namespace", "", "team");
    bench.cluster.report(&namespace, json!({"phase": "Active"}));
    bench.settle();
    assert_eq!(bench.status().phase, Phase::Synced);
}
