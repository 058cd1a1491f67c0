//! What the watch has shown so far, and what each further object means: which declarations an engine
//! is to hear of. Pure: it asks and tells nobody.

use std::collections::{BTreeMap, BTreeSet};

use nopea_core::{
    model::{Declared, Orders, RepoKey, Text},
    port::ParentRef,
};

use crate::object::{Reading, Seen, Shown};

/// What follows from what the watch showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Declare it.
    Put(Box<Declared>),
    /// Its finalizer or claim was taken off.
    ClaimLost(RepoKey),
    /// It is declared no more.
    Remove(RepoKey),
    /// Nobody works for it: its status is to say why.
    Refuse(Refused),
    /// Its status is somebody's business again.
    Accept(RepoKey),
}

/// A declaration that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) parent: ParentRef,
    pub(crate) generation: i64,
    pub(crate) why: Text,
}

/// Which objects a watch shows: those of one namespace, or all.
pub(crate) type Scope = Option<String>;

/// What is declared.
#[derive(Debug, Default)]
pub(crate) struct Table {
    known: BTreeMap<RepoKey, Known>,
    /// What the list of a watch has shown so far.
    lists: BTreeMap<Scope, BTreeSet<RepoKey>>,
}

#[derive(Debug)]
struct Known {
    shown: Shown,
    /// The last declaration that could be: what an engine works for.
    good: Option<Box<Declared>>,
}

impl Table {
    /// An object was added, changed, or listed again.
    pub(crate) fn seen(&mut self, scope: &Scope, seen: Seen) -> Vec<Change> {
        let Seen { key, shown, reading } = seen;
        if let Some(list) = self.lists.get_mut(scope) {
            list.insert(key.clone());
        }
        let Some(known) = self.known.get_mut(&key).filter(|known| known.shown.uid == shown.uid)
        else {
            let replaced = self.known.remove(&key);
            let (good, changes) = first(replaced, &shown, reading);
            self.known.insert(key, Known { shown, good });
            return changes;
        };
        let before = std::mem::replace(&mut known.shown, shown);
        let now = &known.shown;
        let lost = now.claim.lost_since(before.claim) && now.deleted_at.is_none();
        let released = before.deleted_at.is_some() && !now.claim.finalizer;
        let mut changes = Vec::new();
        if before.declares_otherwise(now) && !released {
            changes.extend(known.declare(reading));
        }
        if lost {
            changes.push(Change::ClaimLost(key));
        }
        changes
    }

    /// An object is gone.
    pub(crate) fn gone(&mut self, key: &RepoKey) -> Vec<Change> {
        self.known.remove(key).map(|_| Change::Remove(key.clone())).into_iter().collect()
    }

    /// A list begins: what it does not show is gone.
    pub(crate) fn list_begins(&mut self, scope: &Scope) {
        self.lists.insert(scope.clone(), BTreeSet::new());
    }

    /// A list is complete.
    pub(crate) fn list_ends(&mut self, scope: &Scope) -> Vec<Change> {
        let Some(listed) = self.lists.remove(scope) else { return Vec::new() };
        let within = |key: &RepoKey| scope.as_deref().is_none_or(|scope| *key.namespace == *scope);
        let missed = |key: &&RepoKey| within(key) && !listed.contains(*key);
        let gone: Vec<_> = self.known.keys().filter(missed).cloned().collect();
        gone.iter().flat_map(|key| self.gone(key)).collect()
    }
}

/// What an object that was not known means.
fn first(
    replaced: Option<Known>,
    shown: &Shown,
    reading: Reading,
) -> (Option<Box<Declared>>, Vec<Change>) {
    match reading {
        // the engine tells the two apart by their uids
        Reading::Good(declared) => {
            let accept = Change::Accept(declared.key.clone());
            (Some(declared.clone()), vec![accept, Change::Put(declared)])
        }
        Reading::Bad { why, removal } => {
            let mut changes: Vec<_> = replaced
                .and_then(|known| known.good)
                .map(|good| Change::Remove(good.key))
                .into_iter()
                .collect();
            changes.extend(refuse(shown, why, removal));
            (None, changes)
        }
    }
}

/// What an object means that never could be read.
fn refuse(shown: &Shown, why: Text, removal: Option<Box<Declared>>) -> Option<Change> {
    let removal = removal?;
    if shown.deleted_at.is_some() {
        return shown.claim.finalizer.then_some(Change::Put(removal));
    }
    let parent = ParentRef { repo: removal.key, uid: shown.uid.clone() };
    Some(Change::Refuse(Refused { parent, generation: shown.generation, why }))
}

impl Known {
    fn declare(&mut self, reading: Reading) -> Vec<Change> {
        match reading {
            Reading::Good(declared) => {
                let accepted = self.good.is_none().then(|| Change::Accept(declared.key.clone()));
                self.good = Some(declared.clone());
                accepted.into_iter().chain([Change::Put(declared)]).collect()
            }
            Reading::Bad { why, removal } => match &self.good {
                // the last good state stands, and is told to be the last
                Some(good) => vec![Change::Put(Box::new(Declared {
                    generation: self.shown.generation,
                    deleted_at: self.shown.deleted_at,
                    orders: Orders { refused: Some(why), ..good.orders.clone() },
                    ..Declared::clone(good)
                }))],
                None => refuse(&self.shown, why, removal).into_iter().collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
