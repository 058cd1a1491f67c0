//! Fits field sets to a schema: the named parents of owned fields, and sets from before a type became
//! atomic (structured-merge-diff `EnsureNamedFieldsAreMembers` and `typed/reconcile_schema.go`).
//! It must not know objects.

use std::collections::BTreeMap;

use super::field_set::{FieldSet, Node};
use super::path::{Path, PathElement};
use crate::schema::{Map, Relation, Schema, Shape, TypeId};

/// The set with every declared field that has members below it as a member too.
pub(crate) fn with_named_parents(schema: &Schema, set: &FieldSet) -> FieldSet {
    parents(schema, Some(schema.root()), set)
}

fn parents(schema: &Schema, id: Option<TypeId>, set: &FieldSet) -> FieldSet {
    let one = id.map(|id| schema.type_of(id));
    let mut nodes = BTreeMap::new();
    for (element, node) in &set.nodes {
        let map = one.and_then(|one| one.map.as_ref());
        let (declared, below) = match element {
            PathElement::Field(name) => (
                map.is_some_and(|map| map.fields.contains_key(name)),
                map.and_then(|map| map.field(name)),
            ),
            PathElement::Key(_) => {
                (false, one.and_then(|one| one.list.as_ref()).map(|list| list.element))
            }
            PathElement::Value(_) | PathElement::Index(_) => (false, None),
        };
        let member = node.member || (declared && !node.below.is_empty());
        nodes.insert(element.clone(), Node { member, below: parents(schema, below, &node.below) });
    }
    FieldSet { nodes }
}

/// The set as its owner has it once lists and maps that became atomic are owned as one.
pub(crate) fn fitted(schema: &Schema, set: &FieldSet) -> FieldSet {
    let mut walk = Walk { schema, path: Vec::new(), atomic: FieldSet::new() };
    walk.below(schema.root(), Some(set), Owned::Within);
    if walk.atomic.is_empty() {
        return set.clone();
    }
    set.recursive_difference(&walk.atomic).union(&walk.atomic)
}

/// Whether a set names a value as one.
#[derive(Clone, Copy, PartialEq)]
enum Owned {
    Whole,
    Within,
}

struct Walk<'a> {
    schema: &'a Schema,
    path: Path,
    atomic: FieldSet,
}

impl Walk<'_> {
    fn below(&mut self, id: TypeId, set: Option<&FieldSet>, owned: Owned) {
        match self.schema.type_of(id).shape(None) {
            Shape::Scalar(_) => {}
            Shape::Map(map) if map.is_untyped() => {}
            Shape::Map(map) if owned == Owned::Within && map.atomic => {
                if set.is_some() {
                    self.atomic.insert(&self.path);
                }
            }
            Shape::Map(map) => self.children(set, |element| field(map, element)),
            Shape::List(list) if owned == Owned::Within && list.relation == Relation::Atomic => {
                self.atomic.insert(&self.path);
            }
            Shape::List(list) => self.children(set, |_| Some(list.element)),
        }
    }

    fn children(&mut self, set: Option<&FieldSet>, id: impl Fn(&PathElement) -> Option<TypeId>) {
        for (element, node) in set.into_iter().flat_map(|set| &set.nodes) {
            let Some(id) = id(element) else { continue };
            let below = (!node.below.is_empty()).then_some(&node.below);
            let whole = node.member && below.is_none();
            self.path.push(element.clone());
            self.below(id, below, if whole { Owned::Whole } else { Owned::Within });
            self.path.pop();
        }
    }
}

fn field(map: &Map, element: &PathElement) -> Option<TypeId> {
    match element {
        PathElement::Field(name) => map.field(name),
        PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => map.element,
    }
}
