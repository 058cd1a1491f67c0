//! The walk over two states at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Map, Value};

use crate::fields::{MAX_DEPTH, key_text};

/// What the server keeps for itself.
const IGNORED: [&str; 1] = ["status"];
const IGNORED_METADATA: [&str; 5] =
    ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];

/// Fields by which items of well-known lists are told apart, the likeliest first.
const KEYS: [&[&str]; 11] = [
    &["name"],
    &["containerPort", "protocol"],
    &["port", "protocol"],
    &["mountPath"],
    &["devicePath"],
    &["topologyKey", "whenUnsatisfiable"],
    &["key"],
    &["ip"],
    &["type"],
    &["uid"],
    &["namespace", "name"],
];

/// A field that differs.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) path: String,
    pub(super) before: Option<&'a Value>,
    pub(super) after: Option<&'a Value>,
}

#[derive(Debug, Default)]
pub(super) struct Walk<'a> {
    path: String,
    pub(super) found: Vec<Change<'a>>,
}

impl<'a> Walk<'a> {
    pub(super) fn object(&mut self, before: &'a Value, after: &'a Value) {
        let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
            return self.pair(Some(before), Some(after), 0);
        };
        for name in names(old, new, &IGNORED) {
            let (old, new) = (old.get(name), new.get(name));
            self.step(format_args!(".{name}"), |walk| match (old, new) {
                (Some(Value::Object(old)), Some(Value::Object(new))) if name == "metadata" => {
                    walk.fields(old, new, &IGNORED_METADATA, 1);
                }
                (old, new) => walk.pair(old, new, 1),
            });
        }
    }

    fn fields(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        skip: &[&str],
        depth: usize,
    ) {
        for name in names(old, new, skip) {
            self.step(format_args!(".{name}"), |walk| {
                walk.pair(old.get(name), new.get(name), depth + 1);
            });
        }
    }

    fn pair(&mut self, old: Option<&'a Value>, new: Option<&'a Value>, depth: usize) {
        if old == new {
            return;
        }
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if depth < MAX_DEPTH => {
                self.fields(old, new, &[], depth);
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) if depth < MAX_DEPTH => {
                self.list((before, after), (old, new), depth);
            }
            // a flat map that comes or goes, such as labels, is listed by its keys
            (Some(Value::Object(map)), None) if is_flat(map) => {
                for (name, value) in map {
                    self.step(format_args!(".{name}"), |walk| walk.change(Some(value), None));
                }
            }
            (None, Some(Value::Object(map))) if is_flat(map) => {
                for (name, value) in map {
                    self.step(format_args!(".{name}"), |walk| walk.change(None, Some(value)));
                }
            }
            _ => self.change(old, new),
        }
    }

    fn list(
        &mut self,
        (before, after): (&'a [Value], &'a [Value]),
        (old, new): (Option<&'a Value>, Option<&'a Value>),
        depth: usize,
    ) {
        if let Some(names) = KEYS.iter().find(|names| tells(names, before) && tells(names, after)) {
            return self.items(names, (before, after), (old, new), depth);
        }
        let maps = before.iter().chain(after).all(Value::is_object);
        if !maps {
            return self.change(old, new);
        }
        for at in 0..before.len().max(after.len()) {
            self.step(format_args!("[{at}]"), |walk| {
                walk.pair(before.get(at), after.get(at), depth + 1);
            });
        }
    }

    fn items(
        &mut self,
        names: &[&str],
        (before, after): (&'a [Value], &'a [Value]),
        (old, new): (Option<&'a Value>, Option<&'a Value>),
        depth: usize,
    ) {
        let keys = |items: &[Value]| -> Vec<String> {
            items.iter().map(|item| key(names, item).unwrap_or_default()).collect()
        };
        let (left, right) = (keys(before), keys(after));
        let places = |keys: &[String]| -> BTreeMap<String, usize> {
            keys.iter().enumerate().map(|(at, key)| (key.clone(), at)).collect()
        };
        let (old_places, new_places) = (places(&left), places(&right));
        for (item, key) in before.iter().zip(&left) {
            let other = new_places.get(key).and_then(|at| after.get(*at));
            self.step(format_args!("{key}"), |walk| walk.item(Some(item), other, depth));
        }
        for (item, key) in after.iter().zip(&right) {
            if !old_places.contains_key(key) {
                self.step(format_args!("{key}"), |walk| walk.item(None, Some(item), depth));
            }
        }
        let kept = left.iter().filter_map(|key| new_places.get(key));
        if !kept.is_sorted() {
            self.change(old, new);
        }
    }

    /// An item that comes or goes is one change.
    fn item(&mut self, old: Option<&'a Value>, new: Option<&'a Value>, depth: usize) {
        match (old, new) {
            (Some(_), Some(_)) => self.pair(old, new, depth + 1),
            (None, _) | (_, None) => self.change(old, new),
        }
    }

    fn change(&mut self, before: Option<&'a Value>, after: Option<&'a Value>) {
        self.found.push(Change { path: self.path.clone(), before, after });
    }

    fn step(&mut self, part: std::fmt::Arguments<'_>, then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let _infallible = self.path.write_fmt(part);
        then(self);
        self.path.truncate(length);
    }
}

fn names<'a>(
    old: &'a Map<String, Value>,
    new: &'a Map<String, Value>,
    skip: &[&str],
) -> BTreeSet<&'a str> {
    let all = old.keys().chain(new.keys()).map(String::as_str);
    all.filter(|name| !skip.contains(name)).collect()
}

fn is_flat(map: &Map<String, Value>) -> bool {
    !map.is_empty() && map.values().all(|value| !value.is_object() && !value.is_array())
}

/// Says whether these fields tell all items of a list apart.
fn tells(names: &[&str], items: &[Value]) -> bool {
    let keys: Option<BTreeSet<String>> = items.iter().map(|item| key(names, item)).collect();
    keys.is_some_and(|keys| keys.len() == items.len())
}

/// The name of an item; a protocol that is left out is TCP.
fn key(names: &[&str], item: &Value) -> Option<String> {
    let tcp = Value::from("TCP");
    let mut parts = Vec::new();
    for name in names {
        let value = item.get(name).or_else(|| (*name == "protocol").then_some(&tcp))?;
        if value.is_object() || value.is_array() {
            return None;
        }
        parts.push((*name, value));
    }
    item.is_object().then(|| key_text(parts))
}
