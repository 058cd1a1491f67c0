//! The schemas that server-side apply merges by: field names, list types with their keys, map types.
//!
//! A [`Schema`] is a flat table of types, as structured-merge-diff has it (KEP-555): a type may be a
//! scalar, a list or a map, and an untyped one all three. Three sources make one: the checked-in
//! [table of the built-in kinds](builtin), the `openAPIV3Schema` of a [custom](Schema::custom) kind, and
//! nothing at all ([`Schema::untyped`]: maps granular, lists atomic).
//! This module must not know ownership: `merge` walks values beside the schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

pub mod builtin;
mod custom;
mod decode;
mod quantity;
mod table;
#[cfg(test)]
mod tests;
mod validate;

pub use custom::fill_defaults;
pub use decode::{DecodeError, decode};
pub use validate::{Duplicates, Problem, problems_text, validate};

/// How one version of one kind is merged.
#[derive(Clone, Debug)]
pub struct Schema {
    types: Arc<[Type]>,
    root: TypeId,
    /// Whether the server decodes the kind into Go structs, which drops nulls and empty lists.
    pub(crate) typed: bool,
    /// Whether `status` is written by its subresource alone.
    pub(crate) status: StatusFields,
}

/// Who writes the `status` of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFields {
    /// Only the status subresource: the main resource ignores the field.
    Subresource,
    /// Everybody: it is a field as any other.
    Ordinary,
}

/// The place of a type in its schema's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(crate) u32);

/// One type: what shapes a value may have here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Type {
    pub(crate) scalar: Option<Scalar>,
    pub(crate) list: Option<List>,
    pub(crate) map: Option<Map>,
}

/// The scalars a merge tells apart, and the two that decoding does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Number,
    Boolean,
    /// Any scalar: int-or-string, times, everything untyped.
    Any,
    /// Base64 text.
    Bytes,
    /// A quantity, which the server writes in its canonical form.
    Quantity,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct List {
    pub(crate) element: TypeId,
    pub(crate) relation: Relation,
}

/// How the items of two lists belong together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relation {
    /// Not at all: the list is one value.
    Atomic,
    /// Equal scalars are one item.
    Set,
    /// Items with equal keys are one item.
    Keyed(Vec<Key>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) default: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map {
    pub(crate) fields: BTreeMap<String, TypeId>,
    /// The fields that the server writes even when they are empty: structs that are no pointers.
    pub(crate) always: Vec<String>,
    /// The type of what `fields` does not name; none: nothing else is allowed.
    pub(crate) element: Option<TypeId>,
    pub(crate) atomic: bool,
}

impl Map {
    /// The type of a field, declared or not.
    pub(crate) fn field(&self, name: &str) -> Option<TypeId> {
        self.fields.get(name).copied().or(self.element)
    }

    /// Whether this is a map of which nothing is declared.
    pub(crate) fn is_untyped(&self) -> bool {
        self.fields.is_empty() && self.element == Some(UNTYPED)
    }
}

/// The shape that a value has under a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape<'a> {
    Scalar(Scalar),
    List(&'a List),
    Map(&'a Map),
}

impl Type {
    /// The shape of `value`: its own where the type allows it, else the one the type prefers.
    pub(crate) fn shape(&self, value: Option<&Value>) -> Shape<'_> {
        let own = match value {
            Some(Value::Array(_)) => self.list.as_ref().map(Shape::List),
            Some(Value::Object(_)) => self.map.as_ref().map(Shape::Map),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                self.scalar.map(Shape::Scalar)
            }
            Some(Value::Null) | None => None,
        };
        own.or_else(|| self.map.as_ref().map(Shape::Map))
            .or_else(|| self.scalar.map(Shape::Scalar))
            .or_else(|| self.list.as_ref().map(Shape::List))
            .unwrap_or(Shape::Scalar(Scalar::Any))
    }
}

/// The type of everything undeclared, the first of every table.
pub(crate) const UNTYPED: TypeId = TypeId(0);

/// What [`UNTYPED`] says: any scalar, an atomic list, or a granular map of the same.
fn untyped() -> Type {
    Type {
        scalar: Some(Scalar::Any),
        list: Some(List { element: UNTYPED, relation: Relation::Atomic }),
        map: Some(Map { element: Some(UNTYPED), ..Map::default() }),
    }
}

static FALLBACK: Type = Type { scalar: Some(Scalar::Any), list: None, map: None };

impl Schema {
    /// Makes the schema of a kind of which nothing is known but that it is an object with metadata: maps
    /// granular, lists atomic.
    pub fn untyped(status: StatusFields) -> Self {
        Self::custom(
            &json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            status,
        )
    }

    /// Makes the schema of one version of a custom kind from its `openAPIV3Schema`.
    ///
    /// Read are `x-kubernetes-list-type`, `-list-map-keys`, `-map-type`, `-int-or-string`,
    /// `-preserve-unknown-fields`, `-embedded-resource`, `additionalProperties` and the defaults of list
    /// keys; `apiVersion`, `kind` and `metadata` need no declaration. What it does not understand merges
    /// as untyped, never as an error.
    pub fn custom(open_api_v3: &Value, status: StatusFields) -> Self {
        custom::build(open_api_v3, status)
    }

    pub(crate) fn root(&self) -> TypeId {
        self.root
    }

    pub(crate) fn type_of(&self, id: TypeId) -> &Type {
        usize::try_from(id.0).ok().and_then(|place| self.types.get(place)).unwrap_or(&FALLBACK)
    }

    /// Who writes the kind's `status`.
    pub fn status(&self) -> StatusFields {
        self.status
    }
}
