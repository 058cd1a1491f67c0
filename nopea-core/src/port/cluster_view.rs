//! Reads: what kinds there are, what lives, and what changes.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::Refusal;
use crate::model::{GroupKind, ObjectKey, Observation, RepoKey, Text, Uid};

/// Asks how kinds are scoped and served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopesRequest {
    /// Which kinds.
    pub kinds: BTreeSet<GroupKind>,
}

/// How a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// The served versions, the preferred one first.
    pub versions: Vec<Text>,
}

/// The kinds that are served, of those that were asked for.
pub type Scopes = BTreeMap<GroupKind, Scope>;

/// Asks for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which object.
    pub key: ObjectKey,
    /// Group and version in which to read it.
    pub api_version: Text,
}

/// Asks for the events of further kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Whose objects.
    pub repo: RepoKey,
    /// The kinds, each with the group and version in which Git writes it.
    pub kinds: BTreeMap<GroupKind, Text>,
}

/// Something that a followed kind showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewEvent {
    /// An object was seen.
    Observed(Box<Observation>),
    /// All objects of a kind that live were seen; what is not among them is gone.
    Synced {
        /// The kind.
        kind: GroupKind,
        /// The uids that live.
        live: BTreeSet<Uid>,
    },
    /// The kind is no longer served.
    Gone(GroupKind),
}

/// The events of followed kinds. It ends only when it is dropped or the cluster is gone for good.
pub type ViewStream = BoxStream<'static, ViewEvent>;

/// Asks for many objects at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Survey {
    /// The objects of these kinds that carry the part-of label of the repository.
    Members {
        /// Whose objects.
        repo: RepoKey,
        /// The kinds.
        kinds: BTreeSet<GroupKind>,
    },
    /// The objects of every listable kind that carry that label (R23).
    AllKinds {
        /// Whose objects.
        repo: RepoKey,
    },
    /// What goes when this Namespace or CustomResourceDefinition goes (R21).
    Contents {
        /// The Namespace or CustomResourceDefinition.
        key: ObjectKey,
    },
}

/// Reads the cluster.
///
/// # Contract
///
/// A follow survives disconnects and expired versions without a gap: after one, every object is
/// shown again and `Synced` closes the round. Events of one object come in order.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ClusterView: Send + Sync {
    /// Says how kinds are served; a kind that is not served is absent from the answer.
    async fn scopes(&self, request: &ScopesRequest) -> Result<Scopes, Refusal>;

    /// Reads one object; none where it does not exist. `object` is set in the answer.
    async fn look(&self, request: &Look) -> Result<Option<Box<Observation>>, Refusal>;

    /// Follows further kinds; the streams of one repository add up.
    async fn follow(&self, request: &Follow) -> Result<ViewStream, Refusal>;

    /// Reads many objects; `object` is set in each (of contents, its metadata is enough).
    async fn survey(&self, request: &Survey) -> Result<Vec<Observation>, Refusal>;
}
