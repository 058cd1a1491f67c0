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
//! - Everything that decides lives here ([`reconcile`], [`prepare`], [`plan`], [`order`], [`verify`],
//!   [`baseline`], [`health`], [`classify`]); adapters and drivers carry out.
//! - It knows no adapter, no HTTP, no Git and no Kubernetes client.

pub mod baseline;
pub mod difference;
pub mod fault;
pub mod fields;
pub mod handback;
pub mod health;
pub mod model;
pub mod observe;
pub mod port;
pub mod reconcile;
pub mod verify;
