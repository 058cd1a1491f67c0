//! What a render yields: desired objects with the place they were written at.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::{Hash, Inputs, ObjectKey, Text};
use crate::fault::Fault;

/// A place in a source tree, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file, from the root of the tree.
    pub file: Text,
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// `apps/web.yaml:12:3`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One desired object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Whose manifest it is. Until `prepare` has run the namespace is as written.
    pub key: ObjectKey,
    /// Group and version as written, such as `apps/v1`.
    pub api_version: Text,
    /// The whole object.
    pub body: Arc<Value>,
    /// Where it is written.
    pub origin: Origin,
}

/// The complete outcome of a render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The desired objects, in the order of files and documents.
    pub manifests: Vec<Manifest>,
    /// What was looked at.
    pub inputs: Arc<Inputs>,
    /// The digest of the inputs and of what else decides the outcome.
    pub fingerprint: Hash,
    /// What a person should know although it hinders nothing.
    pub warnings: Vec<Fault>,
}
