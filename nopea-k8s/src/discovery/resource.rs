//! How one kind is served in one version, and the paths that follow from it.

use std::fmt::Write as _;

use nopea_core::model::{GroupKind, Text};

/// A kind in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The API group; empty for the core group.
    pub(crate) group: Text,
    /// The version, such as `v1`.
    pub(crate) version: Text,
    /// The resource, such as `deployments`.
    pub(crate) plural: Text,
    /// The kind, such as `Deployment`.
    pub(crate) kind: Text,
    /// Whether its objects live in namespaces.
    pub(crate) namespaced: bool,
    /// What may be done with it, such as `list`.
    pub(crate) verbs: Vec<Text>,
}

impl Resource {
    /// The path of its objects in a namespace (empty: in all of them, or none has one), or of one.
    pub(crate) fn path(&self, namespace: &str, name: Option<&str>) -> String {
        let mut path = match &*self.group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        if self.namespaced && !namespace.is_empty() {
            path.push_str("/namespaces/");
            push_segment(&mut path, namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            push_segment(&mut path, name);
        }
        path
    }

    /// The kind without the version.
    pub(crate) fn group_kind(&self) -> GroupKind {
        GroupKind { group: Text::clone(&self.group), kind: Text::clone(&self.kind) }
    }

    /// Group and version as objects write them.
    pub(crate) fn api_version(&self) -> String {
        match &*self.group {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Says whether `verb` may be done with it.
    pub(crate) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|allowed| &**allowed == verb)
    }
}

/// Names of some kinds (roles, for one) are free text but for `/` and `%`.
fn push_segment(path: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _infallible = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(group: &str, version: &str, plural: &str, namespaced: bool) -> Resource {
        Resource {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            kind: "Kind".into(),
            namespaced,
            verbs: vec!["get".into()],
        }
    }

    #[test]
    fn paths_follow_from_group_scope_and_name() {
        let config = resource("", "v1", "configmaps", true);
        assert_eq!(config.path("shop", Some("a")), "/api/v1/namespaces/shop/configmaps/a");
        assert_eq!(config.path("shop", None), "/api/v1/namespaces/shop/configmaps");
        assert_eq!(config.path("", None), "/api/v1/configmaps");
        let deployment = resource("apps", "v1", "deployments", true);
        assert_eq!(deployment.path("", None), "/apis/apps/v1/deployments");
        let role = resource("rbac.authorization.k8s.io", "v1", "clusterroles", false);
        assert_eq!(
            role.path("ignored", Some("system:a b#c")),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%20b%23c"
        );
    }

    #[test]
    fn group_and_version_are_what_objects_write() {
        assert_eq!(resource("", "v1", "pods", true).api_version(), "v1");
        assert_eq!(resource("apps", "v1", "x", true).api_version(), "apps/v1");
    }

    #[test]
    fn only_the_verbs_of_discovery_are_allowed() {
        let resource = resource("", "v1", "pods", true);
        assert!(resource.allows("get") && !resource.allows("list"));
    }
}
