//! The data of one repository, moved through `step` and never cloned by it.
//!
//! Types only: what happens to them is in the modules named after the lanes and stages.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(super) use super::flight::{Doing, Flight};
use super::{
    event::{Attempt, Ticket, Waiter},
    members::Members,
    plan::Plan,
    reclaim::Reclaim,
    turn::Numbers,
};
use crate::{
    fault::{Fault, Retry},
    model::{
        Commit, Condition, Declared, GroupKind, Hash, HistoryEntry, Inputs, ObjectKey, Rendered,
        Spec, Status, Text, Timestamp,
    },
    port::{ParentRef, Scopes},
    prepare::PreparedSet,
};

/// The state of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub(super) declared: Declared,
    pub(super) source: Source,
    pub(super) sync: Sync,
    pub(super) flights: BTreeMap<ObjectKey, Flight>,
    pub(super) members: Members,
    /// Objects of which it is not known whether they are still there.
    pub(super) doubts: BTreeMap<ObjectKey, Doubt>,
    /// The kinds that stand on the parent.
    pub(super) claimed: BTreeSet<GroupKind>,
    /// Whether the claim was seen or made since the start.
    pub(super) claim_stands: bool,
    pub(super) reclaim: Reclaim,
    pub(super) followed: BTreeMap<GroupKind, Text>,
    /// The followed kinds that were shown completely once.
    pub(super) shown: BTreeSet<GroupKind>,
    /// How the last attempt that came to a verdict ended.
    pub(super) concluded: Option<Concluded>,
    /// What the last complete set names; kept for drift after its manifests were dropped.
    pub(super) desired: Arc<BTreeSet<ObjectKey>>,
    /// What the last complete render read, and of which spec.
    pub(super) rendered: Option<LastRender>,
    pub(super) scopes: Scopes,
    pub(super) manifests: Manifests,
    pub(super) healing: Healing,
    /// A member lives that the last complete set does not name.
    pub(super) leak: bool,
    /// Something was written since the cluster was last known to be what a render said.
    pub(super) dirty: bool,
    pub(super) failures: u32,
    pub(super) numbers: Numbers,
    pub(super) waiters: Vec<Waiting>,
    pub(super) report: Report,
}

/// Which commit: what is known of the source. Runs beside everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) commit: Option<Commit>,
    pub(super) fault: Option<Fault>,
    pub(super) asking: Option<Asking>,
    /// A look-up that is wished for; its answer must not be older than this.
    pub(super) wished: Option<Timestamp>,
    pub(super) next_poll: Timestamp,
    pub(super) failures: u32,
}

/// An open look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) ticket: Ticket,
    pub(super) not_before: Timestamp,
    /// When it is given up: an adapter that hangs is a fault like another.
    pub(super) until: Timestamp,
}

/// An object that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) api_version: Text,
    pub(super) retry_at: Timestamp,
    pub(super) failures: u32,
}

/// The sync lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// What the cluster remembers is being read.
    Restoring(Restore),
    /// Nothing is to be done.
    Idle,
    /// An attempt failed and is tried again at a time.
    BackingOff { until: Timestamp },
    /// An attempt failed and waits for the next poll, or for another commit or spec.
    Stalled,
    /// An attempt runs.
    Running(Box<Running>),
    /// The declaration is being deleted.
    Removing(Box<Removal>),
    /// It is over.
    Gone,
}

/// How far a restore is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Restore {
    /// It starts at a time.
    Due { at: Timestamp },
    /// The parent is being read.
    Reading { ticket: Ticket },
    /// The members are being listed.
    Surveying { ticket: Ticket, kinds: Option<BTreeSet<GroupKind>> },
}

/// What an attempt is to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) commit: Commit,
    pub(super) spec: Arc<Spec>,
    pub(super) approved: Option<Hash>,
    pub(super) token: Option<Text>,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) attempt: Attempt,
    pub(super) goal: Goal,
    pub(super) generation: i64,
    pub(super) began: Timestamp,
    pub(super) deadline: Timestamp,
    /// Something newer is wanted: end as soon as nothing is half done.
    pub(super) superseded: bool,
    pub(super) stage: Stage,
}

/// Where an attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The commit is being rendered.
    Rendering { ticket: Ticket },
    /// The kinds of the render are being looked up.
    Scoping { rendered: Arc<Rendered> },
    /// The plan is made and carried out.
    Planned { plan: Box<Plan>, phase: Phase },
}

/// Where a planned attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// What stands in the Namespaces and CRDs to be pruned is being listed.
    Surveying { open: BTreeSet<ObjectKey> },
    /// The whole set is dry run.
    Preflighting,
    /// The kinds are being put on the parent.
    Claiming,
    /// What could not be dry run before is dry run at its gate.
    Checking { wave: usize },
    /// A wave is written.
    Applying { wave: usize },
    /// What later waves need is awaited.
    Gating { wave: usize },
    /// Whether other repositories name what is to be pruned is being asked.
    AskingWanted,
    /// What Git no longer names is deleted.
    Pruning { step: usize },
    /// The objects are awaited.
    Settling,
}

