//! R15, a row for each thing that a dry run must wait for.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::model::{Hash, Manifest, Origin};

fn object(group: &str, kind: &str, namespace: &str, name: &str, body: Value) -> Prepared {
    Prepared {
        manifest: Manifest {
            key: ObjectKey::new(group, kind, namespace, name),
            api_version: "v1".into(),
            body: Arc::new(body),
            origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
        },
        intent: Hash::of_parts([name]),
        adopt: false,
        replace: false,
        depends_on: Vec::new(),
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

#[test]
fn what_comes_from_the_same_set_and_changes_is_waited_for() {
    let definition = json!({"spec": {"group": "x.io", "names": {"kind": "Thing"}}});
    let account = json!({"spec": {"serviceAccountName": "a"}});
    let priority = json!({"spec": {"priorityClassName": "a"}});
    let runtime = json!({"spec": {"runtimeClassName": "a"}});
    let template = json!({"spec": {"template": {"spec": {"serviceAccountName": "a"}}}});
    let role = |kind: &str| json!({"roleRef": {"kind": kind, "name": "a"}});
    let judges = json!({"spec": {"matchConstraints": {"resourceRules": [
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"]}]}}});
    let of = |group, kind, namespace, body| object(group, kind, namespace, "a", body);
    let rows = [
        (
            "CRD",
            of("apiextensions.k8s.io", "CustomResourceDefinition", "", definition),
            of("x.io", "Thing", "n", json!({})),
            true,
        ),
        (
            "namespace",
            object("", "Namespace", "", "n", json!({})),
            of("", "ConfigMap", "n", json!({})),
            true,
        ),
        (
            "another namespace",
            object("", "Namespace", "", "m", json!({})),
            of("", "ConfigMap", "n", json!({})),
            false,
        ),
        (
            "account of a bare Pod",
            of("", "ServiceAccount", "n", json!({})),
            of("", "Pod", "n", account),
            true,
        ),
        (
            "account of a Deployment",
            of("", "ServiceAccount", "n", json!({})),
            of("apps", "Deployment", "n", template),
            false,
        ),
        (
            "PriorityClass",
            of("scheduling.k8s.io", "PriorityClass", "", json!({})),
            of("", "Pod", "n", priority),
            true,
        ),
        (
            "RuntimeClass",
            of("node.k8s.io", "RuntimeClass", "", json!({})),
            of("", "Pod", "n", runtime),
            true,
        ),
        (
            "Role",
            of(RBAC, "Role", "n", json!({})),
            of(RBAC, "RoleBinding", "n", role("Role")),
            true,
        ),
        (
            "ClusterRole",
            of(RBAC, "ClusterRole", "", json!({})),
            of(RBAC, "ClusterRoleBinding", "", role("ClusterRole")),
            true,
        ),
        (
            "policy",
            of(ADMISSION, "ValidatingAdmissionPolicy", "", judges.clone()),
            of("networking.k8s.io", "NetworkPolicy", "n", json!({})),
            true,
        ),
        (
            "policy of other kinds",
            of(ADMISSION, "ValidatingAdmissionPolicy", "", judges),
            of("", "ConfigMap", "n", json!({})),
            false,
        ),
    ];
    for (name, needed, object, expected) in rows {
        let set = [needed, object];
        assert_eq!(deferred(&set, &[true, true]), [false, expected], "{name}");
        assert_eq!(deferred(&set, &[false, true]), [false, false], "{name}: unchanged");
        assert_eq!(deferred(&set, &[true, false]), [false, false], "{name}: not written");
    }
}

#[test]
fn a_parameter_or_binding_that_changes_defers_what_its_policy_judges() {
    let policy = json!({"spec": {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "resources": ["*"]}]}}});
    let binding = json!({"spec": {"policyName": "p",
        "paramRef": {"name": "limits", "namespace": "n"}}});
    let set = [
        object(ADMISSION, "ValidatingAdmissionPolicy", "", "p", policy),
        object(ADMISSION, "ValidatingAdmissionPolicyBinding", "", "b", binding),
        object("", "ConfigMap", "n", "limits", json!({})),
        object("apps", "Deployment", "n", "web", json!({})),
    ];
    let table = [
        ([false, false, true, true], true),
        ([false, true, false, true], true),
        ([true, false, false, true], true),
        ([false, false, false, true], false),
    ];
    for (written, expected) in table {
        assert_eq!(deferred(&set, &written), [false, false, false, expected], "{written:?}");
    }
}
