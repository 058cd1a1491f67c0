//! The reverse order: what goes before what.

use std::collections::BTreeMap;

use crate::{
    model::{GroupKind, ObjectKey},
    prepare::{is_built_in, is_custom_resource_definition},
};

/// Cuts keys into steps: webhooks and aggregated APIs, custom resources, workloads, Services and
/// routes, configuration, RBAC, definitions, Namespaces. Empty steps are left out.
///
/// Custom resources go while the controllers that hold their finalizers still run.
///
/// ```
/// use nopea_core::{model::ObjectKey, order::prune_steps};
///
/// let namespace = ObjectKey::new("", "Namespace", "", "shop");
/// let deployment = ObjectKey::new("apps", "Deployment", "shop", "web");
/// let steps = prune_steps(&[namespace.clone(), deployment.clone()]);
/// assert_eq!(steps, [vec![deployment], vec![namespace]]);
/// ```
pub fn prune_steps(keys: &[ObjectKey]) -> Vec<Vec<ObjectKey>> {
    let mut steps: BTreeMap<Class, Vec<ObjectKey>> = BTreeMap::new();
    for key in keys {
        steps.entry(class(&key.kind)).or_default().push(key.clone());
    }
    let mut steps: Vec<_> = steps.into_values().collect();
    for step in &mut steps {
        step.sort();
    }
    steps
}

/// The classes in the order in which they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Admission,
    Custom,
    Workload,
    Network,
    Config,
    Access,
    Definition,
    Namespace,
}

fn class(kind: &GroupKind) -> Class {
    if is_custom_resource_definition(kind) {
        return Class::Definition;
    }
    match (&*kind.group, &*kind.kind) {
        ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => Class::Admission,
        ("gateway.networking.k8s.io", "Gateway") => Class::Network,
        ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => Class::Network,
        (group, _) if !is_built_in(group) => Class::Custom,
        ("apps" | "batch" | "autoscaling" | "policy", _)
        | ("", "Pod" | "ReplicationController" | "PodTemplate") => Class::Workload,
        ("networking.k8s.io" | "discovery.k8s.io", _) | ("", "Service" | "Endpoints") => {
            Class::Network
        }
        ("rbac.authorization.k8s.io", _) | ("", "ServiceAccount") => Class::Access,
        ("", "Namespace") => Class::Namespace,
        (_, _) => Class::Config,
    }
}
