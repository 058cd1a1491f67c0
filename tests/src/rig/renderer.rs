//! The real renderer, counted. Knows no engine.

use std::sync::atomic::{AtomicUsize, Ordering};

use nopea_core::{
    fault::Fault,
    port::{Render, Renderer, Rendering},
};
use nopea_render::ManifestRenderer;

/// What came of the renders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renders {
    /// Those that read the files.
    pub fresh: usize,
    /// Those that found their inputs unchanged.
    pub unchanged: usize,
    /// Those that found faults.
    pub refused: usize,
}

/// A [`ManifestRenderer`] that counts.
#[derive(Debug, Default)]
pub struct CountedRenderer {
    renderer: ManifestRenderer,
    fresh: AtomicUsize,
    unchanged: AtomicUsize,
    refused: AtomicUsize,
}

impl CountedRenderer {
    /// What came of the renders since the beginning.
    pub fn counts(&self) -> Renders {
        Renders {
            fresh: self.fresh.load(Ordering::Relaxed),
            unchanged: self.unchanged.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

impl Renderer for CountedRenderer {
    fn render(&self, request: &Render) -> Result<Rendering, Vec<Fault>> {
        let answer = self.renderer.render(request);
        let counter = match &answer {
            Ok(Rendering::Fresh(_)) => &self.fresh,
            Ok(Rendering::Unchanged) => &self.unchanged,
            Err(_) => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }
}
