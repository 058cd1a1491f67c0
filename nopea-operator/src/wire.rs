//! Adapters into an engine: the only file that names them together, but for the cluster's own. Must
//! not know what is declared.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use kube::Client;
use nopea_core::port::{Applier, ClusterView, EventSink, Parent, StatusSink};
use nopea_engine::{Clock, Engine, Ports, Settings, meter::Meter};
use nopea_events::{FanOut, HttpConfig, HttpSink, LogSink, Producer};
use nopea_git::{GixSource, Local, Options};
use nopea_render::ManifestRenderer;
use prometheus_client::registry::Registry;
use tempfile::TempDir;

use crate::{
    args::Arguments,
    declarations::{Declarations, Listed},
    metrics::{Sampled, Tally},
    reach::Reach,
    refusal::{self, Refusals},
    serve::Told,
};

/// More requests in flight gain nothing on a real server, and each may hold a connection.
const REQUESTS: usize = 16;

/// The parts, put together and not yet running.
pub(crate) struct Operator {
    pub(crate) engine: Engine,
    pub(crate) declarations: Declarations,
    pub(crate) client: Client,
    pub(crate) told: Told,
    pub(crate) events: Option<Arc<HttpSink>>,
    /// The mirrors go with the process where nobody named a folder for them.
    pub(crate) mirrors: Option<TempDir>,
}

/// The ports of one cluster, and who writes its events.
pub(crate) struct Cluster {
    pub(crate) applier: Arc<dyn Applier>,
    pub(crate) view: Arc<dyn ClusterView>,
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) status: Arc<dyn StatusSink>,
    pub(crate) sinks: Vec<Arc<dyn EventSink>>,
}

/// Puts the parts together as the command line says; `client` shows the declarations.
pub(crate) fn assemble(
    arguments: &Arguments,
    cluster: Cluster,
    client: Client,
    reach: Arc<Reach>,
) -> anyhow::Result<Operator> {
    let (folder, mirrors) = mirrors(arguments)?;
    let mut registry = Registry::with_prefix("nopea");
    let tally = Tally::register(&mut registry);
    let events = cdevents(arguments)?;
    let mut sinks: Vec<Arc<dyn EventSink>> = vec![Arc::new(LogSink), Arc::new(tally)];
    sinks.extend(cluster.sinks);
    sinks.extend(events.iter().map(|sink| Arc::clone(sink) as Arc<dyn EventSink>));
    let meter = Arc::new(Meter::default());
    let ports = Ports {
        git: Arc::new(git(arguments, folder)?),
        renderer: Arc::new(ManifestRenderer::default()),
        applier: cluster.applier,
        view: cluster.view,
        parent: cluster.parent,
        status: cluster.status,
        events: Arc::new(FanOut::new(sinks)),
    }
    .metered(&meter);
    let clock = Clock::system();
    let refusals = Refusals::new(refusal::Ports {
        parent: Arc::clone(&ports.parent),
        status: Arc::clone(&ports.status),
        clock,
    });
    let engine = Engine::with_clock(ports, settings(arguments), clock);
    registry.register_collector(Box::new(Sampled { engine: engine.clone(), meter }));
    let listed = Listed::default();
    let declarations = Declarations::new(engine.clone(), refusals, listed.clone());
    let told = Told { registry, listed, reach, client: client.clone() };
    Ok(Operator { engine, declarations, client, told, events, mirrors })
}

/// Each number of the engine that bounds what repositories do at the same time.
fn settings(arguments: &Arguments) -> Settings {
    let settings = Settings { requests: REQUESTS, ..Settings::default() };
    match arguments.max_concurrent_syncs {
        None => settings,
        Some(most) => {
            let most = most.get();
            Settings { git: most, renders: most, restores: most, ..settings }
        }
    }
}

fn mirrors(arguments: &Arguments) -> anyhow::Result<(PathBuf, Option<TempDir>)> {
    if let Some(folder) = &arguments.data_dir {
        return Ok((folder.join("mirrors"), None));
    }
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    Ok((folder.path().to_owned(), Some(folder)))
}

fn git(arguments: &Arguments, mirrors: PathBuf) -> anyhow::Result<GixSource> {
    let mut options = Options::new(mirrors);
    if arguments.allow_file_urls {
        options.local = Local::Committed;
    }
    options.time = arguments.git_timeout;
    options.proxy.clone_from(&arguments.git_proxy);
    Ok(GixSource::new(options)?)
}

fn cdevents(arguments: &Arguments) -> anyhow::Result<Option<Arc<HttpSink>>> {
    let Some(url) = &arguments.cdevents_url else { return Ok(None) };
    let (source, environment) = (&arguments.cdevents_source, &arguments.cdevents_environment);
    let producer = Producer::new(source, environment)
        .context("--cdevents-source or --cdevents-environment is no name that CDEvents allows")?;
    Ok(Some(Arc::new(HttpSink::start(HttpConfig::new(url, producer))?)))
}

#[cfg(test)]
mod tests;
