//! The custom resource `GitRepository` (nopea.io/v1alpha1) and its conversion to the model of
//! `nopea-core`.
//!
//! ```text
//! YAML -> API server: schema, patterns, CEL -> GitRepository -> Spec, Declared
//! ```
//!
//! The API server refuses what a [`Spec`] cannot represent; the conversion refuses it once more,
//! because the server's CRD may be older than this program. This crate opens no connection yet and
//! never decides what happens to a repository.
//!
//! [`Spec`]: nopea_core::model::Spec

mod convert;
mod crd;
mod git_repository;
mod status;

#[cfg(test)]
mod admission;

pub use convert::{InvalidRepository, declared};
pub use crd::crd;
pub use git_repository::{GitRepository, GitRepositorySpec, IgnoreRule, IgnoreTarget};
pub use status::{Fault, GitRepositoryStatus, HistoryEntry, Objects, Origin};
