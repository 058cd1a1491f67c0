//! The API groups that kube-apiserver itself serves. Any other group is a custom resource or an
//! aggregated API, of whose schema nothing is known here.

use crate::model::GroupKind;

/// The groups of kube-apiserver 1.37, `internal.apiserver.k8s.io` included.
const GROUPS: [&str; 22] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];
/// Groups that come and go with feature gates.
const GATED_GROUPS: [&str; 1] = ["storagemigration.k8s.io"];

/// Says whether kube-apiserver itself serves the group.
///
/// ```
/// use nopea_core::prepare::is_built_in;
///
/// assert!(is_built_in("apps") && is_built_in(""));
/// assert!(!is_built_in("autoscaling.k8s.io"), "the vertical autoscaler is a custom resource");
/// ```
pub fn is_built_in(group: &str) -> bool {
    GROUPS.contains(&group) || GATED_GROUPS.contains(&group)
}

/// Says whether a kind is the one that defines others.
///
/// ```
/// use nopea_core::{model::GroupKind, prepare::is_custom_resource_definition};
///
/// let kind = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
/// assert!(is_custom_resource_definition(&kind));
/// ```
pub fn is_custom_resource_definition(kind: &GroupKind) -> bool {
    kind.is("apiextensions.k8s.io", "CustomResourceDefinition")
}
