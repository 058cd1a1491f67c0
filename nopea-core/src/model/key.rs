//! Names: of repositories, of kinds and of objects. An API version is no part of identity.

use std::{fmt, sync::Arc};

/// A shared, immutable string.
pub type Text = Arc<str>;

/// Names one declared repository of this operator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoKey {
    /// The namespace of the `GitRepository`.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
}

impl RepoKey {
    /// Makes a key of its parts.
    pub fn new(namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for RepoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// `metadata.uid`: distinguishes objects of one name over time. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub Text);

impl Uid {
    /// Makes a uid of the text that the server gave.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kind without its version: what an object is, whatever version it is written in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: Text,
    /// The kind, such as `Deployment`.
    pub kind: Text,
}

impl GroupKind {
    /// Makes a kind of its parts.
    pub fn new(group: impl Into<Text>, kind: impl Into<Text>) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }

    /// Says whether this is `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        &*self.group == group && &*self.kind == kind
    }
}

/// `Deployment.apps`, as kubectl and KEP-3659 write it; the core group is left out.
impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{}.{}", self.kind, self.group)
        }
    }
}

/// Names one object of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Its kind.
    pub kind: GroupKind,
    /// Its namespace; empty where the kind is cluster-scoped (or, before `prepare`, not written).
    pub namespace: Text,
    /// Its name.
    pub name: Text,
}

impl ObjectKey {
    /// Makes a key of its parts: `ObjectKey::new("apps", "Deployment", "shop", "web")`.
    pub fn new(
        group: impl Into<Text>,
        kind: impl Into<Text>,
        namespace: impl Into<Text>,
        name: impl Into<Text>,
    ) -> Self {
        Self { kind: GroupKind::new(group, kind), namespace: namespace.into(), name: name.into() }
    }
}

/// `Deployment.apps shop/web`; a cluster-scoped object without the namespace.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}
