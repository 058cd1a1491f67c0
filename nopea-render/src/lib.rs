//! The rendering half of NOPEA: bytes of a source tree -> manifests with file, line and column.
//!
//! ```text
//! SourceTree -> walk (links, .nopeaignore) -> load (YAML, JSON) -> objects -> Rendered or faults
//! ```
//!
//! # Invariants
//!
//! - Pure and synchronous: it reads nothing but the tree it is given, no clock, no network, no disk.
//! - Whatever the bytes are, it neither panics nor recurses without bound nor grows past its limits.
//! - All that is wrong is found in one go; nothing is skipped in silence.
//! - It knows no cluster: namespaces stay as written.

mod ignore;
mod limits;
mod link;
mod load;
mod memory_tree;
mod object;
mod render;
mod walk;

pub use limits::Limits;
pub use load::load_all;
pub use memory_tree::MemoryTree;
pub use render::ManifestRenderer;
