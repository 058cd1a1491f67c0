//! Commits, trees and manifests, each looked for once for all repositories that want it.
//!
//! Holds the tables of commits (open trees) and of manifests; losing a row costs a fetch or a
//! render. Knows nothing of repositories: a monorepo with many units is one location.

use std::sync::{Arc, Mutex};

use nopea_core::{
    fault::{Code, Fault},
    model::{Commit, Inputs, Rendered, SourceUrl, Spec, Timestamp, TreePath},
    port::{
        GitSource, Location, Open, Render, Renderer, Rendering, Resolve, SourceError, SourceTree,
        Stop,
    },
};
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::{
    cache::Cache,
    clock::Clock,
    flight::{Flights, Keeping},
    limit::Limits,
    shared::{Ports, Settings, lock},
};

type TreeKey = (SourceUrl, Commit);
type ManifestKey = (SourceUrl, Commit, TreePath);
/// Which spec was rendered, and into what.
type ManifestRow = (Arc<Spec>, Arc<Rendered>);

/// The source side of the engine.
pub(crate) struct Source {
    git: Arc<dyn GitSource>,
    renderer: Arc<dyn Renderer>,
    limits: Arc<Limits>,
    /// The poll groups.
    resolves: Flights<Location, Commit>,
    opens: Flights<TreeKey, Arc<dyn SourceTree>>,
    trees: Mutex<Cache<TreeKey, Arc<dyn SourceTree>>>,
    manifests: Mutex<Cache<ManifestKey, ManifestRow>>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

/// What is to be rendered.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) location: Location,
    pub(crate) commit: Commit,
    pub(crate) spec: Arc<Spec>,
    pub(crate) known: Option<Arc<Inputs>>,
}

impl Source {
    pub(crate) fn new(
        ports: &Ports,
        settings: &Settings,
        limits: Arc<Limits>,
        clock: Clock,
    ) -> Self {
        Self {
            git: Arc::clone(&ports.git),
            renderer: Arc::clone(&ports.renderer),
            limits,
            resolves: Flights::new(Keeping::Kept, clock),
            opens: Flights::new(Keeping::Dropped, clock),
            trees: Mutex::new(Cache::new(settings.trees)),
            manifests: Mutex::new(Cache::new(settings.manifests)),
        }
    }

    /// The commit that a location names, as of `not_before` or later.
    pub(crate) async fn resolve(
        &self,
        location: Location,
        not_before: Timestamp,
    ) -> Result<Commit, Fault> {
        let request = Resolve { location, not_before };
        let look = || async {
            let _permit = self.limits.git().await;
            let resolved = self.git.resolve(&request).await;
            resolved.map(|resolved| resolved.commit).map_err(|error| fault(&error))
        };
        self.resolves.get(&request.location, not_before, look).await
    }

    /// The manifests of a commit, or that what is known of it still holds.
    pub(crate) async fn render(&self, wish: Wish) -> Result<Rendering, Vec<Fault>> {
        let row = (wish.location.url.clone(), wish.commit.clone(), wish.spec.path.clone());
        let held = lock(&self.manifests).get(&row);
        if let Some((spec, rendered)) = held
            && spec.renders_like(&wish.spec)
        {
            let unchanged = wish.known.is_some_and(|known| known == rendered.inputs);
            return Ok(if unchanged {
                Rendering::Unchanged
            } else {
                Rendering::Fresh(Rendered::clone(&rendered))
            });
        }
        let tree = self.open(&wish).await.map_err(|fault| vec![fault])?;
        let spec = Arc::clone(&wish.spec);
        let answer = self.render_tree(tree, wish).await;
        match &answer {
            Ok(Rendering::Fresh(rendered)) => {
                let weight = rendered.manifests.iter().map(|one| weight(&one.body)).sum::<usize>();
                let value = (spec, Arc::new(rendered.clone()));
                lock(&self.manifests).insert(row, value, weight + INPUT * rendered.inputs.0.len());
            }
            Ok(Rendering::Unchanged) => {}
            Err(faults) => {
                if faults.iter().any(|fault| fault.code == Code::DamagedSource) {
                    lock(&self.trees).remove(&(row.0, row.1));
                }
            }
        }
        answer
    }

    async fn open(&self, wish: &Wish) -> Result<Arc<dyn SourceTree>, Fault> {
        let key = (wish.location.url.clone(), wish.commit.clone());
        if let Some(tree) = lock(&self.trees).get(&key) {
            return Ok(tree);
        }
        let request = Open { location: wish.location.clone(), commit: wish.commit.clone() };
        let look = || async {
            // whoever waited behind the one that found it
            if let Some(tree) = lock(&self.trees).get(&key) {
                return Ok(tree);
            }
            let _permit = self.limits.git().await;
            let tree = self.git.open(&request).await.map_err(|error| fault(&error))?;
            lock(&self.trees).insert(key.clone(), Arc::clone(&tree), 1);
            Ok(tree)
        };
        self.opens.get(&key, Timestamp(0), look).await
    }

    /// Renders on a thread that may block. The permit goes with the thread: a render that was
    /// given up counts until it has really ended.
    async fn render_tree(
        &self,
        tree: Arc<dyn SourceTree>,
        wish: Wish,
    ) -> Result<Rendering, Vec<Fault>> {
        let permit = self.limits.render().await;
        let stop = Stop::default();
        let _stop_when_cancelled = StopOnDrop(stop.clone());
        let renderer = Arc::clone(&self.renderer);
        let request = Render { tree, spec: wish.spec, known: wish.known, stop };
        let rendering = spawn_blocking(move || {
            let _permit = permit;
            renderer.render(&request)
        });
        match rendering.await {
            Ok(answer) => answer,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => Err(vec![Fault::new(
                    Code::RenderInterrupted,
                    "rendering was stopped: the program ends",
                )]),
            },
        }
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn fault(error: &SourceError) -> Fault {
    error.fault()
}

/// What a node of a value costs beside its texts: the size of a `Value` and its place in a map.
const NODE: usize = 64;
/// What an input costs: its path and its id.
const INPUT: usize = 128;

/// An estimate of the memory that a value takes; the loader bounds its depth.
fn weight(value: &Value) -> usize {
    NODE + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, item)| key.len() + weight(item)).sum(),
    }
}

#[cfg(test)]
mod tests;
