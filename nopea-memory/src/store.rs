//! What is stored: objects by key, one growing resourceVersion, uids, who owns whom, and which set an
//! object says it is of. Knows no rule of the API beyond these indexes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nopea_core::model::{GroupKind, ObjectKey};
use serde_json::Value;

use crate::{json, watch};

/// The objects of a cluster.
#[derive(Debug)]
pub(crate) struct Store {
    objects: BTreeMap<ObjectKey, Arc<Value>>,
    dependents: BTreeMap<String, BTreeSet<ObjectKey>>,
    /// By the sets that the labels of an object name: lists of one repository must not walk all.
    sets: BTreeMap<String, BTreeSet<ObjectKey>>,
    version: u64,
    uids: u64,
    seed: u64,
}

impl Store {
    pub(crate) fn new(seed: u64) -> Self {
        let (objects, dependents, sets) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        // "1" must never be the version of an object: it stands for "must not exist".
        Self { objects, dependents, sets, version: 100, uids: 0, seed }
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&ObjectKey, &Arc<Value>)> {
        self.objects.iter()
    }

    pub(crate) fn of_kind<'a>(
        &'a self,
        kind: &'a GroupKind,
    ) -> impl Iterator<Item = (&'a ObjectKey, &'a Arc<Value>)> {
        let first = ObjectKey { kind: kind.clone(), namespace: "".into(), name: "".into() };
        self.objects.range(first..).take_while(move |(key, _)| key.kind == *kind)
    }

    /// The objects from this key on.
    pub(crate) fn from<'a>(
        &'a self,
        first: &ObjectKey,
    ) -> impl Iterator<Item = (&'a ObjectKey, &'a Arc<Value>)> + use<'a> {
        self.objects.range::<ObjectKey, _>(first..)
    }

    pub(crate) fn in_namespace<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a ObjectKey, &'a Arc<Value>)> {
        self.objects.iter().filter(move |(key, _)| &*key.namespace == namespace)
    }

    /// The objects whose labels name one of these sets.
    pub(crate) fn of_sets(&self, sets: &[String]) -> BTreeSet<&ObjectKey> {
        sets.iter().filter_map(|set| self.sets.get(set)).flatten().collect()
    }

    /// The objects whose ownerReferences name this uid.
    pub(crate) fn dependents(&self, uid: &str) -> Vec<ObjectKey> {
        self.dependents.get(uid).into_iter().flatten().cloned().collect()
    }

    pub(crate) fn put(&mut self, key: &ObjectKey, object: &Arc<Value>) -> Option<Arc<Value>> {
        for owner in owners(object) {
            self.dependents.entry(owner).or_default().insert(key.clone());
        }
        for set in watch::sets_of(object) {
            self.sets.entry(set).or_default().insert(key.clone());
        }
        let old = self.objects.insert(key.clone(), Arc::clone(object));
        if let Some(old) = &old {
            let kept: BTreeSet<String> = owners(object).collect();
            drop_from(&mut self.dependents, key, owners(old).filter(|one| !kept.contains(one)));
            let kept: BTreeSet<String> = watch::sets_of(object).collect();
            let left = watch::sets_of(old).filter(|one| !kept.contains(one));
            drop_from(&mut self.sets, key, left);
        }
        old
    }

    pub(crate) fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Value>> {
        let old = self.objects.remove(key)?;
        drop_from(&mut self.dependents, key, owners(&old));
        drop_from(&mut self.sets, key, watch::sets_of(&old));
        Some(old)
    }

    /// The newest resourceVersion.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Makes the next resourceVersion.
    pub(crate) fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Makes a uid that looks like a random UUID and depends on the seed and the count alone.
    pub(crate) fn next_uid(&mut self) -> String {
        self.uids += 1;
        let high = scramble(self.seed ^ self.uids);
        let low = scramble(high ^ self.uids.rotate_left(32));
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

/// Takes a key out of the entries of an index, and empty entries with it.
fn drop_from(
    index: &mut BTreeMap<String, BTreeSet<ObjectKey>>,
    key: &ObjectKey,
    entries: impl Iterator<Item = String>,
) {
    for entry in entries {
        if let Some(keys) = index.get_mut(&entry) {
            keys.remove(key);
            if keys.is_empty() {
                index.remove(&entry);
            }
        }
    }
}

fn owners(object: &Value) -> impl Iterator<Item = String> {
    json::items(object, &["metadata", "ownerReferences"])
        .iter()
        .map(|owner| json::text(owner, &["uid"]).to_owned())
}

/// One step of `SplitMix64`: spreads a number over all bits.
pub(crate) fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
