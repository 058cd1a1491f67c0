//! The driver: one supervised tokio task per repository round the state machine of nopea-core.
//!
//! ```text
//! put, remove, sync_now, pushed ─┐              ┌─ requests (fair limits, cancellable) ─┐
//! follow streams ────────────────┼─ mailbox ─> worker: input -> step -> effects          │ answers
//! the one WakeAt ────────────────┘              └───────────────────────────────────────┘
//! supervisor: a panic cancels and awaits the requests, then the worker starts anew from Restore
//! ```
//!
//! # Invariants
//!
//! - It decides nothing: effects become port calls, answers become events. What is retried here
//!   (publishing, following) is transport, never a sync.
//! - Nothing one repository does can hold another up: its own task, a bounded mailbox, fair permits.
//! - No state outlives the process. What is shared is remembered only to save work, and each loss of
//!   it costs requests, never correctness: see [`Settings`] for the caches, which are the tables of
//!   commits, of manifests and of hashes.
//! - It knows the ports and no adapter.

mod backoff;
mod cache;
mod carry_out;
mod clock;
mod engine;
mod entry;
#[cfg(test)]
mod fixture;
mod flight;
mod follow;
mod gauge;
mod limit;
mod mailbox;
pub mod meter;
mod publish;
mod request;
mod shared;
mod source;
mod subscription;
mod supervisor;
mod want;
mod worker;

pub use clock::Clock;
pub use engine::{Engine, SyncError, UnknownRepository};
pub use gauge::Gauges;
pub use shared::{Ports, Settings};
pub use subscription::{Subscription, Update};
