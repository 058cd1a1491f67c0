//! What lives and is ours, with counts that are kept incrementally.
//!
//! Knows nothing of attempts or of Git: it remembers what the cluster showed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::model::{
    Baseline, Counts, Hash, Health, ObjectKey, Observation, ResourceVersion, Text, Timestamp, Uid,
};

/// A live object of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Digest of the prepared manifest that was applied last; none after a restart, until verified.
    pub(super) intent: Option<Hash>,
    /// Group and version of our last apply, or of the sighting where none is known.
    pub(super) api_version: Text,
    pub(super) uid: Uid,
    /// The newest version that was judged.
    pub(super) seen: ResourceVersion,
    /// What our fields looked like after our last apply.
    pub(super) baseline: Option<Baseline>,
    pub(super) drift: Drift,
    pub(super) health: Health,
    /// `nopea.io/suspend-heal` stands on it.
    pub(super) break_glass: bool,
    pub(super) leaving: Leaving,
    /// The object of a restore, until it was verified once.
    pub(super) unverified: Option<Arc<Value>>,
}

/// Whether an object is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// It stays.
    No,
    /// Somebody deleted it and finalizers hold it (R3).
    Terminating,
    /// We deleted it: its disappearance is expected.
    Deleted,
}

/// Whether others changed an object of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Drift {
    /// Our fields are as we applied them.
    InSync,
    /// They look different; whether they are is known when the correction answers (R10).
    Suspected {
        /// When it was first seen.
        since: Timestamp,
    },
}

impl Member {
    /// Makes a member of a sighting about which nothing else is known.
    pub(super) fn sighted(seen: &Observation) -> Self {
        Self {
            intent: None,
            api_version: Text::clone(&seen.api_version),
            uid: seen.uid.clone(),
            seen: seen.version.clone(),
            baseline: seen.baseline.clone(),
            drift: Drift::InSync,
            health: seen.health.clone(),
            break_glass: seen.break_glass,
            leaving: Leaving::No,
            unverified: seen.object.clone(),
        }
    }

    /// Says whether it is there to stay.
    pub(super) fn stays(&self) -> bool {
        self.leaving == Leaving::No
    }
}

/// All members of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    map: BTreeMap<ObjectKey, Member>,
    counts: Counts,
    /// Those with `nopea.io/suspend-heal` on them.
    frozen: BTreeSet<ObjectKey>,
}

impl Members {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Member> {
        self.map.get(key)
    }

    pub(super) fn contains(&self, key: &ObjectKey) -> bool {
        self.map.contains_key(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &Member)> {
        self.map.iter()
    }

    /// How many of which state; what leaves is not counted.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Those that nobody may touch (rule 12).
    pub(super) fn frozen(&self) -> impl Iterator<Item = &ObjectKey> {
        self.frozen.iter()
    }

    fn mark(&mut self, key: &ObjectKey, frozen: bool) {
        if !frozen {
            self.frozen.remove(key);
        } else if !self.frozen.contains(key) {
            self.frozen.insert(key.clone());
        }
    }

    pub(super) fn insert(&mut self, key: ObjectKey, member: Member) {
        self.mark(&key, member.break_glass);
        count(&mut self.counts, &member, 1);
        if let Some(before) = self.map.insert(key, member) {
            count(&mut self.counts, &before, -1);
        }
    }

    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Member> {
        let member = self.map.remove(key)?;
        count(&mut self.counts, &member, -1);
        self.frozen.remove(key);
        Some(member)
    }

    /// Changes a member in place; none where there is no such member.
    pub(super) fn change<T>(
        &mut self,
        key: &ObjectKey,
        change: impl FnOnce(&mut Member) -> T,
    ) -> Option<T> {
        let member = self.map.get_mut(key)?;
        count(&mut self.counts, member, -1);
        let answer = change(member);
        count(&mut self.counts, member, 1);
        let frozen = member.break_glass;
        self.mark(key, frozen);
        Some(answer)
    }
}

fn count(counts: &mut Counts, member: &Member, by: isize) {
    if !member.stays() {
        return;
    }
    let add = |field: &mut usize| *field = field.saturating_add_signed(by);
    add(&mut counts.total);
    if member.health.is_ready() {
        add(&mut counts.ready);
    }
    if member.drift != Drift::InSync {
        add(&mut counts.drifted);
    }
    if matches!(member.health, Health::Degraded(_)) {
        add(&mut counts.unhealthy);
    }
}
