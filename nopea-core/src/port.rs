//! The ports: what the machine's effects need from the world, one trait a file.
//!
//! All take one `&Request` and give an owned value, are dyn-compatible, and are safe to repeat and
//! to cancel at any await. They know no adapter.

pub mod applier;
pub mod cluster_view;
pub mod event_sink;
pub mod git_source;
pub mod parent;
pub mod refusal;
pub mod renderer;
pub mod status_sink;

pub use applier::{Applied, Applier, Apply, Delete, Guard, Mode, Release, TryCreate};
pub use cluster_view::{
    ClusterView, Follow, Look, Scope, Scopes, ScopesRequest, Survey, ViewEvent, ViewStream,
};
pub use event_sink::EventSink;
pub use git_source::{
    Entry, EntryKind, GitSource, Location, Open, Resolve, Resolved, SourceError, SourceTree,
    TreeError,
};
pub use parent::{Claim, Parent, ParentRef, ParentState};
pub use refusal::{Cause, Refusal, ServerStatus};
pub use renderer::{Render, Renderer, Rendering, Stop};
pub use status_sink::{Publish, StatusSink};

#[cfg(any(test, feature = "mock"))]
pub use self::{
    applier::MockApplier, cluster_view::MockClusterView, event_sink::MockEventSink,
    git_source::MockGitSource, git_source::MockSourceTree, parent::MockParent,
    renderer::MockRenderer, status_sink::MockStatusSink,
};

/// What an adapter saw, kept as the `source` of a port's error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
