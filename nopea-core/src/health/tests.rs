//! Table tests of health, from statuses as controllers write them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fields::sample::any_json;

/// How the object of this kind and these fields does: `Healthy`, or the state with its reason.
fn judge(api_version: &str, kind: &str, spec: &Value, status: &Value) -> String {
    let object = json!({"apiVersion": api_version, "kind": kind, "spec": spec, "status": status,
        "metadata": {"name": "x", "generation": 2}});
    words(&health(&object))
}

fn words(health: &Health) -> String {
    let reason = health.reason();
    if reason.is_empty() { health.to_string() } else { format!("{health}: {reason}") }
}

fn replicas(total: i64, updated: i64, ready: i64, available: i64) -> Value {
    json!({"observedGeneration": 2, "replicas": total, "updatedReplicas": updated,
        "readyReplicas": ready, "availableReplicas": available})
}

fn with(mut value: Value, name: &str, field: Value) -> Value {
    value[name] = field;
    value
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!([{"type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-11-24T18:00:00Z"}])
}

#[test]
fn deployments_count_their_replicas() {
    let late = condition("Progressing", "False", "ProgressDeadlineExceeded", "x timed out");
    let refused = condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: pods");
    let available = condition("Available", "True", "MinimumReplicasAvailable", "");
    let cases = [
        (json!({}), "Progressing: its controller has not seen it yet"),
        (
            json!({"observedGeneration": 1}),
            "Progressing: its controller has not seen the latest change yet",
        ),
        (replicas(2, 2, 2, 2), "Progressing: 2 of 3 replicas are created"),
        (replicas(4, 1, 3, 3), "Progressing: 1 of 3 replicas are updated"),
        (replicas(4, 3, 4, 4), "Progressing: 1 old replica waits to be removed"),
        (replicas(3, 3, 3, 2), "Progressing: 2 of 3 replicas are available"),
        (replicas(3, 3, 3, 3), "Healthy"),
        (with(replicas(3, 3, 3, 3), "conditions", available), "Healthy"),
        (
            with(replicas(3, 3, 1, 1), "conditions", late),
            "Degraded: the rollout exceeded its deadline: 1 of 3 replicas are available",
        ),
        (
            with(replicas(0, 0, 0, 0), "conditions", refused),
            "Progressing: 0 of 3 replicas are created: exceeded quota: pods",
        ),
    ];
    for (status, expected) in cases {
        let seen = judge("apps/v1", "Deployment", &json!({"replicas": 3}), &status);
        assert_eq!(seen, expected, "{status}");
    }
    let paused = json!({"replicas": 3, "paused": true});
    let seen = judge("apps/v1", "Deployment", &paused, &replicas(1, 1, 1, 1));
    assert_eq!(seen, "Suspended: the rollout is paused");
    let one = judge("apps/v1", "Deployment", &json!({}), &replicas(1, 1, 0, 0));
    assert_eq!(one, "Progressing: 0 of 1 replica is available");
    let none = judge("apps/v1", "Deployment", &json!({"replicas": 0}), &replicas(0, 0, 0, 0));
    assert_eq!(none, "Healthy");
}

