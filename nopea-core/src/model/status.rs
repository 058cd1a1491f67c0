//! All that a user may read about a repository. Bounded, whatever the repository holds.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Commit, GroupKind, Hash, Text, Timestamp};
use crate::fault::Fault;

/// The most faults that a status lists.
pub const MAX_FAULTS: usize = 50;
/// The most attempts that a status remembers.
pub const MAX_HISTORY: usize = 20;

/// The state of one repository for its readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// A summary; the conditions are the truth.
    pub phase: Phase,
    /// The generation of the declaration that this status speaks of.
    pub observed_generation: i64,
    /// The commit that the source named last.
    pub observed_commit: Option<Commit>,
    /// The commit that the cluster equals.
    pub applied_commit: Option<Commit>,
    /// When the last attempt ended well.
    pub last_sync_time: Option<Timestamp>,
    /// kstatus-compatible conditions, at most one per type.
    pub conditions: Vec<Condition>,
    /// How many objects of which state.
    pub objects: Counts,
    /// The first [`MAX_FAULTS`] faults that stand.
    pub faults: Vec<Fault>,
    /// How many stand in all.
    pub fault_count: usize,
    /// The last [`MAX_HISTORY`] attempts, newest first.
    pub history: Arc<[HistoryEntry]>,
    /// The kinds that were claimed.
    pub kinds: BTreeSet<GroupKind>,
    /// The sync token that the last attempt answered.
    pub sync_token: Option<Text>,
    /// The held commit.
    pub pin: Option<Commit>,
    /// The prune list that waits for an approval.
    pub pending_prune: Option<Hash>,
}

impl Status {
    /// The condition of `kind`, where it stands.
    pub fn condition(&self, kind: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }
}

/// One word for where a repository is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is known yet.
    #[default]
    Pending,
    /// An attempt runs.
    Syncing,
    /// The cluster is what the commit says.
    Synced,
    /// It is not, and why stands in the faults.
    Failed,
    /// Its owner paused it.
    Suspended,
    /// It is being deleted.
    Terminating,
}

/// `kubectl`'s word for the phase.
impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pending => "Pending",
            Self::Syncing => "Syncing",
            Self::Synced => "Synced",
            Self::Failed => "Failed",
            Self::Suspended => "Suspended",
            Self::Terminating => "Terminating",
        })
    }
}

/// A condition as Kubernetes has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for programs.
    pub reason: Text,
    /// A sentence for people.
    pub message: Text,
    /// When `status` last changed.
    pub since: Timestamp,
}

/// The conditions of a repository (Kubernetes API conventions, kstatus).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// The cluster is what the declaration asks for.
    Ready,
    /// Work goes on.
    Reconciling,
    /// Work cannot go on by itself.
    Stalled,
    /// The objects do what they are for.
    Healthy,
    /// The cluster was changed by others.
    Drifted,
    /// The owner paused the repository.
    Suspended,
}

impl std::fmt::Display for ConditionType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
            Self::Healthy => "Healthy",
            Self::Drifted => "Drifted",
            Self::Suspended => "Suspended",
        })
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nothing can be said.
    Unknown,
}

/// How many objects of which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All members.
    pub total: usize,
    /// Those that are ready.
    pub ready: usize,
    /// Those that others changed.
    pub drifted: usize,
    /// Those that are degraded.
    pub unhealthy: usize,
}

/// How many objects an attempt left in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Created.
    pub created: usize,
    /// Changed.
    pub configured: usize,
    /// Found as they should be.
    pub unchanged: usize,
    /// Deleted.
    pub pruned: usize,
    /// Left alone.
    pub skipped: usize,
    /// Refused.
    pub failed: usize,
}

impl Changes {
    /// Says whether anything was written.
    pub fn any(&self) -> bool {
        self.created + self.configured + self.pruned > 0
    }
}

/// One attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its commit.
    pub commit: Commit,
    /// Whether it reached its end.
    pub succeeded: bool,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it changed.
    pub changes: Changes,
}
