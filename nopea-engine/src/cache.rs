//! A small cache that forgets what was used least recently. Knows nothing of what it holds.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

/// Values up to a total weight.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    held: HashMap<K, Held<V>>,
    /// The keys by their last use.
    uses: BTreeMap<u64, K>,
    clock: u64,
    weight: usize,
    limit: usize,
}

#[derive(Debug)]
struct Held<V> {
    value: V,
    weight: usize,
    used: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache for values of `limit` weight in all.
    pub(crate) fn new(limit: usize) -> Self {
        Self { held: HashMap::new(), uses: BTreeMap::new(), clock: 0, weight: 0, limit }
    }

    /// The value of a key, which counts as a use.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        let held = self.held.get_mut(key)?;
        self.clock += 1;
        self.uses.remove(&held.used);
        held.used = self.clock;
        self.uses.insert(self.clock, key.clone());
        Some(held.value.clone())
    }

    /// Holds a value, at the cost of those used least recently; one above the limit is not held.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        if weight > self.limit {
            return;
        }
        self.clock += 1;
        self.weight += weight;
        self.uses.insert(self.clock, key.clone());
        self.held.insert(key, Held { value, weight, used: self.clock });
        while self.weight > self.limit {
            let Some((_, oldest)) = self.uses.pop_first() else { break };
            self.remove(&oldest);
        }
    }

    /// Forgets a value.
    pub(crate) fn remove(&mut self, key: &K) {
        if let Some(held) = self.held.remove(key) {
            self.weight -= held.weight;
            self.uses.remove(&held.used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let mut cache = Cache::new(10);
        cache.insert("a", 1, 4);
        cache.insert("b", 2, 4);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.insert("c", 3, 4);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(1), None, Some(3)));
    }

    #[test]
    fn a_value_above_the_limit_is_not_held_and_drives_nothing_out() {
        let mut cache = Cache::new(10);
        cache.insert("a", 1, 4);
        cache.insert("huge", 2, 11);
        assert_eq!((cache.get(&"a"), cache.get(&"huge")), (Some(1), None));
    }

    #[test]
    fn a_value_that_is_held_anew_counts_once() {
        let mut cache = Cache::new(10);
        for value in 0..9 {
            cache.insert("a", value, 6);
        }
        cache.insert("b", 1, 4);
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (Some(8), Some(1)));
    }
}
