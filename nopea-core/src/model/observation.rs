//! What one look at a live object tells. Made by `crate::observe` from the object alone, so that
//! an adapter can drop the object; who it belongs to is judged by the machine, which knows its uid.

use std::sync::Arc;

use serde_json::Value;

use super::{Hash, Health, ObjectKey, ResourceVersion, Text, Uid};

/// One sighting of a live object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Whose sighting it is.
    pub key: ObjectKey,
    /// Group and version in which it was seen.
    pub api_version: Text,
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.resourceVersion`.
    pub version: ResourceVersion,
    /// What the sighting says about its existence.
    pub change: Change,
    /// Labels and annotations that tell whose it is.
    pub marks: Marks,
    /// What our own managedFields entry names; none where there is no such entry.
    pub baseline: Option<Baseline>,
    /// How it does.
    pub health: Health,
    /// Whether `nopea.io/suspend-heal` stands on it.
    pub break_glass: bool,
    /// Whether an `Update` entry of another manager names fields of ours too (R12).
    pub overlap: bool,
    /// The other field managers, who wrote last first; who only reports a status is left out.
    pub others: Arc<[Text]>,
    /// The object itself, where the request asked for it or the event may need an explanation.
    pub object: Option<Arc<Value>>,
}

/// What a sighting says about the existence of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there.
    Present,
    /// It is there and has a deletionTimestamp (R3).
    Terminating,
    /// A selected watch said DELETED without a deletionTimestamp: gone, or its label was removed (R2).
    LeftView,
    /// It is gone: DELETED with a deletionTimestamp.
    Gone,
}

/// The labels and annotations that tell whose an object is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Label `applyset.kubernetes.io/part-of`.
    pub part_of: Option<Text>,
    /// Label `nopea.io/repository`.
    pub repository: Option<Text>,
    /// Label `nopea.io/namespace`.
    pub namespace: Option<Text>,
    /// Annotation `nopea.io/object`.
    pub object: Option<Text>,
    /// Another tool that claims it, in words: `Flux Kustomization flux-system/apps`.
    pub tool: Option<Text>,
}

/// What our managedFields entry and the fields it names looked like (design: drift without requests).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Digest of fieldsV1, without its time.
    pub entry: Hash,
    /// Digest of the scalar leaves that it names, in live order.
    pub scalars: Hash,
    /// Digest of path and of value for each leaf that is a map or a list.
    pub containers: Arc<[(u64, u64)]>,
}
