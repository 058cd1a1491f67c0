//! The object that owns what a repository applies: a `GitRepository`, or what stands for one.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::Refusal;
use crate::model::{GroupKind, RepoKey, Status, Uid};

/// Names the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentRef {
    /// Its name.
    pub repo: RepoKey,
    /// Its uid.
    pub uid: Uid,
}

/// What the cluster remembers of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParentState {
    /// The kinds that were claimed; none where the claim is gone or was never made.
    pub claimed: Option<BTreeSet<GroupKind>>,
    /// The last published status.
    pub status: Option<Arc<Status>>,
}

/// Asks to put the finalizer and these kinds (all of them, not the new ones) on the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The parent.
    pub parent: ParentRef,
    /// Every kind of which members may live (KEP-3659 `contains-group-kinds`).
    pub kinds: BTreeSet<GroupKind>,
}

/// Holds the parent while members live.
///
/// # Contract
///
/// A claim never creates a parent: one that is gone or was replaced is a refusal (404, 409 or 422).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Parent: Send + Sync {
    /// Reads what the cluster remembers.
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal>;

    /// Claims.
    async fn claim(&self, request: &Claim) -> Result<(), Refusal>;

    /// Takes the finalizer away.
    async fn release(&self, request: &ParentRef) -> Result<(), Refusal>;
}
