//! The suite: everything that runs without a cluster, on loopback and on time that tests decide.

mod contract_memory;
mod costs;
mod crash;
mod isolation;
mod promises;
mod simulation;
