//! Server-side apply over JSON values: who owns which field, and what a write makes of an object.
//!
//! A reimplementation of KEP-555 as kube-apiserver 1.37 has it: structured-merge-diff v6 (`fieldpath`,
//! `typed`, `merge`) and the managers that apimachinery's `managedfields` stacks on it. It is pure: no IO, no
//! clock (the time is in the [`Write`]), no store. It must not know admission, validation of values,
//! defaults of kinds, or resource versions: the API server's part calls, in this order,
//!
//! - create by POST: fill defaults, [`create`];
//! - PUT and merge or JSON patch: change the live object, fill defaults, [`update`], then [`settle`];
//! - apply: [`apply`], fill defaults, then [`settle`] (the defaults are nobody's).
//!
//! ```
//! use nopea_memory::merge::{OnConflict, Write, apply};
//! use nopea_memory::schema::builtin;
//! use serde_json::json;
//!
//! let schema = &builtin::find("v1", "ConfigMap").unwrap().schema;
//! let write = Write::new("nopea", "v1", schema, "2026-11-24T21:15:00Z".parse().unwrap());
//! let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}});
//! let object = apply(None, &body, &write, OnConflict::Refuse).unwrap();
//! assert_eq!(object["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {"f:k": {}}}));
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::schema::{DecodeError, Problem, Schema, StatusFields, problems_text};

mod applying;
mod cap;
mod compare;
mod conflict;
mod field_set;
mod fields_v1;
mod json_merge;
mod managers;
mod merging;
mod owned;
pub(crate) mod path;
mod reconcile;
mod remove;
#[cfg(test)]
mod tests;
mod updating;

pub use applying::apply;
pub use conflict::{Conflict, Conflicts};
pub use field_set::FieldSet;
pub use fields_v1::MalformedElement;
pub use json_merge::json_merge_patch;
pub use managers::{Manager, ManagersError, Operation, OwnedFields, managers, write_managers};
pub use owned::owned_by_body;
pub use path::{KeyValue, Path, PathElement, path_text};
pub use updating::{create, patch_managed_fields, settle, update};

/// Who writes what kind, and when.
#[derive(Clone, Debug)]
pub struct Write<'a> {
    /// The field manager; empty is `unknown`.
    pub manager: &'a str,
    /// The version of the request, as entries of `managedFields` write it: `apps/v1`.
    pub api_version: &'a str,
    /// The subresource written through: `status`, `scale`.
    pub subresource: Option<&'a str>,
    /// The schema of that version.
    pub schema: &'a Schema,
    /// When.
    pub now: Timestamp,
    /// What is done with entries of versions that are not served.
    pub versions: Versions<'a>,
}

impl<'a> Write<'a> {
    /// A write to the object itself, with every version served.
    pub fn new(manager: &'a str, api_version: &'a str, schema: &'a Schema, now: Timestamp) -> Self {
        Self { manager, api_version, subresource: None, schema, now, versions: Versions::Any }
    }

    /// The same write through a subresource.
    #[must_use]
    pub fn through(self, subresource: &'a str) -> Self {
        Self { subresource: Some(subresource), ..self }
    }

    /// What the request can neither set nor own: the fields that its resource's strategy resets.
    pub(crate) fn reset(&self) -> FieldSet {
        match (self.subresource, self.schema.status()) {
            (Some("status"), _) => field_set::named(&[
                &["spec"],
                &["metadata", "labels"],
                &["metadata", "annotations"],
                &["metadata", "finalizers"],
                &["metadata", "ownerReferences"],
            ]),
            (_, StatusFields::Subresource) => field_set::named(&[&["status"]]),
            (_, StatusFields::Ordinary) => FieldSet::new(),
        }
    }
}

/// What is done with entries of `managedFields` whose version the kind does not serve (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions<'a> {
    /// Every version is taken as served.
    Any,
    /// A built-in kind serves these: entries of others are dropped by the next write.
    Builtin(&'a [String]),
    /// A CRD lists these: an apply beside an entry of another is refused, other writes are not tracked.
    Custom(&'a [String]),
}

/// What an apply does about fields of others that it would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing is applied; every conflict is named.
    Refuse,
    /// The fields are taken from the others (`force=true`).
    Force,
}

/// Why an apply was refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum MergeError {
    /// Others own fields that the apply would change (409, reason Conflict).
    #[error("{0}")]
    Conflicts(Conflicts),
    /// The body is not what its schema says (500 `failed to create typed patch object (…): {self}`).
    #[error("{}", problems_text(problems))]
    Untyped {
        /// Every problem, sorted by path.
        problems: Vec<Problem>,
    },
    /// The live object cannot be merged (500 `failed to create typed live object (…): {self}`).
    #[error("{}", problems_text(problems))]
    UntypedLive {
        /// Every problem, sorted by path.
        problems: Vec<Problem>,
    },
    /// A value that its schema allows and the Go type does not (500 `failed to convert new object …`).
    #[error("{0}")]
    Undecodable(DecodeError),
    /// The body names `managedFields` (400).
    #[error("metadata.managedFields must be nil")]
    ManagedFieldsInBody,
    /// An entry's version is gone from the CRD (500).
    #[error("request to convert CR to an invalid group/version: {version}")]
    UnservedVersion {
        /// The version of the entry.
        version: String,
    },
    /// The live object's `managedFields` cannot be read (500).
    #[error("failed to decode managed fields")]
    Managers(#[source] ManagersError),
}

/// The entries of an object, by who made them.
pub(crate) type Owners = BTreeMap<Manager, OwnedFields>;

/// The parts of `metadata` and the type that no entry names (apimachinery `stripmeta.go`).
pub(crate) fn never_owned() -> FieldSet {
    field_set::named(&[
        &["apiVersion"],
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ])
}

/// Takes `managedFields` out of an object.
pub(crate) fn take_managed_fields(object: &mut Value) -> Option<Value> {
    object.get_mut("metadata")?.as_object_mut()?.remove("managedFields")
}
