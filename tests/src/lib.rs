//! What the suites share: the contracts of the ports, the simulation of the state machine in a hostile
//! world, the rig of an engine on the in-memory cluster, and a real control plane as a test sees it.
//!
//! Contracts and simulation know the model, the ports and the machine, and no adapter.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken expectation of a test is told by a panic"
)]

pub mod contract;
#[cfg(feature = "cluster")]
pub mod operator;
#[cfg(feature = "cluster")]
pub mod plane;
pub mod rig;
#[cfg(feature = "cluster")]
pub mod scene;
pub mod simulate;
