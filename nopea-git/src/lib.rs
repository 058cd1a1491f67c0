//! [`nopea_core::port::GitSource`] on gix: commits of remotes and of local folders, never checked out.
//!
//! ```text
//! source (the port: who asks whom, how many at once)
//!  ├─ lookup ── wire ── http      which references a remote has, one question for all who ask
//!  ├─ mirror ── generation        bare mirrors on disk: fetched into by wire, rebuilt when damaged
//!  ├─ local ─── folder            repositories and plain folders of this machine, in place
//!  └─ tree                        the files of a commit, from an object database
//! ```
//!
//! # Invariants
//!
//! - Nothing of the host is read: no Git configuration, no environment, no credential helper; and no
//!   program is started.
//! - Every request ends by its time limit, its byte limit or its caller's going away. A thread that
//!   still works then is told to stop, and keeps its place in the host's limit until it has.
//! - The files of a mirror are never changed under a tree that somebody reads.
//! - No error prints the credentials of a url.

mod error;
mod folder;
mod generation;
mod http;
mod local;
mod lookup;
mod mirror;
mod options;
mod place;
mod refs;
mod source;
mod stop;
#[cfg(feature = "testing")]
pub mod testing;
mod tree;
mod wire;

pub use error::GitError;
pub use options::{Clock, Local, Options};
pub use source::{GixSource, InvalidOptions};
