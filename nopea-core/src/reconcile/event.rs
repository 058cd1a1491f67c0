//! What the machine is told: past tense, numbered where it answers a request.

use std::collections::BTreeSet;

use crate::{
    fault::Fault,
    model::{Commit, Declared, GroupKind, ObjectKey, Observation, RepoKey, Timestamp, Uid},
    port::{ParentState, Refusal, Rendering, Scopes},
};

/// Numbers one attempt of a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u64);

/// Numbers one request of a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names somebody who waits for a sync to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Waiter(pub u64);

/// An event and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// When it happened: never earlier than that of the input before.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The declaration is new or was changed.
    Declared(Box<Declared>),
    /// The declaring object is gone without having asked: nothing may be deleted on its account.
    Undeclared,
    /// The finalizer or the claim is gone from the declaring object, which stands (R22).
    ClaimLost,
    /// The time of the last `WakeAt` came.
    Woke,
    /// Somebody says that the source changed: a hint to look now.
    Pushed,
    /// Somebody asks for a sync and waits for its end.
    SyncRequested(Waiter),
    /// Somebody asks to heal these objects, or all where none is named.
    HealRequested(BTreeSet<ObjectKey>),
    /// Answers `Restore`.
    Restored {
        /// The request.
        ticket: Ticket,
        /// What the cluster remembers.
        result: Result<Box<ParentState>, Refusal>,
    },
    /// Answers `Survey`.
    Surveyed {
        /// The request.
        ticket: Ticket,
        /// The objects that carry our label; `object` is set in each.
        result: Result<Vec<Observation>, Refusal>,
    },
    /// Answers `Resolve`.
    Resolved {
        /// The request.
        ticket: Ticket,
        /// The commit.
        result: Result<Commit, Fault>,
    },
    /// Answers `Render`.
    Rendered {
        /// The request.
        ticket: Ticket,
        /// The manifests, or that nothing changed.
        result: Result<Rendering, Vec<Fault>>,
    },
    /// Answers `Scope`.
    Scoped {
        /// The attempt that asked.
        attempt: Attempt,
        /// How the kinds are served.
        result: Result<Scopes, Refusal>,
    },
    /// Answers `Claim`.
    Claimed {
        /// The attempt that asked.
        attempt: Attempt,
        /// Whether the parent took it.
        result: Result<(), Refusal>,
    },
    /// A followed kind showed an object.
    Observed(Box<Observation>),
    /// A followed kind has shown all objects that live.
    KindSynced {
        /// The kind.
        kind: GroupKind,
        /// The uids that live.
        live: BTreeSet<Uid>,
    },
    /// A followed kind is no longer served.
    KindGone(GroupKind),
    /// Answers `Ask`.
    Answered {
        /// The request.
        ticket: Ticket,
        /// Its object.
        key: ObjectKey,
        /// What came of it.
        result: Result<Answer, Refusal>,
    },
    /// Answers `AskWanted`.
    Wanted {
        /// The attempt that asked.
        attempt: Attempt,
        /// Those of the asked keys that another repository of this operator names.
        elsewhere: BTreeSet<ObjectKey>,
        /// The other repositories of this operator whose last complete render is known: what such a
        /// one does not name, it does not want.
        heard: BTreeSet<RepoKey>,
    },
    /// Answers `AskContents`.
    Contents {
        /// The attempt that asked.
        attempt: Attempt,
        /// The Namespace or `CustomResourceDefinition`.
        key: ObjectKey,
        /// What is in it.
        result: Result<Vec<Observation>, Refusal>,
    },
    /// Answers `Release`.
    Released {
        /// The request.
        ticket: Ticket,
        /// Whether the finalizer is gone.
        result: Result<(), Refusal>,
    },
}

/// What came of a request about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of an apply or its dry run: the object as it is, or would be; `object` is set.
    Applied {
        /// Whether it did not exist.
        created: bool,
        /// The object.
        now: Box<Observation>,
    },
    /// Of a look or a release: the object; `object` is set.
    Live(Box<Observation>),
    /// Of a look: it does not exist.
    Absent,
    /// Of a delete: the server took it.
    Deleted,
    /// Of a creation's dry run: it would be accepted.
    Creatable,
}
