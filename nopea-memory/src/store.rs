//! What is stored: objects by key, one growing resourceVersion, uids, and who owns whom.
//! Knows no rule of the API beyond `metadata.ownerReferences`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nopea_core::model::{GroupKind, ObjectKey};
use serde_json::Value;

use crate::json;

/// The objects of a cluster.
#[derive(Debug)]
pub(crate) struct Store {
    objects: BTreeMap<ObjectKey, Arc<Value>>,
    dependents: BTreeMap<String, BTreeSet<ObjectKey>>,
    version: u64,
    uids: u64,
    seed: u64,
}

impl Store {
    pub(crate) fn new(seed: u64) -> Self {
        let (objects, dependents) = (BTreeMap::new(), BTreeMap::new());
        // "1" must never be the version of an object: it stands for "must not exist".
        Self { objects, dependents, version: 100, uids: 0, seed }
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

    /// The objects whose ownerReferences name this uid.
    pub(crate) fn dependents(&self, uid: &str) -> Vec<ObjectKey> {
        self.dependents.get(uid).into_iter().flatten().cloned().collect()
    }

    pub(crate) fn put(&mut self, key: &ObjectKey, object: &Arc<Value>) -> Option<Arc<Value>> {
        for owner in owners(object) {
            self.dependents.entry(owner).or_default().insert(key.clone());
        }
        let old = self.objects.insert(key.clone(), Arc::clone(object));
        if let Some(old) = &old {
            let kept: BTreeSet<String> = owners(object).collect();
            self.disown(key, owners(old).filter(|owner| !kept.contains(owner)));
        }
        old
    }

    pub(crate) fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Value>> {
        let old = self.objects.remove(key)?;
        self.disown(key, owners(&old));
        Some(old)
    }

    fn disown(&mut self, key: &ObjectKey, owners: impl Iterator<Item = String>) {
        for owner in owners {
            if let Some(keys) = self.dependents.get_mut(&owner) {
                keys.remove(key);
                if keys.is_empty() {
                    self.dependents.remove(&owner);
                }
            }
        }
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
