//! Repositories and a smart HTTP server for tests of this and other crates. Needs a git binary.
//!
//! Nothing here is for production: whatever fails panics, as a test should.

pub mod contract;
mod repository;
mod server;

pub use repository::Repository;
pub use server::{Behaviour, Server};
