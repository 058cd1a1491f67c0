//! What can go wrong with a source, precisely, and how the port says it. Does nothing itself.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use nopea_core::{
    fault::{Code, Retry},
    model::{Commit, SourceUrl},
    port::SourceError,
};

/// Any error below one of ours.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why a commit could not be named, or its tree not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// No connection, or one that broke.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// Where.
        url: SourceUrl,
        /// Why not.
        source: Cause,
    },
    /// The server says it cannot now.
    #[error("{url} answers HTTP {status}")]
    ServerFailed {
        /// Where.
        url: SourceUrl,
        /// 429 or 5xx.
        status: u16,
    },
    /// The time limit passed.
    #[error("{url} gave no full answer within {limit:?}")]
    TimedOut {
        /// Where.
        url: SourceUrl,
        /// The limit.
        limit: Duration,
    },
    /// Something answers, but not Git.
    #[error("{url} is no Git repository: {what}")]
    NotARepository {
        /// Where.
        url: SourceUrl,
        /// What came instead.
        what: String,
    },
    /// HTTP 401 or 403.
    #[error("{url} wants credentials (HTTP {status})")]
    AuthenticationRequired {
        /// Where.
        url: SourceUrl,
        /// 401 or 403.
        status: u16,
    },
    /// No such branch, tag or reference.
    #[error("{url} has no {wanted}{}", suggest(.nearest))]
    UnknownReference {
        /// Where.
        url: SourceUrl,
        /// As [`nopea_core::model::Reference`] prints it.
        wanted: String,
        /// The names that come nearest.
        nearest: Vec<String>,
    },
    /// A branch, tag or reference was named by what looks like the first digits of a commit.
    #[error("{url} has no {wanted}, and a commit needs all of its digits")]
    ShortCommit {
        /// Where.
        url: SourceUrl,
        /// As [`nopea_core::model::Reference`] prints it.
        wanted: String,
    },
    /// The source does not have the commit, or does not give it out.
    #[error("{url} has no commit {commit}, or does not give it out")]
    UnknownCommit {
        /// Where.
        url: SourceUrl,
        /// Which.
        commit: Commit,
    },
    /// The text is no range of semantic versions.
    #[error("{range:?} is no range of semantic versions")]
    InvalidRange {
        /// What was given.
        range: String,
        /// What is wrong with it.
        source: semver::Error,
    },
    /// No tag lies in the range.
    #[error("{url} has no tag in the range {range:?}{}", candidates(.nearest))]
    NoMatchingVersion {
        /// Where.
        url: SourceUrl,
        /// The range.
        range: String,
        /// The versions that come nearest.
        nearest: Vec<String>,
    },
    /// A repository without a commit.
    #[error("{url} is empty: it has no commit yet")]
    Empty {
        /// Where.
        url: SourceUrl,
    },
    /// The byte limit passed.
    #[error("{url} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Where.
        url: SourceUrl,
        /// The limit.
        limit: u64,
    },
    /// The caller went away.
    #[error("reading {url} was interrupted")]
    Interrupted {
        /// Where.
        url: SourceUrl,
    },
    /// A scheme that is not read.
    #[error("{url} is no url that can be read here")]
    UnsupportedUrl {
        /// Where.
        url: SourceUrl,
        /// The way out.
        help: &'static str,
    },
    /// No such folder on disk.
    #[error("there is no folder {}", path.display())]
    UnknownFolder {
        /// Which.
        path: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// The folder changed between the question which commit it is and its reading.
    #[error("{url} changed while it was read")]
    Changed {
        /// Where.
        url: SourceUrl,
    },
    /// An object that must be there cannot be read.
    #[error("object {id} of {url} cannot be read")]
    Damaged {
        /// Where.
        url: SourceUrl,
        /// Which object.
        id: String,
        /// Why.
        source: Cause,
    },
    /// The folder of the mirrors cannot be used.
    #[error("the mirror of {url} cannot be kept in {}", path.display())]
    Mirror {
        /// Of which source.
        url: SourceUrl,
        /// Where.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
}

impl GitError {
    /// The code under which users find it.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } | Self::ServerFailed { .. } => Code::Unreachable,
            Self::TimedOut { .. } => Code::SourceTimedOut,
            Self::NotARepository { .. } => Code::NotARepository,
            Self::AuthenticationRequired { .. } => Code::AuthenticationRequired,
            Self::UnknownReference { .. } => Code::UnknownReference,
            Self::ShortCommit { .. } => Code::ShortCommit,
            Self::UnknownCommit { .. } => Code::UnknownCommit,
            Self::InvalidRange { .. } | Self::NoMatchingVersion { .. } => Code::NoMatchingVersion,
            Self::Empty { .. } => Code::EmptyRepository,
            Self::TooLarge { .. } => Code::SourceTooLarge,
            Self::Interrupted { .. } | Self::Changed { .. } => Code::SourceInterrupted,
            Self::UnsupportedUrl { .. } => Code::UnsupportedUrl,
            Self::UnknownFolder { .. } => Code::UnknownFolder,
            Self::Damaged { .. } | Self::Mirror { .. } => Code::DamagedSource,
        }
    }

    /// When another try is worth it.
    pub fn retry(&self) -> Retry {
        self.code().retry()
    }

    /// A way out that fits better than the catalogue's.
    fn help(&self) -> Option<String> {
        match self {
            Self::InvalidRange { .. } => {
                Some("write it as ^1.2, ~1.2.3, 1.* or >=1.2, <2".to_owned())
            }
            Self::UnsupportedUrl { help, .. } => Some((*help).to_owned()),
            Self::UnknownFolder { path, .. } if is_host_like(path) => {
                Some(format!("if it is a url, write https://{}", path.display()))
            }
            Self::Changed { .. } => Some("wait until nothing writes to it".to_owned()),
            Self::Mirror { .. } => Some("check its permissions and free space".to_owned()),
            Self::UnknownReference { nearest, .. } if !nearest.is_empty() => {
                Some(format!("did you mean {}?", nearest.join(", ")))
            }
            Self::Unreachable { .. }
            | Self::ServerFailed { .. }
            | Self::TimedOut { .. }
            | Self::NotARepository { .. }
            | Self::AuthenticationRequired { .. }
            | Self::UnknownReference { .. }
            | Self::ShortCommit { .. }
            | Self::UnknownCommit { .. }
            | Self::NoMatchingVersion { .. }
            | Self::Empty { .. }
            | Self::TooLarge { .. }
            | Self::Interrupted { .. }
            | Self::UnknownFolder { .. }
            | Self::Damaged { .. } => None,
        }
    }
}

