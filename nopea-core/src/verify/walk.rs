//! The walk over entry, desired and live object at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value};

use super::spelling::respelled;
use crate::{
    baseline::path_hash,
    fields::{Keyed, MAX_DEPTH, children, has_children, key_text},
};

/// What the server never records as somebody's.
const UNRECORDED: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];
const UNRECORDED_METADATA: [&str; 9] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "selfLink",
    "managedFields",
];

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    path: String,
    pub(super) differs: BTreeSet<String>,
    pub(super) unsure: BTreeSet<String>,
    /// Hashes of the paths whose value does not count.
    pub(super) presence: BTreeSet<u64>,
}

impl Walk {
    pub(super) fn object(&mut self, fields: &Value, desired: &Value, live: &Value) {
        let none = Value::Object(Map::new());
        let metadata = desired.get("metadata").unwrap_or(&none);
        self.fields(fields, desired, Some(live), &UNRECORDED, 0);
        if let Some(below) = fields.get("f:status") {
            self.field("status", below, desired.get("status"), live.get("status"), 0);
        }
        self.step(format_args!(".metadata"), |walk| {
            let below = fields.get("f:metadata").unwrap_or(&none);
            walk.fields(below, metadata, live.get("metadata"), &UNRECORDED_METADATA, 1);
        });
    }

    /// Compares the fields of a map, `skip` left out.
    fn fields(
        &mut self,
        fields: &Value,
        desired: &Value,
        live: Option<&Value>,
        skip: &[&str],
        depth: usize,
    ) {
        for (name, below) in children(fields) {
            let Some(field) = name.strip_prefix("f:") else {
                self.step(format_args!("[{name}]"), Self::differ);
                continue;
            };
            if skip.contains(&field) {
                continue;
            }
            let live = live.and_then(|live| live.get(field));
            self.field(field, below, desired.get(field), live, depth);
        }
        for (field, value) in desired.as_object().into_iter().flatten() {
            if !skip.contains(&field.as_str()) && fields.get(format!("f:{field}")).is_none() {
                let live = live.and_then(|live| live.get(field));
                self.step(format_args!(".{field}"), |walk| walk.unowned(value, live));
            }
        }
    }

    fn field(
        &mut self,
        name: &str,
        below: &Value,
        desired: Option<&Value>,
        live: Option<&Value>,
        depth: usize,
    ) {
        self.step(format_args!(".{name}"), |walk| match desired {
            Some(desired) => walk.node(below, desired, live, depth + 1),
            None => walk.differ(),
        });
    }

    /// A field that Git names and our entry does not: somebody took it, unless there is nothing in it.
    fn unowned(&mut self, desired: &Value, live: Option<&Value>) {
        if !is_hollow(desired, 0) {
            self.differ();
        } else if !desired.is_null() && live.is_some_and(|live| !is_hollow(live, 0)) {
            self.doubt();
        }
    }

    fn node(&mut self, fields: &Value, desired: &Value, live: Option<&Value>, depth: usize) {
        if is_empty(desired) && !has_children(fields) {
            self.presence.insert(path_hash(&self.path));
            // filled in by the server or by others, or emptied in Git just now: only a schema knows
            if live.is_some_and(|live| !is_hollow(live, 0)) {
                self.doubt();
            }
        } else if !has_children(fields) {
            self.whole(desired, live);
        } else if depth > MAX_DEPTH {
            self.doubt();
        } else if let Some(items) = desired.as_array() {
            let live = live.and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
            self.list(fields, items, live, depth);
        } else if desired.is_object() {
            self.fields(fields, desired, live, &[], depth);
        } else {
            self.differ();
        }
    }

    /// Compares a value that is owned as one.
    fn whole(&mut self, desired: &Value, live: Option<&Value>) {
        match live.map(|live| compare(desired, live, 0)) {
            Some(Match::Same) => {}
            Some(Match::Unsure) => self.doubt(),
            Some(Match::Differs) | None => self.differ(),
        }
    }

    fn list(&mut self, fields: &Value, desired: &[Value], live: &[Value], depth: usize) {
        // fields of a map, or whatever else no list has
        for (name, _) in children(fields).filter(|(name, _)| !is_item(name)) {
            self.step(format_args!("[{name}]"), Self::differ);
        }
        let keyed = Keyed::of(fields);
        let mut left: BTreeSet<usize> = (0..desired.len()).collect();
        let mut order = Vec::new();
        let mut stands = BTreeMap::new();
        for (index, item) in live.iter().enumerate() {
            if let Some(at) = keyed.position(item) {
                stands.entry(at).or_insert(index);
            }
        }
        for (at, item) in matched(&keyed, desired) {
            let Some(named) = keyed.items().get(at) else { continue };
            let key = key_text(named.key.iter().map(|(name, value)| (name.as_str(), value)));
            if let Some(item) = item {
                left.remove(&item);
            }
            let stands = stands.get(&at).copied();
            order.extend(item.zip(stands));
            let desired = item.and_then(|item| desired.get(item));
            let live = stands.and_then(|stands| live.get(stands));
            self.step(format_args!("{key}"), |walk| match (desired, live) {
                (Some(desired), Some(live)) => {
                    walk.node(named.below, desired, Some(live), depth + 1);
                }
                (_, None) | (None, _) => walk.differ(),
            });
        }
        order.sort_unstable();
        if !order.is_sorted_by_key(|(_, stands)| *stands) {
            self.doubt();
        }
        self.members(fields, desired, live, &mut left);
        for index in left {
            self.step(format_args!("[{index}]"), Self::differ);
        }
    }

