//! The custom resource `GitRepository` (nopea.io/v1alpha1) and its conversion to the model of
//! `nopea-core`.
//!
//! ```text
//! YAML -> API server: schema, patterns, CEL -> GitRepository -> Spec, Declared
//! ```
//!
//! The API server refuses what a [`Spec`] cannot represent; the conversion refuses it once more,
//! because the server's CRD may be older than this program.
//!
//! [`Kubernetes`] is the cluster behind the ports. It carries out and reports; it never decides what
//! happens to a repository.
//!
//! [`Spec`]: nopea_core::model::Spec

mod applier;
mod convert;
mod convert_status;
mod crd;
mod discovery;
mod git_repository;
mod kubernetes;
mod list;
mod parent;
mod recorder;
mod refusal;
mod status;
mod status_sink;
mod transport;
mod view;
mod watch;

#[cfg(test)]
mod admission;

pub use convert::{InvalidRepository, declared};
pub use convert_status::{restored, shown};
pub use crd::crd;
pub use git_repository::{GitRepository, GitRepositorySpec, IgnoreRule, IgnoreTarget};
pub use kubernetes::{
    Builder, Context, Kubernetes, NoContext, ParentObject, Unusable, client, context,
};
pub use parent::FINALIZER;
pub use recorder::Recorder;
pub use status::{Fault, GitRepositoryStatus, HistoryEntry, Objects, Origin};
