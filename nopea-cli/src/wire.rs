//! Adapters into an engine. Must not know what is shown, nor which cluster it is.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use nopea_core::{
    model::{Declared, Intent, Notice, Orders, RepoKey, Spec, Status},
    port::{Publish, Refusal, StatusSink},
};
use nopea_engine::{
    Engine, Ports, Settings,
    meter::{Meter, Reading},
};
use nopea_git::{GixSource, Local, Options};
use nopea_render::ManifestRenderer;
use tempfile::TempDir;
use tokio::sync::{mpsc::UnboundedReceiver, watch};

use crate::{
    args::SourceArguments,
    collect::{Collector, Gathered},
    reference::limits,
    target::Target,
};

/// How long open writes may take after Ctrl-C.
const FAREWELL: Duration = Duration::from_secs(5);
/// What a look-up may take beside the attempt that waits for it.
const GRACE: Duration = Duration::from_mins(2);

/// What a session is about.
pub(crate) struct Setup {
    pub(crate) key: RepoKey,
    pub(crate) spec: Spec,
    pub(crate) orders: Orders,
    pub(crate) target: Target,
}

/// One repository, one cluster, and the engine between them.
pub(crate) struct Session {
    pub(crate) engine: Engine,
    pub(crate) target: Target,
    pub(crate) notices: UnboundedReceiver<Notice>,
    pub(crate) gathered: Gathered,
    pub(crate) declared: Declared,
    pub(crate) statuses: watch::Receiver<Arc<Status>>,
    meter: Arc<Meter>,
    counted: Reading,
    /// The mirrors live as long as the session.
    #[expect(dead_code, reason = "it is held for its end")]
    mirrors: Keep,
}

/// A source for Git, and the folder of its mirrors.
pub(crate) fn git(arguments: &SourceArguments) -> anyhow::Result<(GixSource, TempDir)> {
    let mirrors = tempfile::tempdir().context("no temporary folder can be made")?;
    let mut options = Options::new(mirrors.path());
    options.local = if arguments.worktree { Local::Worktree } else { Local::Committed };
    options.bytes = arguments.limits.max_source_size;
    options.proxy.clone_from(&arguments.proxy);
    Ok((GixSource::new(options)?, mirrors))
}

impl Session {
    /// Makes an engine for what the command line names; nothing is declared yet.
    pub(crate) fn start(arguments: &SourceArguments, setup: Setup) -> anyhow::Result<Self> {
        let (git, mirrors) = git(arguments)?;
        let renderer = ManifestRenderer::new(limits(&arguments.limits));
        Ok(Self::assemble(git, mirrors, renderer, setup))
    }

    /// Puts the parts together.
    pub(crate) fn assemble(
        git: GixSource,
        mirrors: TempDir,
        renderer: ManifestRenderer,
        setup: Setup,
    ) -> Self {
        let Setup { key, spec, orders, target } = setup;
        let (collector, notices) = Collector::new();
        let (shown, statuses) = watch::channel(Arc::default());
        let cluster = target.ports();
        let sink = Shown { sink: cluster.status, shown };
        let ports = Ports {
            git: Arc::new(git),
            renderer: Arc::new(renderer),
            applier: cluster.applier,
            view: cluster.view,
            parent: cluster.parent,
            status: Arc::new(sink),
            events: Arc::new(collector),
        };
        let meter = Arc::new(Meter::default());
        let mut ports = ports.metered(&meter);
        if orders.intent == Intent::Plan {
            ports.status = Arc::new(Silent);
        }
        let reply_timeout = spec.timeout.saturating_add(GRACE);
        let engine = Engine::new(ports, Settings { reply_timeout, ..Settings::default() });
        let uid = target.declare(&key);
        let spec = Arc::new(spec);
        let declared = Declared { key, uid, generation: 1, spec, orders, deleted_at: None };
        let (gathered, counted) = (Gathered::default(), Reading::default());
        Self {
            engine,
            target,
            notices,
            gathered,
            declared,
            statuses,
            meter,
            counted,
            mirrors: Keep(mirrors),
        }
    }

    /// What was asked of the ports since this was asked last.
    pub(crate) fn counted(&mut self) -> Reading {
        let before = std::mem::replace(&mut self.counted, self.meter.read());
        self.counted.since(&before)
    }

    /// Ends what is open, and begins nothing more.
    pub(crate) async fn end(&self) {
        self.engine.shutdown(FAREWELL).await;
    }
}

/// A folder that goes with its holder.
struct Keep(#[expect(dead_code, reason = "it is held for its end")] TempDir);

/// A plan writes nothing, its status included.
struct Silent;

#[async_trait]
impl StatusSink for Silent {
    async fn publish(&self, _request: &Publish) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Shows statuses in the cluster, and says which one stands there.
struct Shown {
    sink: Arc<dyn StatusSink>,
    shown: watch::Sender<Arc<Status>>,
}

#[async_trait]
impl StatusSink for Shown {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        self.sink.publish(request).await?;
        self.shown.send_replace(Arc::clone(&request.status));
        Ok(())
    }
}
