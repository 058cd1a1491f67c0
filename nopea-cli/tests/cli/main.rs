//! The built binary: what it prints and how it ends. Knows no module of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests and their helpers"
)]

mod fault;
mod follow;
mod manifest;
mod other;
mod plan;
mod real;
mod render;
mod run;
mod source;
mod sync;
