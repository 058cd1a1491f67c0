//! The deciding half of NOPEA: model, ports and the pure reconciliation state machine.
//!
//! ```text
//! GitSource ─┐                                    ┌─ Applier
//! Renderer ──┤ events -> reconcile::step -> effects ├─ Parent, StatusSink
//! ClusterView┘                                    └─ EventSink
//! ```
//!
//! # Invariants
//!
//! - This crate does no IO, reads no clock, draws no random numbers and needs no async runtime: time
//!   and answers are inputs, requests are effects.
//! - Everything that decides lives here ([`reconcile`], [`prepare`], [`order`], [`verify`],
//!   [`baseline`], [`health`], [`classify`]); adapters and drivers carry out.
//! - It knows no adapter, no HTTP, no Git and no Kubernetes client.

pub mod backoff;
mod base64;
pub mod baseline;
pub mod classify;
pub mod condition;
pub mod difference;
pub mod fault;
pub mod fields;
pub mod guard;
pub mod handback;
pub mod health;
pub mod membership;
pub mod model;
pub mod observe;
pub mod order;
pub mod port;
pub mod preflight;
pub mod prepare;
pub mod reconcile;
mod trim;
pub mod verify;
