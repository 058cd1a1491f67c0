//! Tables of edges and waves, and what holds of any set.

mod properties;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    fault::Code,
    model::{Hash, Manifest, ObjectKey, Origin},
};

/// An object from `Kind.group namespace/name` (its `Display`) with the rest of its body.
fn object(name: &str, body: Value, depends_on: &[&str]) -> Prepared {
    let key = key(name);
    let origin = Origin { file: format!("{}.yaml", key.name).into(), line: 1, column: 1 };
    let manifest = Manifest { key, api_version: "v1".into(), body: Arc::new(body), origin };
    Prepared {
        manifest,
        intent: Hash::of_parts([name]),
        adopt: false,
        replace: false,
        depends_on: depends_on.iter().map(|name| self::key(name)).collect(),
    }
}

fn key(text: &str) -> ObjectKey {
    let (kind, name) = text.split_once(' ').unwrap();
    let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    ObjectKey::new(group, kind, namespace, name)
}

/// The waves as text: one line each, `| gate: …` where one follows.
fn lines(objects: &[Prepared]) -> Vec<String> {
    let name = |at: &usize| objects[*at].manifest.key.to_string();
    let list = |indexes: &[usize]| indexes.iter().map(name).collect::<Vec<_>>().join(", ");
    let line = |wave: &Wave| {
        assert_eq!(wave.gate, !wave.awaited.is_empty());
        let gate =
            if wave.gate { format!(" | gate: {}", list(&wave.awaited)) } else { String::new() };
        list(&wave.objects) + &gate
    };
    waves(objects).unwrap().iter().map(line).collect()
}

fn definition(name: &str, kind: &str) -> Prepared {
    let spec = json!({"spec": {"group": "x.io", "names": {"kind": kind}}});
    object(&format!("CustomResourceDefinition.apiextensions.k8s.io {name}"), spec, &[])
}

#[test]
fn a_commit_onto_an_empty_cluster_goes_on_in_waves() {
    let pod = json!({"spec": {"template": {"spec": {"serviceAccountName": "web"}}}});
    let set = [
        object("ConfigMap shop/settings", json!({}), &[]),
        definition("things.x.io", "Thing"),
        object("Deployment.apps shop/web", pod, &[]),
        object("Namespace shop", json!({}), &[]),
        object("ServiceAccount shop/web", json!({}), &[]),
        object("Thing.x.io shop/t", json!({}), &[]),
        object("ValidatingWebhookConfiguration.admissionregistration.k8s.io w", json!({}), &[]),
    ];
    assert_eq!(
        lines(&set),
        [
            "CustomResourceDefinition.apiextensions.k8s.io things.x.io, Namespace shop | gate: \
             CustomResourceDefinition.apiextensions.k8s.io things.x.io, Namespace shop",
            "ConfigMap shop/settings, ServiceAccount shop/web, Thing.x.io shop/t",
            "Deployment.apps shop/web",
            "ValidatingWebhookConfiguration.admissionregistration.k8s.io w",
        ]
    );
}

