//! The state machine in a hostile world: late, lost, doubled, reordered and failing answers, people who
//! edit and delete, commits that come and go, and crashes; then calm, and what must hold.
//!
//! A run is decided by its seed alone. It checks while it goes:
//! never two requests about one object, never two renders of an attempt, an answer that comes twice
//! changes nothing, nothing is deleted that the last complete render names; and at the end: the cluster
//! is what the commit says, as if it had been started on an empty one.

mod cluster;
mod oracle;
mod random;
mod request;
mod source;
mod world;

pub use world::{Outcome, run};
