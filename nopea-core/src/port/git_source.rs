//! Where desired state comes from: commits and their trees.

use std::sync::Arc;

use async_trait::async_trait;

use super::BoxError;
use crate::{
    fault::{Code, Fault},
    model::{Commit, ObjectId, Reference, SourceUrl, Text, Timestamp},
};

/// A reference of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The repository.
    pub url: SourceUrl,
    /// Which of its commits.
    pub reference: Reference,
}

/// Asks which commit a location names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// The location.
    pub location: Location,
    /// An answer that the remote gave before this moment is too old.
    pub not_before: Timestamp,
}

/// The commit that a location names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The commit.
    pub commit: Commit,
}

/// Asks for the tree of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where the commit was found: its reference says what may be fetched.
    pub location: Location,
    /// The commit.
    pub commit: Commit,
}

/// Reads desired state from Git.
///
/// # Contract
///
/// Calls may be cancelled at any await and are safe to repeat. Concurrent calls for one repository
/// are answered by one look-up where that is new enough.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait GitSource: Send + Sync {
    /// Resolves the location to the commit that it names now.
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError>;

    /// Makes the tree of a commit readable, fetching what is not there yet.
    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError>;
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id: equal ids are equal contents.
    pub id: ObjectId,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Tree,
    /// A file.
    Blob,
    /// A symbolic link; reading it gives its target.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

/// The files of one commit, read lazily and never checked out.
///
/// Synchronous: whoever calls it is on a thread that may block.
///
/// # Contract
///
/// Nothing outside the tree can be reached through it. Paths are relative, `/`-separated, without
/// `.` and `..`; symbolic links are not followed; the empty path is the root.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait SourceTree: Send + Sync {
    /// Says what stands at `path`; none where nothing does.
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError>;

    /// Lists the names in a folder, in byte order; empty where it is none.
    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError>;

    /// Reads a blob or the target of a symbolic link; refuses more than `limit` bytes.
    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError>;
}

impl std::fmt::Debug for dyn SourceTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SourceTree")
    }
}

/// Why a tree could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// A blob is larger than asked for.
    #[error("{id} has {size} bytes, more than {limit}")]
    TooLarge {
        /// Which blob.
        id: ObjectId,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The object store is damaged, or lost the object.
    #[error("could not read {what}")]
    Damaged {
        /// What was asked for: a path or an id.
        what: String,
        /// What the adapter saw.
        source: BoxError,
    },
}

/// Why a source gave nothing.
///
/// The texts hold no credentials: urls are printed by [`SourceUrl`]'s `Display`.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What kind of failure; one of the `G` codes.
    pub code: Code,
    /// What and why, as a fragment.
    pub message: String,
    /// A better way out than the catalogue's, where there is one.
    pub help: Option<String>,
    /// What the adapter saw.
    #[source]
    pub source: Option<BoxError>,
}

impl SourceError {
    /// Makes an error without a source.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, source: None }
    }

    /// Adds what the adapter saw.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds a better way out than the catalogue's.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The fault that a user reads: the message with the chain of causes.
    pub fn fault(&self) -> Fault {
        let mut message = self.message.clone();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        let fault = Fault::new(self.code, message);
        match &self.help {
            Some(help) => fault.help(help.as_str()),
            None => fault,
        }
    }
}
