//! Embeds the engine with a Git source of one's own: here a shelf with one commit. It knows the ports
//! and two adapters; in an operator the cluster would be a real one.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use nopea_core::{
    model::{Commit, Declared, Notice, Orders, RepoKey, SourceUrl, Spec, What},
    port::{EventSink, GitSource, Open, Resolve, Resolved, SourceError, SourceTree},
};
use nopea_engine::{Engine, Ports, Settings};
use nopea_memory::MemoryCluster;
use nopea_render::{ManifestRenderer, MemoryTree};

const MOTTO: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: motto}, data: {a: b}}";

/// A source that needs no network and no disk.
struct Shelf(Commit);

#[async_trait]
impl GitSource for Shelf {
    async fn resolve(&self, _request: &Resolve) -> Result<Resolved, SourceError> {
        Ok(Resolved { commit: self.0.clone() })
    }

    async fn open(&self, _request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        Ok(Arc::new(MemoryTree::new().file("motto.yaml", MOTTO)))
    }
}

/// Prints what becomes of each object.
struct Console;

impl EventSink for Console {
    fn emit(&self, notice: &Notice) {
        if let What::Object(report) = &notice.what {
            println!("{}: {} {:?}", notice.repo, report.key, report.action);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = Arc::new(MemoryCluster::new());
    let ports = Ports {
        git: Arc::new(Shelf(Commit::parse(&"5".repeat(40))?)),
        renderer: Arc::new(ManifestRenderer::default()),
        applier: Arc::<MemoryCluster>::clone(&cluster),
        view: Arc::<MemoryCluster>::clone(&cluster),
        parent: Arc::<MemoryCluster>::clone(&cluster),
        status: Arc::<MemoryCluster>::clone(&cluster),
        events: Arc::new(Console),
    };
    let engine = Engine::new(ports, Settings::default());
    let key = RepoKey::new("default", "shelf");
    engine.put(Declared {
        uid: cluster.declare(&key),
        key: key.clone(),
        generation: 1,
        spec: Arc::new(Spec::new(SourceUrl::parse("shelf://motto")?)),
        orders: Orders::default(),
        deleted_at: None,
    });
    let commit = engine.sync_now(&key).await?;
    let status = engine.status(&key)?;
    println!("{key}: {} at {}, {} objects", status.phase, commit.short(), status.objects.total);
    engine.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
