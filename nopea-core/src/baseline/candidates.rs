//! Where Git says `{}`, `[]` or null: the paths under which a managedFields entry may name it.
//!
//! Which fields are the keys of a list only a schema knows. So every item is tried under each of
//! its scalar fields and each pair of them: the wrong names hit no path of any entry.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::path_hash;
use crate::fields::{MAX_DEPTH, key_text};

/// The most paths that are tried for one object; beyond them a value counts although it need not.
const MAX_PATHS: usize = 20_000;
/// The most scalars of one item that are tried as keys.
const MAX_SCALARS: usize = 64;

/// The hashes of every path under which an empty value of `desired` may be named.
pub(super) fn empty_paths(desired: &Value) -> BTreeSet<u64> {
    let mut search = Search { found: BTreeSet::new(), steps: 0 };
    search.value(desired, "", 0);
    search.found
}

struct Search {
    found: BTreeSet<u64>,
    steps: usize,
}

impl Search {
    fn value(&mut self, value: &Value, path: &str, depth: usize) {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_PATHS {
            return;
        }
        match value {
            Value::Null => self.hit(path),
            Value::Object(map) if map.is_empty() => self.hit(path),
            Value::Array(items) if items.is_empty() => self.hit(path),
            Value::Object(map) => {
                for (name, below) in map.iter().filter(|(_, below)| has_empty(below, depth + 1)) {
                    self.value(below, &format!("{path}.{name}"), depth + 1);
                }
            }
            Value::Array(items) => {
                for item in items.iter().filter(|item| has_empty(item, depth + 1)) {
                    for key in item.as_object().map(keys).unwrap_or_default() {
                        self.value(item, &format!("{path}{key}"), depth + 1);
                    }
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn hit(&mut self, path: &str) {
        self.found.insert(path_hash(path));
    }
}

fn has_empty(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::Array(items) => {
            items.is_empty()
                || depth <= MAX_DEPTH && items.iter().any(|item| has_empty(item, depth + 1))
        }
        Value::Object(map) => {
            map.is_empty()
                || depth <= MAX_DEPTH && map.values().any(|item| has_empty(item, depth + 1))
        }
    }
}

/// The names that an item may have: by one of its scalars, or by two. A protocol may be left out.
fn keys(item: &Map<String, Value>) -> Vec<String> {
    let tcp = Value::from("TCP");
    let mut scalars: Vec<(&str, &Value)> = item
        .iter()
        .filter(|(_, value)| value.is_string() || value.is_number() || value.is_boolean())
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    if !item.contains_key("protocol") {
        scalars.push(("protocol", &tcp));
    }
    scalars.sort_unstable_by_key(|(name, _)| *name);
    scalars.truncate(MAX_SCALARS);
    let one = scalars.iter().map(|key| key_text([*key]));
    let two = scalars.iter().enumerate().flat_map(|(at, first)| {
        scalars.iter().skip(at + 1).map(move |second| key_text([*first, *second]))
    });
    one.chain(two).collect()
}
