//! The union of a live object and an applied body (structured-merge-diff `typed/merge.go`).
//!
//! The applied value wins; what the body does not name stays. Items of keyed lists and sets keep the
//! live order, but those that the body names stand in the body's order among themselves.
//! It must not know owners: what is no longer applied is taken out later (`remove`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::path::{Path, PathElement, item_element, path_text};
use crate::schema::{List, Map, Problem, Relation, Schema, Shape, TypeId};

/// Merges an applied body into a live object.
///
/// # Errors
/// When a list holds items that cannot be told apart or have no key.
pub(crate) fn merge(schema: &Schema, live: &Value, applied: &Value) -> Result<Value, Vec<Problem>> {
    let mut walk = Walk { schema, path: Vec::new(), problems: Vec::new() };
    let merged = walk.value(schema.root(), Some(live), Some(applied));
    if walk.problems.is_empty() { Ok(merged.unwrap_or(Value::Null)) } else { Err(walk.problems) }
}

struct Walk<'a> {
    schema: &'a Schema,
    path: Path,
    problems: Vec<Problem>,
}

/// The items of a list by their names, in order; an item that is there more than once is null.
struct Items<'v> {
    order: Vec<PathElement>,
    by_element: BTreeMap<PathElement, &'v Value>,
}

impl<'a> Walk<'a> {
    fn value(
        &mut self,
        id: TypeId,
        live: Option<&Value>,
        applied: Option<&Value>,
    ) -> Option<Value> {
        let one = self.schema.type_of(id);
        let shape = if applied.is_none() { one.shape(live) } else { one.shape(applied) };
        match shape {
            Shape::Scalar(_) => applied.or(live).cloned(),
            Shape::List(list) => {
                let old = live.and_then(Value::as_array).filter(|items| !items.is_empty());
                let new = applied.and_then(Value::as_array).filter(|items| !items.is_empty());
                if list.relation == Relation::Atomic || (old.is_none() && new.is_none()) {
                    return applied.or(live).cloned();
                }
                let none = Vec::new();
                self.items(list, old.unwrap_or(&none), new.unwrap_or(&none))
            }
            Shape::Map(map) => {
                let old = live.and_then(Value::as_object).filter(|fields| !fields.is_empty());
                let new = applied.and_then(Value::as_object).filter(|fields| !fields.is_empty());
                if map.atomic || (old.is_none() && new.is_none()) {
                    return applied.or(live).cloned();
                }
                let none = serde_json::Map::new();
                self.fields(map, old.unwrap_or(&none), new.unwrap_or(&none))
            }
        }
    }

    fn fields(
        &mut self,
        map: &'a Map,
        old: &serde_json::Map<String, Value>,
        new: &serde_json::Map<String, Value>,
    ) -> Option<Value> {
        let mut merged = serde_json::Map::new();
        let added = new.keys().filter(|name| !old.contains_key(*name));
        for name in old.keys().chain(added) {
            let (live, applied) = (old.get(name), new.get(name));
            let value = match map.field(name) {
                None => applied.or(live).cloned(),
                Some(id) => {
                    self.path.push(PathElement::Field(name.clone()));
                    let value = self.value(id, live, applied);
                    self.path.pop();
                    value
                }
            };
            if let Some(value) = value {
                merged.insert(name.clone(), value);
            }
        }
        (!merged.is_empty()).then_some(Value::Object(merged))
    }

    fn items(&mut self, list: &'a List, old: &[Value], new: &[Value]) -> Option<Value> {
        let found = self.problems.len();
        let applied = self.named(list, new);
        let live = self.named(list, old);
        if self.problems.len() > found {
            return None;
        }
        let mut merged = Vec::new();
        for place in order(&live, &applied) {
            let (element, before, after) = match place {
                // A live item that is not applied stays, even where several have one key.
                Place::Live(index) => (live.order.get(index), old.get(index), None),
                Place::Applied(index) => {
                    let element = applied.order.get(index);
                    let before = element.and_then(|element| live.get(element));
                    (element, before, element.and_then(|element| applied.get(element)))
                }
            };
            self.path.extend(element.cloned());
            merged.extend(self.value(list.element, before, after));
            self.path.pop();
        }
        (!merged.is_empty()).then_some(Value::Array(merged))
    }

    fn named<'v>(&mut self, list: &List, items: &'v [Value]) -> Items<'v> {
        let mut named = Items { order: Vec::new(), by_element: BTreeMap::new() };
        for (index, item) in items.iter().enumerate() {
            match item_element(list, item) {
                Ok(element) => {
                    let entry = named.by_element.entry(element.clone());
                    // Items of one key are not merged with anything.
                    entry.and_modify(|one| *one = &NULL).or_insert(item);
                    named.order.push(element);
                }
                Err(message) => {
                    let message = format!("element {index}: {message}");
                    self.problems.push(Problem { path: path_text(&self.path), message });
                }
            }
        }
        named
    }
}

static NULL: Value = Value::Null;

impl<'v> Items<'v> {
    fn get(&self, element: &PathElement) -> Option<&'v Value> {
        self.by_element.get(element).copied()
    }

    fn has(&self, element: &PathElement) -> bool {
        self.by_element.contains_key(element)
    }
}

/// Which item comes next in a merged list.
enum Place {
    /// The live item of this index, which nobody applied.
    Live(usize),
    /// The applied item of this index, with the live one of its name if there is one.
    Applied(usize),
}

/// The order of a merged list: live items stay where they are, applied items stand in the applied order.
fn order(live: &Items<'_>, applied: &Items<'_>) -> Vec<Place> {
    let mut places = Vec::with_capacity(live.order.len().max(applied.order.len()));
    let mut merged: BTreeSet<&PathElement> = BTreeSet::new();
    let mut shared = applied.order.iter().filter(|element| live.has(element)).peekable();
    let (mut left, mut right) = (0, 0);
    loop {
        let (old, new) = (live.order.get(left), applied.order.get(right));
        if old.is_none() && new.is_none() {
            return places;
        }
        if let (Some(old), Some(new)) = (old, new) {
            if old == new {
                merged.insert(new);
                places.push(Place::Applied(right));
                left += 1;
                right += 1;
                shared.next();
                continue;
            }
            if applied.has(old) && shared.peek().is_some_and(|next| *next != old) {
                // Both have it, but another of the shared ones comes first.
                left += 1;
                continue;
            }
        }
        if let Some(old) = old {
            if !applied.has(old) {
                places.push(Place::Live(left));
                left += 1;
                continue;
            }
            if merged.contains(old) {
                left += 1;
            }
        }
        if let Some(new) = new {
            merged.insert(new);
            places.push(Place::Applied(right));
            right += 1;
            shared.next_if(|next| *next == new);
        }
    }
}
