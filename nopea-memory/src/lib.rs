//! The ports of nopea-core on an in-memory cluster that answers as kube-apiserver does.
//!
//! ```text
//! MemoryCluster ── ports ──> server ──> merge, schema (who owns what)
//!      │                       ├─> defaults, validate
//!      └─ users, faults        └─> store ─> watches, controllers
//! ```
//!
//! # Invariants
//!
//! - It is the fake of every test and the embedded default of the command line: what it answers is what
//!   a real API server was seen to answer, or it is not served.
//! - No lock is held across an await; a panic elsewhere never makes the cluster unusable.
//! - It knows core's ports and nothing of engines, renderers or real clusters.

mod answer;
mod cluster;
mod controller;
mod defaults;
mod inject;
mod json;
mod kinds;
pub mod merge;
mod parents;
mod port;
pub mod schema;
mod server;
mod settings;
mod store;
mod user;
mod validate;
mod watch;

#[cfg(test)]
mod tests;

pub use cluster::{Builder, MemoryCluster};
pub use inject::{Injected, Injector, Request, Requests, Verb};
pub use parents::ParentRecord;
pub use server::Propagation;
pub use settings::{EventOrder, Pace, SchemaProblems, Strictness, Workloads};