#[test]
fn an_object_comes_after_what_it_names() {
    let pod = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
    let container = |container: Value| pod(json!({"containers": [container]}));
    let volume = |volume: Value| pod(json!({"volumes": [volume]}));
    let deployment = "Deployment.apps n/web";
    let rbac = "rbac.authorization.k8s.io";
    let rows = [
        (deployment, pod(json!({"serviceAccountName": "a"})), "ServiceAccount n/a"),
        (deployment, pod(json!({"imagePullSecrets": [{"name": "a"}]})), "Secret n/a"),
        (deployment, pod(json!({"priorityClassName": "a"})), "PriorityClass.scheduling.k8s.io a"),
        (deployment, pod(json!({"runtimeClassName": "a"})), "RuntimeClass.node.k8s.io a"),
        (
            deployment,
            container(json!({"envFrom": [{"configMapRef": {"name": "a", "optional": true}}]})),
            "ConfigMap n/a",
        ),
        (deployment, container(json!({"envFrom": [{"secretRef": {"name": "a"}}]})), "Secret n/a"),
        (
            deployment,
            container(json!({"env": [{"valueFrom": {"configMapKeyRef": {"name": "a"}}}]})),
            "ConfigMap n/a",
        ),
        (
            deployment,
            container(json!({"env": [{"valueFrom": {"secretKeyRef": {"name": "a"}}}]})),
            "Secret n/a",
        ),
        ("DaemonSet.apps n/web", volume(json!({"configMap": {"name": "a"}})), "ConfigMap n/a"),
        ("ReplicaSet.apps n/web", volume(json!({"secret": {"secretName": "a"}})), "Secret n/a"),
        (
            "StatefulSet.apps n/web",
            volume(json!({"persistentVolumeClaim": {"claimName": "a"}})),
            "PersistentVolumeClaim n/a",
        ),
        (
            "Job.batch n/web",
            volume(json!({"projected": {"sources": [{"configMap": {"name": "a"}}]}})),
            "ConfigMap n/a",
        ),
        (
            "Job.batch n/web",
            volume(json!({"projected": {"sources": [{"secret": {"name": "a"}}]}})),
            "Secret n/a",
        ),
        (
            "Pod n/web",
            json!({"spec": {"initContainers": [{"envFrom": [{"secretRef": {"name": "a"}}]}]}}),
            "Secret n/a",
        ),
        (
            "CronJob.batch n/web",
            json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": {"serviceAccountName": "a"}}}}}}),
            "ServiceAccount n/a",
        ),
        ("StatefulSet.apps n/web", json!({"spec": {"serviceName": "a"}}), "Service n/a"),
        (
            "Ingress.networking.k8s.io n/web",
            json!({"spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "a"}}}]}}]}}),
            "Service n/a",
        ),
        (
            "Ingress.networking.k8s.io n/web",
            json!({"spec": {"defaultBackend": {"service": {"name": "a"}}}}),
            "Service n/a",
        ),
        (
            "Ingress.networking.k8s.io n/web",
            json!({"spec": {"tls": [{"secretName": "a"}]}}),
            "Secret n/a",
        ),
        (
            "HTTPRoute.gateway.networking.k8s.io n/web",
            json!({"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}}),
            "Service n/a",
        ),
        (
            "HTTPRoute.gateway.networking.k8s.io n/web",
            json!({"spec": {"rules": [{"backendRefs": [{"name": "a", "namespace": "m"}]}]}}),
            "Service m/a",
        ),
        (
            &format!("RoleBinding.{rbac} n/web"),
            json!({"roleRef": {"kind": "Role", "name": "a"}}),
            &format!("Role.{rbac} n/a"),
        ),
        (
            &format!("RoleBinding.{rbac} n/web"),
            json!({"roleRef": {"kind": "ClusterRole", "name": "a"}}),
            &format!("ClusterRole.{rbac} a"),
        ),
        (
            &format!("ClusterRoleBinding.{rbac} web"),
            json!({"subjects": [{"kind": "ServiceAccount", "namespace": "m", "name": "a"}]}),
            "ServiceAccount m/a",
        ),
        ("ConfigMap n/web", json!({}), "Namespace n"),
        ("APIService.apiregistration.k8s.io v1.y.io", json!({}), "Deployment.apps n/a"),
        ("MutatingWebhookConfiguration.admissionregistration.k8s.io w", json!({}), "ConfigMap n/a"),
    ];
    for (from, body, to) in rows {
        for set in [
            [object(from, body.clone(), &[]), object(to, json!({}), &[])],
            [object(to, json!({}), &[]), object(from, body.clone(), &[])],
        ] {
            let waves = waves(&set).unwrap();
            assert_eq!(waves.len(), 2, "{from} after {to}");
            assert_eq!(set[waves[0].objects[0]].manifest.key, key(to));
        }
    }
}

#[test]
fn explicit_dependencies_have_a_gate_that_waits_for_them_alone() {
    let set = [
        object("ConfigMap n/beside", json!({}), &[]),
        object("Deployment.apps n/web", json!({}), &["Job.batch n/migrate"]),
        object("Job.batch n/migrate", json!({}), &[]),
    ];
    assert_eq!(
        lines(&set),
        [
            "ConfigMap n/beside, Job.batch n/migrate | gate: Job.batch n/migrate",
            "Deployment.apps n/web"
        ]
    );
}

#[test]
fn a_dependency_that_the_set_does_not_hold_is_a_fault() {
    let set = [object("ConfigMap n/a", json!({}), &["Job.batch n/gone", "Job.batch n/away"])];
    let faults = waves(&set).unwrap_err();
    assert_eq!(faults.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::InvalidDependency; 2]);
    assert!(faults[0].message.contains("Job.batch n/gone"), "{}", faults[0].message);
    assert_eq!(faults[0].origin.as_ref().unwrap().to_string(), "a.yaml:1:1");
}

#[test]
fn a_cycle_of_explicit_edges_is_named_with_its_places() {
    let set = [
        object("ConfigMap n/a", json!({}), &["ConfigMap n/b"]),
        object("ConfigMap n/b", json!({}), &["ConfigMap n/c"]),
        object("ConfigMap n/c", json!({}), &["ConfigMap n/a"]),
        object("ConfigMap n/d", json!({}), &["ConfigMap n/a"]),
        object("ConfigMap n/e", json!({}), &["ConfigMap n/e"]),
    ];
    let faults = waves(&set).unwrap_err();
    assert!(faults.iter().all(|fault| fault.code == Code::DependencyCycle));
    let messages: Vec<_> = faults.iter().map(|fault| &*fault.message).collect();
    assert_eq!(
        messages,
        [
            "nopea.io/depends-on leads in a circle: ConfigMap n/a (a.yaml:1:1) -> ConfigMap n/b \
             (b.yaml:1:1) -> ConfigMap n/c (c.yaml:1:1) -> ConfigMap n/a (a.yaml:1:1)",
            "nopea.io/depends-on leads in a circle: ConfigMap n/e (e.yaml:1:1) -> ConfigMap n/e \
             (e.yaml:1:1)",
        ]
    );
}

#[test]
fn an_implied_edge_gives_way_to_an_explicit_one() {
    let webhook = "MutatingWebhookConfiguration.admissionregistration.k8s.io w";
    let set = [
        object("ConfigMap n/first", json!({}), &[]),
        object("ConfigMap n/other", json!({}), &[]),
        object(webhook, json!({}), &[]),
        object("Namespace n", json!({}), &["ConfigMap n/first"]),
        object("Thing.x.io n/t", json!({}), &[webhook]),
    ];
    assert_eq!(
        lines(&set),
        [
            "ConfigMap n/first | gate: ConfigMap n/first",
            "Namespace n | gate: Namespace n",
            "ConfigMap n/other",
            "MutatingWebhookConfiguration.admissionregistration.k8s.io w | gate: \
             MutatingWebhookConfiguration.admissionregistration.k8s.io w",
            "Thing.x.io n/t",
        ]
    );
}

#[test]
fn objects_go_in_the_reverse_order_by_kind() {
    let keys = [
        "Namespace shop",
        "CustomResourceDefinition.apiextensions.k8s.io things.x.io",
        "ServiceAccount shop/web",
        "Role.rbac.authorization.k8s.io shop/web",
        "Secret shop/a",
        "PersistentVolumeClaim shop/a",
        "Service shop/web",
        "Ingress.networking.k8s.io shop/web",
        "HTTPRoute.gateway.networking.k8s.io shop/web",
        "Deployment.apps shop/web",
        "Pod shop/one",
        "Thing.x.io shop/t",
        "APIService.apiregistration.k8s.io v1.y.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io w",
    ];
    let steps = prune_steps(&keys.map(key));
    let steps: Vec<Vec<_>> =
        steps.iter().map(|step| step.iter().map(|key| &*key.kind.kind).collect()).collect();
    assert_eq!(
        steps,
        [
            vec!["ValidatingWebhookConfiguration", "APIService"],
            vec!["Thing"],
            vec!["Pod", "Deployment"],
            vec!["Service", "HTTPRoute", "Ingress"],
            vec!["PersistentVolumeClaim", "Secret"],
            vec!["ServiceAccount", "Role"],
            vec!["CustomResourceDefinition"],
            vec!["Namespace"],
        ]
    );
}
