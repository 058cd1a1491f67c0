//! How a source tree becomes manifests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::SourceTree;
use crate::{
    fault::Fault,
    model::{Inputs, Rendered, Spec},
};

/// A flag that ends a render early. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the render to end.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Asks for the manifests of a tree.
#[derive(Clone, Debug)]
pub struct Render {
    /// The tree.
    pub tree: Arc<dyn SourceTree>,
    /// What is wished of it.
    pub spec: Arc<Spec>,
    /// What an earlier render of the same spec read; equal inputs need no render.
    pub known: Option<Arc<Inputs>>,
    /// Ends the work early.
    pub stop: Stop,
}

/// What came of a render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// The known inputs stand in this tree as they stood: it renders alike.
    Unchanged,
    /// A new render.
    Fresh(Rendered),
}

/// Renders a tree into manifests.
///
/// # Contract
///
/// Pure and synchronous: equal trees and specs give equal answers. All faults come in one answer.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Renderer: Send + Sync {
    /// Renders, or says that nothing changed.
    fn render(&self, request: &Render) -> Result<Rendering, Vec<Fault>>;
}
