//! What the suites share: the contracts of the ports, the simulation of the state machine in a hostile
//! world, and the rig of an engine on the in-memory cluster.
//!
//! Contracts and simulation know the model, the ports and the machine, and no adapter.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken expectation of a test is told by a panic"
)]

pub mod contract;
pub mod rig;
pub mod simulate;
