//! What the machine wants done: imperative, each self-contained, each naming what its answer echoes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::event::{Attempt, Ticket, Waiter};
use crate::{
    fault::Fault,
    model::{
        Commit, GroupKind, Inputs, Manifest, ObjectKey, ResourceVersion, Spec, Status, Text,
        Timestamp, Uid, What,
    },
    port::{Guard, Location, Mode, ParentRef},
};

/// Something to be carried out by the driver.
///
/// What is asked in the name of an attempt gives up what earlier attempts asked and nobody answered:
/// their answers would change nothing, and a late claim would undo a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Parent::read`; answer `Restored`.
    Restore {
        /// The request.
        ticket: Ticket,
        /// Of which parent.
        parent: ParentRef,
    },
    /// `ClusterView::survey` for members; answer `Surveyed`.
    Survey {
        /// The request.
        ticket: Ticket,
        /// Of which kinds; none means all that can be listed.
        kinds: Option<BTreeSet<GroupKind>>,
    },
    /// `GitSource::resolve`; answer `Resolved`.
    Resolve {
        /// The request.
        ticket: Ticket,
        /// Of which location.
        location: Location,
        /// An answer from before this moment is too old.
        not_before: Timestamp,
    },
    /// `GitSource::open`, then `Renderer::render` on a thread that may block; answer `Rendered`.
    Render {
        /// The request.
        ticket: Ticket,
        /// Where the commit was found.
        location: Location,
        /// The commit.
        commit: Commit,
        /// What is wished of it.
        spec: Arc<Spec>,
        /// What the last render of this spec read.
        known: Option<Arc<Inputs>>,
    },
    /// `ClusterView::scopes`; answer `Scoped`.
    Scope {
        /// The attempt that asks.
        attempt: Attempt,
        /// Of which kinds.
        kinds: BTreeSet<GroupKind>,
    },
    /// `ClusterView::follow` for further kinds; its events come as `Observed`, `KindSynced`, `KindGone`.
    Follow {
        /// The kinds that are not followed yet, each with the group and version to watch.
        kinds: BTreeMap<GroupKind, Text>,
    },
    /// `Parent::claim`; answer `Claimed`.
    Claim {
        /// The attempt that asks.
        attempt: Attempt,
        /// The parent.
        parent: ParentRef,
        /// All kinds of which members may live.
        kinds: BTreeSet<GroupKind>,
    },
    /// One request about one object; answer `Answered`.
    Ask {
        /// The request.
        ticket: Ticket,
        /// Which object.
        key: ObjectKey,
        /// What.
        ask: Ask,
    },
    /// Asks the want index which keys other repositories name; answer `Wanted`.
    AskWanted {
        /// The attempt that asks.
        attempt: Attempt,
        /// The commit that is about to be pruned for.
        commit: Commit,
        /// Which keys.
        keys: BTreeSet<ObjectKey>,
    },
    /// `ClusterView::survey` for contents; answer `Contents`.
    AskContents {
        /// The attempt that asks.
        attempt: Attempt,
        /// The Namespace or `CustomResourceDefinition`.
        key: ObjectKey,
    },
    /// Tells the want index what the complete render of a commit names.
    Want {
        /// The commit.
        commit: Commit,
        /// All keys that it names.
        keys: Arc<BTreeSet<ObjectKey>>,
    },
    /// `StatusSink::publish`; no answer.
    Publish {
        /// Whose.
        parent: ParentRef,
        /// What.
        status: Arc<Status>,
    },
    /// `EventSink::emit`; no answer.
    Notify(What),
    /// Tells somebody who waits how the sync ended.
    Reply {
        /// Who.
        waiter: Waiter,
        /// The commit that the cluster equals now, or why it does not.
        result: Result<Commit, Arc<[Fault]>>,
    },
    /// Wake the machine at this time; replaces the wish before.
    WakeAt(Timestamp),
    /// Give up a request: its answer is not wanted any more.
    Cancel(Ticket),
    /// `Parent::release`; answer `Released`.
    Release {
        /// The request.
        ticket: Ticket,
        /// The parent.
        parent: ParentRef,
    },
    /// The repository has come to its end: the worker may go.
    Retire,
}

/// One request about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `Applier::apply`; answer `Applied`.
    Apply {
        /// What.
        manifest: Manifest,
        /// What must hold.
        guard: Guard,
        /// Whether it is meant.
        mode: Mode,
    },
    /// `ClusterView::look`; answer `Live` or `Absent`.
    Look {
        /// In which group and version.
        api_version: Text,
    },
    /// `Applier::delete`; answer `Deleted`.
    Delete {
        /// By which group and version.
        api_version: Text,
        /// It must have this uid.
        uid: Uid,
        /// And this version, where one is given.
        version: Option<ResourceVersion>,
    },
    /// `Applier::release`; answer `Live`.
    Release {
        /// By which group and version.
        api_version: Text,
        /// At which version.
        version: ResourceVersion,
        /// The new managedFields.
        managed_fields: Arc<Value>,
    },
    /// `Applier::try_create`; answer `Creatable`.
    TryCreate {
        /// What.
        manifest: Manifest,
    },
}
