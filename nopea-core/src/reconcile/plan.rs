//! What an attempt is going to do: for each desired object a work, for the rest a prune list.
//!
//! Made once from the prepared set and the members; worked off by the stages. Asks nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    dispute::Disputes,
    members::{Drift, Member, Members},
    replace::Replacing,
};
use crate::{
    fault::Fault,
    model::{Baseline, Changes, GroupKind, ObjectKey, Rendered, Text, Timestamp},
    order::Wave,
    port::Guard,
    prepare::{Prepared, PreparedSet},
    verify,
};

/// The plan of an attempt and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) set: Arc<PreparedSet>,
    pub(super) rendered: Arc<Rendered>,
    /// One per object of the set, in its order.
    pub(super) works: Vec<Work>,
    pub(super) waves: Vec<Wave>,
    /// Objects that others of the set depend on explicitly.
    pub(super) depended: BTreeSet<ObjectKey>,
    pub(super) prune: BTreeSet<ObjectKey>,
    pub(super) steps: Vec<Vec<ObjectKey>>,
    pub(super) prune_tries: BTreeMap<ObjectKey, u8>,
    /// Works of the current phase that were not asked for yet.
    pub(super) pending: BTreeSet<usize>,
    /// Works of which a stand-in is to be dry run.
    pub(super) stand_ins: BTreeSet<usize>,
    /// Deletions of the current step that were not asked for yet.
    pub(super) pending_prune: BTreeSet<ObjectKey>,
    /// Works that are tried again at a time.
    pub(super) later: BTreeSet<(Timestamp, usize)>,
    /// Requests of the attempt that are open.
    pub(super) open: usize,
    pub(super) faults: Vec<Fault>,
    /// Objects of other repositories that may have been moved here.
    pub(super) disputes: Disputes,
    pub(super) changes: Changes,
}

/// What is to be done with one desired object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) act: Act,
    /// It cannot be dry run before its wave.
    pub(super) deferred: bool,
    pub(super) tries: u8,
    /// Since when a refusal is taken for a transient of its gate (R30).
    pub(super) transient_since: Option<Timestamp>,
    /// Paths that change, as far as the live object is known.
    pub(super) fields: Arc<[Text]>,
    /// The object before, for the paths.
    pub(super) before: Option<Arc<serde_json::Value>>,
    /// What its dry runs send, where fields were left out to hear further complaints (R16).
    pub(super) rest: Option<Arc<serde_json::Value>>,
    pub(super) rounds: u8,
    /// A dry run was refused for good: whatever else it hears, it is not written.
    pub(super) complained: bool,
    pub(super) replacing: Replacing,
}

/// The verb of a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It is as it should be, or must not be touched.
    Keep,
    /// It is to be written.
    Write(Guard),
    /// It was written.
    Done,
}

impl Work {
    fn new(act: Act) -> Self {
        Self {
            act,
            deferred: false,
            tries: 0,
            transient_since: None,
            fields: Arc::default(),
            before: None,
            rest: None,
            rounds: 0,
            complained: false,
            replacing: Replacing::No,
        }
    }

    pub(super) fn is_write(&self) -> bool {
        matches!(self.act, Act::Write(_))
    }
}

/// What planning found out about one object.
#[derive(Debug)]
pub(super) enum Finding {
    /// It must be written.
    Write(Guard, Option<Arc<serde_json::Value>>),
    /// It is as it should be.
    Same,
    /// It was verified to be as it should be: this is its baseline.
    Verified(Baseline),
    /// `nopea.io/suspend-heal` stands on it (rule 12).
    Frozen,
}

/// Judges one desired object against what is known of it.
pub(super) fn find(prepared: &Prepared, member: Option<&Member>) -> Finding {
    let Some(member) = member.filter(|member| member.stays()) else {
        return Finding::Write(Guard::Absent, None);
    };
    if member.break_glass {
        return Finding::Frozen;
    }
    let guard = Guard::Live { uid: member.uid.clone(), version: None };
    match (member.intent, &member.unverified) {
        (Some(intent), _) if intent == prepared.intent => match member.drift {
            // what only others changed is the heal lane's business
            Drift::InSync | Drift::Suspected { .. } => Finding::Same,
        },
        (None, Some(live)) => match verify::verify(&prepared.manifest.body, live) {
            verify::Verdict::Same(baseline) => Finding::Verified(baseline),
            verify::Verdict::Differs(_) | verify::Verdict::Unsure(_) => {
                Finding::Write(guard, Some(Arc::clone(live)))
            }
        },
        (Some(_) | None, _) => Finding::Write(guard, member.unverified.clone()),
    }
}

