//! What differs between two objects (structured-merge-diff `typed/compare.go`).
//! It must not know owners.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field_set::FieldSet;
use super::path::{Path, PathElement, item_element, same};
use crate::schema::{List, Map, Relation, Schema, Shape, TypeId};

/// The paths that a change removes, changes and adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) removed: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) added: FieldSet,
}

impl Comparison {
    /// The comparison without what the request's resource resets.
    pub(crate) fn without(&self, reset: &FieldSet) -> Self {
        Self {
            removed: self.removed.recursive_difference(reset),
            modified: self.modified.recursive_difference(reset),
            added: self.added.recursive_difference(reset),
        }
    }
}

/// Compares two objects of one schema.
pub(crate) fn compare(schema: &Schema, old: &Value, new: &Value) -> Comparison {
    let mut walk = Walk { schema, path: Vec::new(), result: Comparison::default() };
    walk.value(schema.root(), Some(old), Some(new));
    walk.result
}

/// Whether a value was compared as one, or by what it holds.
#[derive(PartialEq)]
enum Compared {
    Whole,
    Within,
}

struct Walk<'a> {
    schema: &'a Schema,
    path: Path,
    result: Comparison,
}

impl<'a> Walk<'a> {
    fn value(&mut self, id: TypeId, old: Option<&Value>, new: Option<&Value>) {
        let one = self.schema.type_of(id);
        let (before, after) = (one.shape(old), one.shape(new));
        let compared = if new.is_none() {
            self.shaped(before, old, new)
        } else if old.is_none() || before == after {
            self.shaped(after, old, new)
        } else {
            // An untyped field that changed its shape: both are looked at.
            self.shaped(before, old, new);
            self.shaped(after, old, new)
        };
        if compared == Compared::Within {
            match (old, new) {
                (None, _) => self.result.added.insert(&self.path),
                (_, None) => self.result.removed.insert(&self.path),
                (Some(_), Some(_)) => {}
            }
        }
    }

    fn shaped(&mut self, shape: Shape<'a>, old: Option<&Value>, new: Option<&Value>) -> Compared {
        match shape {
            Shape::Scalar(_) => self.whole(old, new),
            Shape::List(list) => {
                let before = old.and_then(Value::as_array).filter(|items| !items.is_empty());
                let after = new.and_then(Value::as_array).filter(|items| !items.is_empty());
                if list.relation == Relation::Atomic || (before.is_none() && after.is_none()) {
                    return self.whole(old, new);
                }
                let none = Vec::new();
                self.items(list, before.unwrap_or(&none), after.unwrap_or(&none));
                Compared::Within
            }
            Shape::Map(map) => {
                let before = old.and_then(Value::as_object).filter(|fields| !fields.is_empty());
                let after = new.and_then(Value::as_object).filter(|fields| !fields.is_empty());
                if map.atomic || (before.is_none() && after.is_none()) {
                    return self.whole(old, new);
                }
                let none = serde_json::Map::new();
                self.fields(map, before.unwrap_or(&none), after.unwrap_or(&none));
                Compared::Within
            }
        }
    }

    fn whole(&mut self, old: Option<&Value>, new: Option<&Value>) -> Compared {
        match (old, new) {
            (None, _) => self.result.added.insert(&self.path),
            (_, None) => self.result.removed.insert(&self.path),
            (Some(old), Some(new)) if !same(old, new) => self.result.modified.insert(&self.path),
            (Some(_), Some(_)) => {}
        }
        Compared::Whole
    }

    fn fields(
        &mut self,
        map: &'a Map,
        before: &serde_json::Map<String, Value>,
        after: &serde_json::Map<String, Value>,
    ) {
        let added = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(added) {
            let Some(id) = map.field(name) else { continue };
            self.path.push(PathElement::Field(name.clone()));
            self.value(id, before.get(name), after.get(name));
            self.path.pop();
        }
    }

    fn items(&mut self, list: &'a List, before: &[Value], after: &[Value]) {
        let mut pairs: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for item in before {
            if let Ok(element) = item_element(list, item) {
                pairs.entry(element).or_default().0.push(item);
            }
        }
        for item in after {
            if let Ok(element) = item_element(list, item) {
                pairs.entry(element).or_default().1.push(item);
            }
        }
        for (element, (old, new)) in pairs {
            self.path.push(element);
            self.item(list.element, &old, &new);
            self.path.pop();
        }
    }

    /// One key of a list; items that are there more than once count as one value.
    fn item(&mut self, id: TypeId, old: &[&Value], new: &[&Value]) {
        match (old.len(), new.len()) {
            (0..=1, 0..=1) => self.value(id, old.first().copied(), new.first().copied()),
            (0..=1, _) => {
                if let Some(old) = old.first() {
                    self.value(id, Some(old), None);
                }
                self.result.added.insert(&self.path);
            }
            (_, 0..=1) => {
                if let Some(new) = new.first() {
                    self.value(id, None, Some(new));
                }
                self.result.removed.insert(&self.path);
            }
            (_, _) => {
                let equal =
                    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new));
                if !equal {
                    self.result.modified.insert(&self.path);
                }
            }
        }
    }
}
