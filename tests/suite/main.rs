//! The suite: everything that runs without a cluster, on loopback and on time that tests decide.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failing test ends at once"
)]

mod bad;
mod bad_cluster;
mod bad_manifest;
mod bad_source;
mod bad_tree;
mod bad_wording;
mod contract_memory;
mod costs;
mod crash;
mod isolation;
mod promises;
mod simulation;