impl Plan {
    /// An empty plan of a set, to be filled with one work per object.
    pub(super) fn new(set: Arc<PreparedSet>, rendered: Arc<Rendered>, waves: Vec<Wave>) -> Self {
        let depended =
            set.objects.iter().flat_map(|object| object.depends_on.iter().cloned()).collect();
        Self {
            set,
            rendered,
            works: Vec::new(),
            waves,
            depended,
            prune: BTreeSet::new(),
            steps: Vec::new(),
            prune_tries: BTreeMap::new(),
            pending: BTreeSet::new(),
            stand_ins: BTreeSet::new(),
            pending_prune: BTreeSet::new(),
            later: BTreeSet::new(),
            open: 0,
            faults: Vec::new(),
            disputes: Disputes::None,
            changes: Changes::default(),
        }
    }

    pub(super) fn push(&mut self, finding: &Finding) {
        self.works.push(match finding {
            Finding::Write(guard, before) => {
                Work { before: before.clone(), ..Work::new(Act::Write(guard.clone())) }
            }
            Finding::Same | Finding::Verified(_) | Finding::Frozen => Work::new(Act::Keep),
        });
    }

    /// The place of a key in the set, which is sorted by key.
    pub(super) fn position(&self, key: &ObjectKey) -> Option<usize> {
        self.set.objects.binary_search_by(|object| object.manifest.key.cmp(key)).ok()
    }

    pub(super) fn object(&self, index: usize) -> Option<&Prepared> {
        self.set.objects.get(index)
    }

    pub(super) fn kinds(&self) -> BTreeSet<GroupKind> {
        self.set.objects.iter().map(|object| object.manifest.key.kind.clone()).collect()
    }

    /// Fills `pending` with the writes among `indexes` that `wanted` picks.
    pub(super) fn schedule(
        &mut self,
        indexes: impl IntoIterator<Item = usize>,
        wanted: impl Fn(&Work) -> bool,
    ) {
        let works = &self.works;
        let picked = indexes
            .into_iter()
            .filter(|at| works.get(*at).is_some_and(|w| w.is_write() && wanted(w)));
        self.pending = picked.collect();
    }

    /// The indexes of a wave.
    pub(super) fn wave(&self, wave: usize) -> Vec<usize> {
        self.waves.get(wave).map(|wave| wave.objects.clone()).unwrap_or_default()
    }

    /// Says whether nothing of the current phase is left to be asked or answered.
    pub(super) fn is_quiet(&self) -> bool {
        self.open == 0
            && self.pending.is_empty()
            && self.stand_ins.is_empty()
            && self.pending_prune.is_empty()
            && self.later.is_empty()
    }

    /// The objects of a wave that the next waves wait for and that are not ready.
    pub(super) fn unready_gates(&self, wave: usize, members: &Members) -> Vec<ObjectKey> {
        let Some(wave) = self.waves.get(wave).filter(|wave| wave.gate) else { return Vec::new() };
        let waits = |key: &ObjectKey| {
            key.kind.is("", "Namespace")
                || key.kind.is("apiextensions.k8s.io", "CustomResourceDefinition")
                || self.depended.contains(key)
        };
        let objects = wave.objects.iter().filter_map(|at| self.object(*at));
        objects
            .map(|object| &object.manifest.key)
            .filter(|key| waits(key) && !is_ready(members, key))
            .cloned()
            .collect()
    }
}

/// Says whether a member is there and ready.
pub(super) fn is_ready(members: &Members, key: &ObjectKey) -> bool {
    members.get(key).is_some_and(|member| member.stays() && member.health.is_ready())
}
