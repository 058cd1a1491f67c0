//! The one open request that an object may have, what it is for, and what came meanwhile (R19).

use std::{collections::BTreeSet, sync::Arc};

use super::event::Ticket;
use crate::model::{Hash, Observation, ResourceVersion, Uid};

/// An open request about one object. There is at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) ticket: Ticket,
    pub(super) doing: Doing,
    /// The newest sighting that came while the request is open (R19).
    pub(super) held: Option<Box<Observation>>,
    /// All that lived when the followed kind was listed anew while the request is open.
    pub(super) listed: Option<Arc<BTreeSet<Uid>>>,
}

impl Flight {
    /// A request that sets out.
    pub(super) fn new(ticket: Ticket, doing: Doing) -> Self {
        Self { ticket, doing, held: None, listed: None }
    }

    /// The kind was listed: a sighting of what is not among it says nothing any more.
    pub(super) fn list(&mut self, live: Arc<BTreeSet<Uid>>) {
        let lives = |seen: &mut Box<Observation>| !live.contains(&seen.uid);
        drop(self.held.take_if(lives));
        self.listed = Some(live);
    }

    /// Says whether an answer shows what a list from meanwhile does not, and no event either: made
    /// after the list, or gone before it.
    pub(super) fn is_doubtful(&self, uid: &Uid) -> bool {
        self.held.is_none() && self.listed.as_ref().is_some_and(|live| !live.contains(uid))
    }
}

/// What an open request is for. Numbers are indexes into the plan of the running attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// The dry run of a planned write.
    Trying(usize),
    /// The dry run of a stand-in for an object whose namespace does not exist yet.
    StandingIn(usize),
    /// A look at what stands where a write was refused.
    Judging(usize),
    /// A planned write.
    Writing(usize),
    /// The dry run of the object that is to replace another (R28).
    Proposing(usize),
    /// The deletion of an object that is to be replaced.
    Replacing(usize),
    /// A look at whether it is gone.
    AwaitingGone(usize),
    /// A planned deletion.
    Pruning,
    /// A look at what stands where a deletion was refused.
    JudgingPrune,
    /// A look at what a DELETED event meant, or where a heal was refused.
    Looking,
    /// The correction of drift.
    Healing { intent: Hash, guarded: Option<ResourceVersion> },
    /// Fields are given back by other managers.
    HandingBack,
    /// A deletion of a removal.
    Removing,
}

impl Doing {
    /// Says whether the request belongs to the attempt and changes nothing in the cluster.
    pub(super) fn is_dry(&self) -> bool {
        match self {
            Self::Trying(_)
            | Self::StandingIn(_)
            | Self::Judging(_)
            | Self::Proposing(_)
            | Self::AwaitingGone(_)
            | Self::JudgingPrune => true,
            Self::Writing(_)
            | Self::Replacing(_)
            | Self::Pruning
            | Self::Looking
            | Self::Healing { .. }
            | Self::HandingBack
            | Self::Removing => false,
        }
    }

    /// Says whether the request belongs to the attempt.
    pub(super) fn is_of_attempt(&self) -> bool {
        self.is_dry() || matches!(self, Self::Writing(_) | Self::Replacing(_) | Self::Pruning)
    }
}
