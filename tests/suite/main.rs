//! The suite: everything that runs without a cluster, on loopback and on time that tests decide.

mod bad;
mod bad_cluster;
mod bad_manifest;
mod bad_source;
mod bad_tree;
mod bad_wording;
mod contract_memory;
mod costs;
mod crash;
mod simulation;
