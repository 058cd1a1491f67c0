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

mod claim;
mod contract;
mod declared;
mod deleting;
mod foreign;
mod guard;
mod immutable;
mod kill9;
mod membership;
mod moving;
mod operator;
mod others;
mod plane;
mod preflight;
mod requests;
mod stale;
mod taking;
mod watching;
mod world;
