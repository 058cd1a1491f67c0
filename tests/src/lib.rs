//! What the suites share: the simulation of the state machine in a hostile world.
//!
//! Knows the model and the machine; it needs no adapter, no runtime and no clock.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken expectation of a test is told by a panic"
)]

pub mod simulate;