#[test]
fn stateful_sets_count_their_replicas_and_revisions() {
    let revisions = |status: Value, current: &str, update: &str| {
        let status = with(status, "currentRevision", json!(current));
        with(status, "updateRevision", json!(update))
    };
    let plain = json!({"replicas": 2});
    let canary = json!({"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}});
    let by_hand = json!({"replicas": 2, "updateStrategy": {"type": "OnDelete"}});
    let cases = [
        (
            &plain,
            revisions(replicas(1, 1, 1, 1), "a", "a"),
            "Progressing: 1 of 2 replicas are created",
        ),
        (
            &plain,
            revisions(replicas(2, 2, 1, 1), "a", "a"),
            "Progressing: 1 of 2 replicas are ready",
        ),
        (
            &plain,
            revisions(replicas(2, 1, 2, 2), "a", "b"),
            "Progressing: 1 of 2 replicas are updated",
        ),
        (
            &plain,
            revisions(replicas(3, 3, 3, 3), "a", "a"),
            "Progressing: 1 old replica waits to be removed",
        ),
        (&plain, revisions(replicas(2, 2, 2, 2), "b", "b"), "Healthy"),
        (
            &canary,
            revisions(replicas(2, 0, 2, 2), "a", "b"),
            "Progressing: 0 of 1 replica is updated",
        ),
        (&canary, revisions(replicas(2, 1, 2, 2), "a", "b"), "Healthy"),
        (&by_hand, revisions(replicas(2, 0, 0, 0), "a", "b"), "Healthy"),
    ];
    for (spec, status, expected) in cases {
        assert_eq!(judge("apps/v1", "StatefulSet", spec, &status), expected, "{status}");
    }
}

#[test]
fn daemon_sets_and_replica_sets_count_their_pods() {
    let nodes = |current: i64, updated: i64, available: i64, ready: i64| {
        json!({"observedGeneration": 2, "desiredNumberScheduled": 3,
            "currentNumberScheduled": current, "updatedNumberScheduled": updated,
            "numberAvailable": available, "numberReady": ready})
    };
    let cases = [
        (json!({"observedGeneration": 2}), "Progressing: its controller has not chosen nodes yet"),
        (nodes(1, 1, 1, 1), "Progressing: 1 of 3 pods are scheduled"),
        (nodes(3, 2, 3, 3), "Progressing: 2 of 3 pods are updated"),
        (nodes(3, 3, 2, 2), "Progressing: 2 of 3 pods are available"),
        (nodes(3, 3, 3, 3), "Healthy"),
        (json!({"observedGeneration": 2, "desiredNumberScheduled": 0}), "Healthy"),
    ];
    for (status, expected) in cases {
        assert_eq!(judge("apps/v1", "DaemonSet", &json!({}), &status), expected, "{status}");
    }
    let set = |labelled: i64| with(replicas(2, 0, 2, 2), "fullyLabeledReplicas", json!(labelled));
    let spec = json!({"replicas": 2});
    assert_eq!(judge("apps/v1", "ReplicaSet", &spec, &set(2)), "Healthy");
    let short = "Progressing: 1 of 2 replicas are created";
    assert_eq!(judge("apps/v1", "ReplicaSet", &spec, &set(1)), short);
}

#[test]
fn pods_say_what_keeps_them_from_running() {
    let waiting = |phase: &str, reason: &str| {
        json!({"phase": phase, "containerStatuses": [{"name": "web", "image": "web:1",
            "state": {"waiting": {"reason": reason, "message": "back-off 40s"}}}]})
    };
    let ready = condition("Ready", "True", "", "");
    let refused = condition(
        "PodScheduled",
        "False",
        "Unschedulable",
        "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: x.",
    );
    let pull = "Degraded: container web cannot pull its image web:1";
    let cases = [
        (json!({}), "Progressing: it has not been scheduled yet"),
        (json!({"phase": "Pending"}), "Progressing: its containers have not started yet"),
        (
            json!({"phase": "Pending", "conditions": refused}),
            "Degraded: no node can take it: 0/3 nodes are available: 3 Insufficient cpu",
        ),
        (json!({"phase": "Running"}), "Progressing: running, but not ready"),
        (json!({"phase": "Running", "conditions": ready}), "Healthy"),
        (waiting("Running", "CrashLoopBackOff"), "Degraded: container web crashes again and again"),
        (waiting("Pending", "ImagePullBackOff"), pull),
        (waiting("Pending", "ErrImagePull"), pull),
        (
            waiting("Pending", "ContainerCreating"),
            "Progressing: its containers have not started yet",
        ),
        (json!({"phase": "Succeeded"}), "Healthy"),
        (
            json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}),
            "Degraded: failed: Evicted: low on memory",
        ),
        (
            json!({"phase": "Failed", "containerStatuses": [
                {"name": "web", "state": {"terminated": {"exitCode": 3}}}]}),
            "Degraded: container web exited with code 3",
        ),
    ];
    for (status, expected) in cases {
        assert_eq!(judge("v1", "Pod", &json!({}), &status), expected, "{status}");
    }
}

#[test]
fn jobs_are_healthy_once_they_are_complete() {
    let complete = json!({"succeeded": 1, "conditions": condition("Complete", "True", "", "")});
    let failed = condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the limit");
    let three = json!({"completions": 3});
    let cases = [
        (json!({}), complete, "Healthy"),
        (json!({}), json!({"active": 1}), "Progressing: 0 of 1 pod is complete"),
        (three, json!({"succeeded": 2}), "Progressing: 2 of 3 pods are complete"),
        (json!({}), json!({"conditions": failed}), "Degraded: failed: Job has reached the limit"),
        (json!({"suspend": true}), json!({}), "Suspended: the job is suspended"),
    ];
    for (spec, status, expected) in cases {
        assert_eq!(judge("batch/v1", "Job", &spec, &status), expected, "{status}");
    }
    let cron =
        |suspend: bool| judge("batch/v1", "CronJob", &json!({"suspend": suspend}), &json!({}));
    assert_eq!(cron(false), "Healthy");
    assert_eq!(cron(true), "Suspended: the schedule is suspended");
}

#[test]
fn what_others_stand_on_says_when_it_can_be_stood_on() {
    let crd = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let api = ("apiregistration.k8s.io/v1", "APIService");
    let pvc = ("v1", "PersistentVolumeClaim");
    let conditions = |kind, status, reason, message| json!({"conditions": condition(kind, status, reason, message)});
    let cases = [
        (("v1", "Namespace"), json!({"phase": "Active"}), "Healthy"),
        (("v1", "Namespace"), json!({"phase": "Terminating"}), "Progressing: being deleted"),
        (("v1", "Namespace"), json!({}), "Progressing: not active yet"),
        (pvc, json!({"phase": "Pending"}), "Progressing: not bound to a volume yet"),
        (pvc, json!({"phase": "Bound"}), "Healthy"),
        (pvc, json!({"phase": "Lost"}), "Degraded: its volume is gone"),
        (crd, json!({}), "Progressing: not established yet"),
        (
            crd,
            conditions("Established", "False", "Installing", "x"),
            "Progressing: not established yet",
        ),
        (crd, conditions("Established", "True", "InitialNamesAccepted", "x"), "Healthy"),
        (
            crd,
            conditions("NamesAccepted", "False", "ListKindConflict", "\"AList\" is already in use"),
            "Degraded: its names are not accepted: \"AList\" is already in use",
        ),
        (api, json!({}), "Progressing: not available yet"),
        (api, conditions("Available", "True", "Passed", ""), "Healthy"),
        (
            api,
            conditions("Available", "False", "FailedDiscoveryCheck", "https://10.0.0.1: no"),
            "Progressing: not available: FailedDiscoveryCheck",
        ),
    ];
    for ((api_version, kind), status, expected) in cases {
        assert_eq!(judge(api_version, kind, &json!({}), &status), expected, "{kind} {status}");
    }
}

