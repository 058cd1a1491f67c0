//! What a render read, so that a later commit can be told to render alike without rendering.

use std::fmt;

use super::{Hash, Text, hash::Hasher};

/// The id of a blob or tree in its source: a Git object id, or a digest of the content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub Text);

impl ObjectId {
    /// Makes an id of its text.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One path that a render looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// The path from the root of the tree; empty for the root.
    pub path: Text,
    /// What stood there; none where nothing did.
    pub id: Option<ObjectId>,
}

/// Everything that a render looked at, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs(pub Vec<Input>);

impl Inputs {
    /// The fingerprint of a render: equal fingerprints render to equal manifests.
    ///
    /// `settings` are the fields of the spec that the renderer looks at and its own version.
    pub fn fingerprint<T: AsRef<str>>(&self, settings: impl IntoIterator<Item = T>) -> Hash {
        let mut hasher = Hasher::default();
        for setting in settings {
            hasher.part(setting.as_ref().as_bytes());
        }
        for input in &self.0 {
            hasher.part(input.path.as_bytes());
            hasher.part(input.id.as_ref().map_or("", |id| &id.0).as_bytes());
        }
        hasher.finish()
    }
}