impl From<GitError> for SourceError {
    fn from(error: GitError) -> Self {
        let told = Self::new(error.code(), error.to_string());
        let told = match error.help() {
            Some(help) => told.help(help),
            None => told,
        };
        match cause(error) {
            Some(cause) => told.caused_by(cause),
            None => told,
        }
    }
}

/// What lies below an error, without the error itself: its text is the message already.
fn cause(error: GitError) -> Option<Cause> {
    match error {
        GitError::Unreachable { source, .. }
        | GitError::Damaged { source, .. }
        | GitError::Mirror { source, .. } => Some(source),
        GitError::UnknownFolder { source, .. } => Some(Box::new(source)),
        GitError::InvalidRange { source, .. } => Some(Box::new(source)),
        GitError::ServerFailed { .. }
        | GitError::TimedOut { .. }
        | GitError::NotARepository { .. }
        | GitError::AuthenticationRequired { .. }
        | GitError::UnknownReference { .. }
        | GitError::ShortCommit { .. }
        | GitError::UnknownCommit { .. }
        | GitError::NoMatchingVersion { .. }
        | GitError::Empty { .. }
        | GitError::TooLarge { .. }
        | GitError::Interrupted { .. }
        | GitError::UnsupportedUrl { .. }
        | GitError::Changed { .. } => None,
    }
}

/// `example.org/app`: a url without its scheme.
fn is_host_like(path: &Path) -> bool {
    let first = path.iter().next().and_then(|first| first.to_str()).unwrap_or_default();
    first.trim_matches('.').contains('.') && path.iter().count() > 1
}

fn suggest(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(", ")),
    }
}

fn candidates(nearest: &[String]) -> String {
    match nearest {
        [] => "; no tag is a semantic version".to_owned(),
        names => format!("; the nearest are {}", names.join(", ")),
    }
}
