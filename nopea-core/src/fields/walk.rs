//! Walks a fieldsV1 value and a live object at once. Judges nothing.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use super::{Keyed, MAX_DEPTH, children, has_children, key_text};

/// A field that an entry names and that has nothing named below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaf<'a> {
    /// Where it is, as the server writes it: `.spec.containers[name="web"].image`.
    pub path: &'a str,
    /// What stands there; none where nothing does.
    pub live: Option<&'a Value>,
}

/// Visits every leaf that `fields` names, with its value in `live`.
///
/// Items and members of lists come in live order, those that are gone after them; an item that is
/// there twice is visited twice. An item whose key field is absent in `live` does not match.
///
/// ```
/// use nopea_core::fields::walk;
/// let fields = serde_json::json!({"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}});
/// let live = serde_json::json!({"ports": [{"port": 80, "name": "http"}]});
/// let mut paths = Vec::new();
/// walk(&fields, &live, &mut |leaf| paths.push(leaf.path.to_owned()));
/// assert_eq!(paths, [".ports[port=80].port"]);
/// ```
pub fn walk(fields: &Value, live: &Value, visit: &mut dyn FnMut(Leaf<'_>)) {
    Walk { path: String::new(), visit }.node(fields, Some(live), 0);
}

struct Walk<'v> {
    path: String,
    visit: &'v mut dyn FnMut(Leaf<'_>),
}

impl Walk<'_> {
    fn node(&mut self, fields: &Value, live: Option<&Value>, depth: usize) {
        for (name, below) in children(fields) {
            if let Some(field) = name.strip_prefix("f:") {
                let value = live.and_then(|live| live.get(field));
                self.child(format_args!(".{field}"), below, value, depth);
            }
        }
        self.items(fields, live, depth);
        self.members(fields, live, depth);
    }

    fn items(&mut self, fields: &Value, live: Option<&Value>, depth: usize) {
        let keyed = Keyed::of(fields);
        if keyed.is_empty() {
            return;
        }
        let mut seen = vec![false; keyed.items().len()];
        for value in list(live) {
            let Some(at) = keyed.position(value) else { continue };
            let Some(item) = keyed.items().get(at) else { continue };
            seen.get_mut(at).into_iter().for_each(|seen| *seen = true);
            let key = key_text(item.key.iter().map(|(name, value)| (name.as_str(), value)));
            self.child(format_args!("{key}"), item.below, Some(value), depth);
        }
        for (item, _) in keyed.items().iter().zip(&seen).filter(|(_, seen)| !**seen) {
            let key = key_text(item.key.iter().map(|(name, value)| (name.as_str(), value)));
            self.child(format_args!("{key}"), item.below, None, depth);
        }
    }

    fn members(&mut self, fields: &Value, live: Option<&Value>, depth: usize) {
        let mut named: Vec<(Option<usize>, Value, &Value)> = children(fields)
            .filter_map(|(name, below)| Some((name.strip_prefix("v:")?, below)))
            .filter_map(|(text, below)| Some((None, serde_json::from_str(text).ok()?, below)))
            .collect();
        if named.is_empty() {
            return;
        }
        let mut stands = BTreeMap::new();
        for (at, item) in list(live).iter().enumerate() {
            stands.entry(item.to_string()).or_insert(at);
        }
        for (at, value, _) in &mut named {
            *at = stands.get(&value.to_string()).copied();
        }
        named.sort_by_key(|(at, _, _)| at.unwrap_or(usize::MAX));
        for (at, value, below) in named {
            self.child(format_args!("[={value}]"), below, at.map(|_| &value), depth);
        }
    }

    fn child(
        &mut self,
        step: std::fmt::Arguments<'_>,
        below: &Value,
        live: Option<&Value>,
        depth: usize,
    ) {
        let length = self.path.len();
        let _infallible = self.path.write_fmt(step);
        if depth < MAX_DEPTH && has_children(below) {
            self.node(below, live, depth + 1);
        } else {
            (self.visit)(Leaf { path: &self.path, live });
        }
        self.path.truncate(length);
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
