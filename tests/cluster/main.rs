//! What NOPEA stands on and what it promises, on a real API server: `cargo xtask cluster run -- cargo test
//! -p nopea-tests --features cluster --test cluster`. Each test keeps to a namespace of its own, so that
//! all run at once against one control plane; a test that stops components starts one of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken expectation of a test is told by a panic"
)]

mod bill;
mod claim;
mod contract;
mod declared;
mod deleting;
mod ending;
mod foreign;
mod guard;
mod immutable;
mod install;
mod kill9;
mod kubectl;
mod large;
mod membership;
mod moving;
mod operator;
mod order;
mod others;
mod pin;
mod plane;
mod preflight;
mod requests;
mod stale;
mod taking;
mod tenants;
mod unruly;
mod watching;
mod world;