/// The removal of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Removal {
    pub(super) attempt: Attempt,
    pub(super) deadline: Timestamp,
    pub(super) surveying: BTreeSet<ObjectKey>,
    pub(super) steps: Vec<Vec<ObjectKey>>,
    pub(super) step: usize,
    pub(super) deleted: usize,
    pub(super) left: BTreeMap<ObjectKey, Fault>,
    pub(super) retry_at: BTreeMap<ObjectKey, Timestamp>,
    pub(super) stage: RemovalStage,
}

/// Where a removal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RemovalStage {
    /// What stands in the Namespaces and CRDs is being listed.
    Surveying,
    /// Members are deleted, and awaited.
    Deleting,
    /// The finalizer is due at a time.
    ReleaseDue { at: Timestamp },
    /// The finalizer is being taken away.
    Releasing { ticket: Ticket },
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Concluded {
    pub(super) goal: Goal,
    pub(super) outcome: Outcome,
}

/// The verdict on an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The cluster is what the goal says.
    Synced,
    /// It is, but objects are not ready: becomes `Synced` when they are.
    Unready,
    /// It is not.
    Failed(Retry),
}

/// What the last complete render read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastRender {
    pub(super) commit: Commit,
    pub(super) spec: Arc<Spec>,
    pub(super) inputs: Arc<Inputs>,
}

/// The manifests of the applied commit, wanted while something is to be healed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manifests {
    /// Not in memory.
    Dropped,
    /// Being rendered again.
    Asked { ticket: Ticket },
    /// Rendered, while it is asked how its kinds are served.
    Scoping { attempt: Attempt, rendered: Arc<Rendered> },
    /// Could not be had; asked again at a time.
    Missing { retry_at: Timestamp },
    /// In memory.
    Held(Arc<PreparedSet>),
}

/// The heal lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Healing {
    /// Objects that look drifted or are gone, and since when.
    pub(super) due: BTreeMap<ObjectKey, Ailing>,
    /// What hinders healing as a whole.
    pub(super) fault: Option<Fault>,
}

/// One object to be corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ailing {
    pub(super) since: Timestamp,
    pub(super) retry_at: Timestamp,
    pub(super) failures: u32,
    pub(super) fault: Option<Fault>,
    pub(super) by: Option<Text>,
}

/// Somebody who waits for a sync to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) waiter: Waiter,
    /// A look-up that began at or after this moment serves the wish.
    pub(super) since: Timestamp,
    /// Whether such a look-up has answered: from then on the next verdict is the answer.
    pub(super) resolved: bool,
    /// Whether an attempt began since: one failure is one verdict.
    pub(super) attempted: bool,
}

/// What was told to the readers of the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) published: Option<Arc<Status>>,
    /// Something happened that belongs into the status now.
    pub(super) due: bool,
    /// Only counts moved: they may wait until then.
    pub(super) counts_due: Option<Timestamp>,
    pub(super) conditions: Vec<Condition>,
    pub(super) faults: Arc<[Fault]>,
    pub(super) history: Arc<[HistoryEntry]>,
    pub(super) applied: Option<Commit>,
    pub(super) last_sync: Option<Timestamp>,
    pub(super) observed_generation: i64,
    pub(super) pending_prune: Option<Hash>,
    pub(super) token: Option<Text>,
}

impl State {
    /// Names the declaring object.
    pub(super) fn parent(&self) -> ParentRef {
        ParentRef { repo: self.declared.key.clone(), uid: self.declared.uid.clone() }
    }

    /// Names the declaring object as an object.
    pub(super) fn parent_key(&self) -> ObjectKey {
        let repo = &self.declared.key;
        let (namespace, name) = (Text::clone(&repo.namespace), Text::clone(&repo.name));
        ObjectKey::new("nopea.io", "GitRepository", namespace, name)
    }

    /// The last status that was published; the initial one before that.
    pub fn status(&self) -> Arc<Status> {
        self.report.published.clone().unwrap_or_default()
    }

    /// The repository as it is declared.
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// The commit of the last attempt that came to a verdict.
    pub fn concluded_commit(&self) -> Option<&Commit> {
        self.concluded.as_ref().map(|concluded| &concluded.goal.commit)
    }

    /// Says whether nothing is under way: no attempt, no request, no wish.
    pub fn is_at_rest(&self) -> bool {
        let lane = match self.sync {
            Sync::Idle | Sync::Stalled | Sync::Gone => true,
            Sync::Restoring(_) | Sync::BackingOff { .. } | Sync::Running(_) | Sync::Removing(_) => {
                false
            }
        };
        lane && self.flights.is_empty()
            && self.doubts.is_empty()
            && self.source.asking.is_none()
            && self.source.wished.is_none()
            && (self.healing.due.is_empty()
                || self.declared.spec.heal_policy != crate::model::HealPolicy::Auto)
    }
}
