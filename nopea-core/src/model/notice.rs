//! All that event sinks may hear. Fire and forget: nothing ever depends on a notice.

use std::{sync::Arc, time::Duration};

use super::{Changes, Commit, ObjectKey, Origin, RepoKey, Text, Timestamp};
use crate::fault::Fault;

/// Something that happened to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To which repository.
    pub repo: RepoKey,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An attempt began.
    Started {
        /// Its commit.
        commit: Commit,
    },
    /// The render of an attempt is known.
    Planned {
        /// Its commit.
        commit: Commit,
        /// How many objects it names.
        objects: usize,
        /// How many of them are to be written.
        writes: usize,
        /// How many members are to be pruned.
        prunes: usize,
        /// What `nopea.io/approve-prune` would have to say to let this prune list through.
        prune_digest: super::Hash,
    },
    /// One object was (or, of a plan, would be) written, deleted or left.
    Object(ObjectReport),
    /// An attempt warns of something that hindered nothing.
    Warned(Fault),
    /// An attempt reached its end.
    Synced {
        /// Its commit.
        commit: Commit,
        /// The commit that stood before.
        previous: Option<Commit>,
        /// What it was to the running service.
        delivery: Delivery,
        /// How many objects of each outcome.
        changes: Changes,
        /// How long it took.
        took: Duration,
    },
    /// An attempt did not reach its end.
    Failed {
        /// Its commit, where one was known.
        commit: Option<Commit>,
        /// Why, all of it.
        faults: Arc<[Fault]>,
    },
    /// Drift of one object was put back.
    Healed {
        /// Which object.
        key: ObjectKey,
        /// Who had changed it, as far as the server recorded.
        by: Option<Text>,
    },
    /// The repository was undeclared and what it had applied is gone (or left, as its policy says).
    Removed {
        /// How many objects were deleted.
        deleted: usize,
        /// What was left, and why.
        left: Arc<[Fault]>,
    },
}

/// What became of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReport {
    /// Which object.
    pub key: ObjectKey,
    /// Where it is written; none for what Git no longer names.
    pub origin: Option<Origin>,
    /// What was done.
    pub action: Action,
    /// Why, where there is something to say.
    pub message: Option<Text>,
    /// Paths of the fields that change; known for plans only.
    pub fields: Arc<[Text]>,
}

/// What was done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It did not exist.
    Created,
    /// It was changed.
    Configured,
    /// It was as it should be.
    Unchanged,
    /// It was deleted, as Git no longer names it.
    Pruned,
    /// It was left alone.
    Skipped,
    /// It was refused.
    Failed,
}

/// What a finished attempt was to the running service (CDEvents: `service.deployed` and so on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The first successful attempt of the repository.
    Deployed,
    /// A commit that had not been applied before.
    Upgraded,
    /// A commit that had been applied before another one.
    RolledBack,
    /// The commit that stood already.
    Unchanged,
}
