//! The `k:` children of a fieldsV1 node: items of a list, named by the values of their keys.
//!
//! Knows no schema: which fields are keys is read from the children themselves.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value};

/// The named items below one node.
#[derive(Debug, Default)]
pub(crate) struct Keyed<'a> {
    items: Vec<Item<'a>>,
    by_key: BTreeMap<String, usize>,
    /// The sets of key names that occur: one, in whatever a server wrote.
    shapes: Vec<Vec<String>>,
}

/// One named item.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) key: Map<String, Value>,
    pub(crate) below: &'a Value,
}

impl<'a> Keyed<'a> {
    pub(crate) fn of(node: &'a Value) -> Self {
        let mut keyed = Self::default();
        for (name, below) in super::children(node) {
            let Some(text) = name.strip_prefix("k:") else { continue };
            let Ok(key) = serde_json::from_str::<Map<String, Value>>(text) else { continue };
            let mut names: Vec<String> = key.keys().cloned().collect();
            names.sort_unstable();
            if let Some(canonical) = canonical(&names, &key) {
                keyed.by_key.insert(canonical, keyed.items.len());
            }
            if !keyed.shapes.contains(&names) {
                keyed.shapes.push(names);
            }
            keyed.items.push(Item { key, below });
        }
        keyed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn items(&self) -> &[Item<'a>] {
        &self.items
    }

    /// Which named item a live item is: all keys must be there and equal.
    pub(crate) fn position(&self, item: &Value) -> Option<usize> {
        let map = item.as_object()?;
        let find = |names: &Vec<String>| self.by_key.get(&canonical(names, map)?).copied();
        self.shapes.iter().find_map(find)
    }
}

fn canonical(names: &[String], map: &Map<String, Value>) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let mut text = String::new();
    for name in names {
        let _infallible = write!(text, "{},", map.get(name)?);
    }
    Some(text)
}

/// `[containerPort=80,protocol="TCP"]`, as the server's own messages name an item.
pub(crate) fn key_text<'a>(key: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
    let mut text = String::from("[");
    for (at, (name, value)) in key.into_iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _infallible = write!(text, "{comma}{name}={value}");
    }
    text.push(']');
    text
}
