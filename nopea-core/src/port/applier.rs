//! Writes of one object each.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::Refusal;
use crate::model::{Manifest, ObjectKey, Observation, ResourceVersion, Text, Uid};

/// Our name as a field manager.
pub const FIELD_MANAGER: &str = "nopea";

/// Whether a write is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A dry run.
    Try,
    /// A write.
    Real,
}

/// What must hold of the live object for a write to happen: never a bare forced apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It must not exist: 409 where it does (a stale resourceVersion in the body, experiments R25).
    Absent,
    /// It must be this one, and, where a version is given, at this version.
    Live {
        /// Its uid.
        uid: Uid,
        /// Its version.
        version: Option<ResourceVersion>,
    },
}

/// Asks for a server-side apply, forced, strict, as [`FIELD_MANAGER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    /// What to apply; the adapter adds the guard to its metadata.
    pub manifest: Manifest,
    /// What must hold.
    pub guard: Guard,
    /// Whether it is meant.
    pub mode: Mode,
}

/// What came of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether the server answered 201.
    pub created: bool,
    /// The object of the answer, with `object` set.
    pub now: Box<Observation>,
}

/// Asks to give fields back: one JSON patch of managedFields, locked by the version (R12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Which object.
    pub key: ObjectKey,
    /// The version it is reached by.
    pub api_version: Text,
    /// Its version.
    pub version: ResourceVersion,
    /// The new managedFields.
    pub managed_fields: Arc<Value>,
}

/// Asks to delete, with preconditions and `propagationPolicy: Background` (R20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// Which object.
    pub key: ObjectKey,
    /// The version it is reached by.
    pub api_version: Text,
    /// It must have this uid.
    pub uid: Uid,
    /// And this version, where one is given.
    pub version: Option<ResourceVersion>,
    /// Whether it is meant.
    pub mode: Mode,
}

/// Asks for a `POST` dry run: the check of a replacement and the complete list of unknown fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryCreate {
    /// What would be created.
    pub manifest: Manifest,
}

/// Writes single objects.
///
/// # Contract
///
/// One request of the cluster each, no retry inside. Cancelling a call may leave the write done.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Applier: Send + Sync {
    /// Applies, or tries to.
    async fn apply(&self, request: &Apply) -> Result<Applied, Refusal>;

    /// Rewrites managedFields.
    async fn release(&self, request: &Release) -> Result<Box<Observation>, Refusal>;

    /// Deletes; an object that is gone already is a 404 refusal.
    async fn delete(&self, request: &Delete) -> Result<(), Refusal>;

    /// Tries a creation; answers 409 AlreadyExists where the name is taken and the object is valid.
    async fn try_create(&self, request: &TryCreate) -> Result<(), Refusal>;
}