#[test]
fn services_wait_for_a_load_balancer_only() {
    let balanced = json!({"type": "LoadBalancer"});
    let address = json!({"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}});
    let waits = "Progressing: waiting for the address of a load balancer";
    assert_eq!(judge("v1", "Service", &balanced, &json!({"loadBalancer": {}})), waits);
    assert_eq!(judge("v1", "Service", &balanced, &address), "Healthy");
    assert_eq!(judge("v1", "Service", &json!({"type": "ClusterIP"}), &json!({})), "Healthy");
    assert_eq!(judge("networking.k8s.io/v1", "Ingress", &json!({}), &json!({})), "Healthy");
}

#[test]
fn budgets_and_autoscalers_go_by_what_they_need() {
    let budget =
        |healthy| json!({"observedGeneration": 2, "currentHealthy": healthy, "desiredHealthy": 2});
    let pdb = |status: &Value| judge("policy/v1", "PodDisruptionBudget", &json!({}), status);
    assert_eq!(pdb(&budget(1)), "Progressing: 1 of 2 needed pods are healthy");
    assert_eq!(pdb(&budget(2)), "Healthy");
    let hpa = |kind, reason| {
        let status = json!({"conditions": condition(kind, "False", reason, "because")});
        judge("autoscaling/v2", "HorizontalPodAutoscaler", &json!({}), &status)
    };
    assert_eq!(hpa("AbleToScale", "FailedGetScale"), "Degraded: it cannot scale: because");
    assert_eq!(hpa("ScalingActive", "ScalingDisabled"), "Suspended: its target is scaled to zero");
    assert_eq!(hpa("ScalingActive", "InvalidSelector"), "Degraded: it does not scale: because");
    let metrics = "Progressing: it has no metrics yet: FailedGetResourceMetric";
    assert_eq!(hpa("ScalingActive", "FailedGetResourceMetric"), metrics);
    assert_eq!(hpa("ScalingLimited", "TooFewReplicas"), "Healthy");
}

#[test]
fn any_other_kind_goes_by_generation_and_conditions() {
    let conditions =
        |kind, status| json!({"conditions": condition(kind, status, "Why", "because")});
    let cases = [
        (json!({}), "Healthy"),
        (
            json!({"observedGeneration": -1}),
            "Progressing: its controller has not seen the latest change yet",
        ),
        (conditions("Ready", "True"), "Healthy"),
        (conditions("Ready", "False"), "Progressing: because"),
        (conditions("Ready", "Unknown"), "Progressing: because"),
        (conditions("Reconciling", "True"), "Progressing: because"),
        (conditions("Stalled", "True"), "Degraded: because"),
        (conditions("Stalled", "False"), "Healthy"),
        (conditions("Other", "False"), "Healthy"),
    ];
    for (status, expected) in cases {
        assert_eq!(judge("example.org/v1", "Thing", &json!({}), &status), expected, "{status}");
    }
}

#[test]
fn whatever_is_being_deleted_is_on_its_way() {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Failed"},
        "metadata": {"deletionTimestamp": "2026-11-24T18:00:00Z"}});
    assert_eq!(words(&health(&object)), "Progressing: being deleted");
}

#[test]
fn long_messages_are_cut_and_put_on_one_line() {
    let message = format!("a\n{}", "ä".repeat(500));
    let status = json!({"conditions": condition("Ready", "False", "", &message)});
    let seen = judge("example.org/v1", "Thing", &json!({}), &status);
    assert!(seen.ends_with("ä…") && !seen.contains('\n') && seen.chars().count() < 220, "{seen}");
}

proptest! {
    #[test]
    fn nothing_panics_and_the_reason_is_in_words(spec in any_json(), status in any_json(), at in 0..11_usize) {
        let kinds = [("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"),
            ("apps/v1", "ReplicaSet"), ("v1", "Pod"), ("batch/v1", "Job"), ("v1", "Service"),
            ("v1", "PersistentVolumeClaim"), ("policy/v1", "PodDisruptionBudget"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"), ("example.org/v1", "Thing")];
        let object = json!({"apiVersion": kinds[at].0, "kind": kinds[at].1, "spec": spec,
            "status": status});
        let health = health(&object);
        prop_assert!(matches!(health, Health::Healthy) || !health.reason().is_empty());
    }
}
