//! The kinds of the table with what the `OpenAPI` document's definitions do not say: plural, scope,
//! and whether the kind has a status subresource. It must not know the table's grammar.

/// One kind of the table.
pub(super) struct Kind {
    pub(super) api_version: &'static str,
    pub(super) name: &'static str,
    pub(super) plural: &'static str,
    pub(super) namespaced: bool,
    pub(super) status: bool,
}

const fn kind(
    api_version: &'static str,
    name: &'static str,
    plural: &'static str,
    namespaced: bool,
    status: bool,
) -> Kind {
    Kind { api_version, name, plural, namespaced, status }
}

/// Every kind the table holds, as the discovery document of Kubernetes 1.37 names them.
pub(super) const KINDS: &[Kind] = &[
    kind("v1", "Namespace", "namespaces", false, true),
    kind("v1", "ConfigMap", "configmaps", true, false),
    kind("v1", "Secret", "secrets", true, false),
    kind("v1", "Service", "services", true, true),
    kind("v1", "ServiceAccount", "serviceaccounts", true, false),
    kind("v1", "Pod", "pods", true, true),
    kind("v1", "PodTemplate", "podtemplates", true, false),
    kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, true),
    kind("v1", "PersistentVolume", "persistentvolumes", false, true),
    kind("v1", "ResourceQuota", "resourcequotas", true, true),
    kind("v1", "LimitRange", "limitranges", true, false),
    kind("v1", "Endpoints", "endpoints", true, false),
    kind("v1", "ReplicationController", "replicationcontrollers", true, true),
    kind("v1", "Event", "events", true, false),
    kind("v1", "Node", "nodes", false, true),
    kind("apps/v1", "Deployment", "deployments", true, true),
    kind("apps/v1", "StatefulSet", "statefulsets", true, true),
    kind("apps/v1", "DaemonSet", "daemonsets", true, true),
    kind("apps/v1", "ReplicaSet", "replicasets", true, true),
    kind("apps/v1", "ControllerRevision", "controllerrevisions", true, false),
    kind("batch/v1", "Job", "jobs", true, true),
    kind("batch/v1", "CronJob", "cronjobs", true, true),
    kind("networking.k8s.io/v1", "Ingress", "ingresses", true, true),
    kind("networking.k8s.io/v1", "IngressClass", "ingressclasses", false, false),
    kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true, false),
    kind("rbac.authorization.k8s.io/v1", "Role", "roles", true, false),
    kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true, false),
    kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false, false),
    kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false, false),
    kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, true),
    kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true, true),
    kind(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        false,
        true,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        false,
        false,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        false,
        false,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        false,
        true,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        false,
        false,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
        false,
        false,
    ),
    kind(
        "admissionregistration.k8s.io/v1",
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        false,
        false,
    ),
    kind("apiregistration.k8s.io/v1", "APIService", "apiservices", false, true),
    kind("storage.k8s.io/v1", "StorageClass", "storageclasses", false, false),
    kind("storage.k8s.io/v1", "CSIDriver", "csidrivers", false, false),
    kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", false, false),
    kind("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", false, false),
    kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true, false),
    kind("coordination.k8s.io/v1", "Lease", "leases", true, false),
];

/// Lines for a kind that the document lacks: it holds autoscaling/v2 alone. Written by hand from the
/// API reference of autoscaling/v1, in the table's grammar.
pub(super) const SUPPLEMENT: &[&str] = &[
    "kind autoscaling/v1 HorizontalPodAutoscaler horizontalpodautoscalers namespaced status autoscaling.v1.HorizontalPodAutoscaler",
    "type autoscaling.v1.CrossVersionObjectReference! apiVersion:s kind:s name:s",
    "type autoscaling.v1.HorizontalPodAutoscaler apiVersion:s kind:s metadata:+@meta.v1.ObjectMeta spec:+@autoscaling.v1.HorizontalPodAutoscalerSpec status:+@autoscaling.v1.HorizontalPodAutoscalerStatus",
    "type autoscaling.v1.HorizontalPodAutoscalerSpec maxReplicas:n minReplicas:n scaleTargetRef:+@autoscaling.v1.CrossVersionObjectReference targetCPUUtilizationPercentage:n",
    "type autoscaling.v1.HorizontalPodAutoscalerStatus currentCPUUtilizationPercentage:n currentReplicas:n desiredReplicas:n lastScaleTime:a observedGeneration:n",
];