    fn members(
        &mut self,
        fields: &Value,
        desired: &[Value],
        live: &[Value],
        left: &mut BTreeSet<usize>,
    ) {
        let named: BTreeSet<String> = children(fields)
            .filter_map(|(name, _)| serde_json::from_str::<Value>(name.strip_prefix("v:")?).ok())
            .map(|value| value.to_string())
            .collect();
        if named.is_empty() {
            return;
        }
        let texts = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<_>>();
        let (desired, live) = (texts(desired), BTreeSet::from_iter(texts(live)));
        left.retain(|index| desired.get(*index).is_none_or(|value| !named.contains(value)));
        let desired = BTreeSet::from_iter(desired);
        for value in
            named.iter().filter(|value| !desired.contains(*value) || !live.contains(*value))
        {
            self.step(format_args!("[={value}]"), Self::differ);
        }
    }

    fn differ(&mut self) {
        self.differs.insert(self.path.clone());
    }

    fn doubt(&mut self) {
        self.unsure.insert(self.path.clone());
    }

    fn step(&mut self, part: std::fmt::Arguments<'_>, then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let _infallible = self.path.write_fmt(part);
        then(self);
        self.path.truncate(length);
    }
}

/// Which desired item each named item is: those that say all keys first, then those that leave
/// one to its default and fit a single name.
fn matched(keyed: &Keyed<'_>, desired: &[Value]) -> Vec<(usize, Option<usize>)> {
    let mut found: Vec<Option<usize>> = vec![None; keyed.items().len()];
    let mut taken = vec![false; desired.len()];
    for (index, item) in desired.iter().enumerate() {
        if let Some(slot) = keyed.position(item).and_then(|at| found.get_mut(at))
            && slot.is_none()
        {
            *slot = Some(index);
            taken.get_mut(index).into_iter().for_each(|taken| *taken = true);
        }
    }
    for (slot, named) in found.iter_mut().zip(keyed.items()).filter(|(slot, _)| slot.is_none()) {
        let mut fitting = desired
            .iter()
            .zip(&taken)
            .enumerate()
            .filter(|(_, (item, taken))| !**taken && agree(&named.key, item));
        let first = fitting.next().map(|(index, _)| index);
        if fitting.next().is_none() {
            *slot = first;
        }
        if let Some(taken) = slot.and_then(|index| taken.get_mut(index)) {
            *taken = true;
        }
    }
    found.into_iter().enumerate().collect()
}

/// Says whether the keys that an item writes are those of the name, one of them at least.
fn agree(key: &Map<String, Value>, item: &Value) -> bool {
    let written = || key.iter().filter_map(|(name, value)| Some((item.get(name)?, value)));
    written().next().is_some() && written().all(|(mine, value)| mine == value)
}

fn is_item(name: &str) -> bool {
    name.starts_with("k:") || name.starts_with("v:")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Says whether a value holds nothing but empty values: `creationTimestamp: null` and the like.
fn is_hollow(value: &Value, depth: usize) -> bool {
    match value {
        _ if is_empty(value) => true,
        Value::Object(map) if depth < MAX_DEPTH => map.values().all(|v| is_hollow(v, depth + 1)),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => false,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Same,
    Unsure,
    Differs,
}

/// Compares two values; fields that the server may have filled in are a doubt.
fn compare(desired: &Value, live: &Value, depth: usize) -> Match {
    if desired == live {
        return Match::Same;
    }
    if depth > MAX_DEPTH {
        return Match::Unsure;
    }
    match (desired, live) {
        (Value::Array(desired), Value::Array(live)) if desired.len() == live.len() => {
            let pairs = desired.iter().zip(live);
            pairs
                .map(|(desired, live)| compare(desired, live, depth + 1))
                .max()
                .unwrap_or(Match::Same)
        }
        (Value::Object(desired), Value::Object(live)) => {
            let named = desired.iter().map(|(name, desired)| match live.get(name) {
                Some(live) => compare(desired, live, depth + 1),
                None if is_empty(desired) => Match::Unsure,
                None => Match::Differs,
            });
            let added = live.keys().any(|name| !desired.contains_key(name));
            let added = if added { Match::Unsure } else { Match::Same };
            named.chain([added]).max().unwrap_or(Match::Same)
        }
        _ if respelled(desired, live) => Match::Unsure,
        _ => Match::Differs,
    }
}
