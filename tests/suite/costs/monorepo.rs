//! A monorepo of many units of four objects on the embedded cluster, and engines over it whose every
//! request is counted. Shared with `bench/embedded.rs`; asserts nothing.

#[path = "monorepo/units.rs"]
mod units;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use nopea_core::{
    fault::Fault,
    model::{Commit, Declared, Notice, ObjectKey, Orders, Phase, RepoKey, Spec, TreePath, What},
    port::{EventSink, Render, Renderer, Rendering},
};
use nopea_engine::{
    Engine, Ports, Settings, UnknownRepository,
    meter::{Meter, Reading},
};
use nopea_git::{GixSource, Local, Options, testing::Repository};
use nopea_memory::MemoryCluster;
use nopea_render::ManifestRenderer;
use tempfile::TempDir;

pub(crate) use self::units::OBJECTS;
use self::units::{NAMESPACE, deployment, files, folder, name};

/// A local repository and the cluster that it is synced to.
pub(crate) struct Monorepo {
    pub(crate) cluster: MemoryCluster,
    pub(crate) units: usize,
    pub(crate) interval: Duration,
    repository: Repository,
}

impl Monorepo {
    /// A first commit with so many units, and an empty cluster.
    pub(crate) fn new(units: usize, interval: Duration) -> Self {
        let repository = Repository::new();
        for unit in 0..units {
            for (path, text) in files(unit) {
                repository.write(&path, text);
            }
        }
        repository.commit(&[]);
        let cluster = MemoryCluster::new();
        cluster.create_namespace(NAMESPACE);
        Self { cluster, units, interval, repository }
    }

    /// Commits another log level for the Deployment of one unit.
    pub(crate) fn change(&self, unit: usize, level: &str) -> Commit {
        let (path, text) = deployment(unit, level);
        self.repository.commit(&[(&path, &text)])
    }

    /// Commits a file that belongs to no unit.
    pub(crate) fn touch_nothing(&self) -> Commit {
        self.repository.commit(&[("README.md", "# The shop\n")])
    }

    /// The name of a unit's declaration.
    pub(crate) fn key(unit: usize) -> RepoKey {
        RepoKey::new(NAMESPACE, format!("unit-{unit:04}"))
    }

    /// The Deployment of a unit.
    pub(crate) fn deployment(unit: usize) -> ObjectKey {
        ObjectKey::new("apps", "Deployment", NAMESPACE, name(unit))
    }

    /// The wish of a unit's owner.
    fn declared(&self, unit: usize) -> Declared {
        let key = Self::key(unit);
        let path = TreePath::parse(&folder(unit)).unwrap();
        let spec = Spec { path, interval: self.interval, ..Spec::new(self.repository.url()) };
        Declared {
            uid: self.cluster.declare(&key),
            key,
            generation: 1,
            spec: Arc::new(spec),
            orders: Orders::default(),
            deleted_at: None,
        }
    }

    /// Starts an engine that knows nothing yet, and declares no unit.
    pub(crate) fn start(&self) -> Running {
        let mirrors = tempfile::tempdir().unwrap();
        let options = Options { local: Local::Committed, ..Options::new(mirrors.path()) };
        let (meter, fresh, heard) = (Arc::default(), Arc::default(), Arc::default());
        let renderer = Counted { inner: ManifestRenderer::default(), fresh: Arc::clone(&fresh) };
        let ports = Ports {
            git: Arc::new(GixSource::new(options).unwrap()),
            renderer: Arc::new(renderer),
            applier: Arc::new(self.cluster.clone()),
            view: Arc::new(self.cluster.clone()),
            parent: Arc::new(self.cluster.clone()),
            status: Arc::new(self.cluster.clone()),
            events: Arc::new(Ears(Arc::clone(&heard))),
        };
        let engine = Engine::new(ports.metered(&meter), Settings::default());
        Running { engine, meter, fresh, heard, url: self.repository.url(), _mirrors: mirrors }
    }

    /// Declares every unit to an engine.
    pub(crate) fn declare(&self, running: &Running) {
        (0..self.units).for_each(|unit| running.engine.put(self.declared(unit)));
    }
}

/// An engine, and what it asked of its ports.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    meter: Arc<Meter>,
    fresh: Arc<AtomicU64>,
    heard: Arc<Mutex<Heard>>,
    url: nopea_core::model::SourceUrl,
    _mirrors: TempDir,
}

/// What was asked since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Requests through the ports.
    pub(crate) requests: Reading,
    /// Renders that read manifests; the others found that nothing changed.
    pub(crate) rendered: u64,
}

impl Running {
    /// What was asked so far.
    pub(crate) fn asked(&self) -> Asked {
        Asked { requests: self.meter.read(), rendered: self.fresh.load(Ordering::SeqCst) }
    }

    /// Says, as a webhook does, that the source changed.
    pub(crate) fn pushed(&self) -> usize {
        self.engine.pushed_url(self.url.expose())
    }

    /// How many of the units are synced.
    pub(crate) fn synced(&self, units: usize) -> Result<usize, UnknownRepository> {
        let mut synced = 0;
        for unit in 0..units {
            let status = self.engine.status(&Monorepo::key(unit))?;
            synced += usize::from(status.phase == Phase::Synced);
        }
        Ok(synced)
    }

    /// Takes what was heard since the last time.
    pub(crate) fn heard(&self) -> Heard {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Asked {
    /// What was asked between `earlier` and this reading.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            requests: self.requests.since(&earlier.requests),
            rendered: self.rendered - earlier.rendered,
        }
    }
}

struct Counted {
    inner: ManifestRenderer,
    fresh: Arc<AtomicU64>,
}

impl Renderer for Counted {
    fn render(&self, request: &Render) -> Result<Rendering, Vec<Fault>> {
        let answer = self.inner.render(request);
        if !matches!(answer, Ok(Rendering::Unchanged)) {
            self.fresh.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

/// What an engine told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Each object that was written, and when its answer was there.
    pub(crate) written: Vec<(Instant, ObjectKey)>,
    /// How many attempts failed, and one reason.
    pub(crate) failed: usize,
    /// The first fault of the last of them.
    pub(crate) why: Option<Fault>,
    /// How many attempts ended well.
    pub(crate) ended: usize,
}

struct Ears(Arc<Mutex<Heard>>);

impl EventSink for Ears {
    fn emit(&self, notice: &Notice) {
        use nopea_core::model::Action;
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &notice.what {
            What::Object(report)
                if matches!(report.action, Action::Created | Action::Configured) =>
            {
                heard.written.push((Instant::now(), report.key.clone()));
            }
            What::Failed { faults, .. } => {
                heard.failed += 1;
                heard.why = faults.first().cloned();
            }
            What::Synced { .. } => heard.ended += 1,
            What::Object(_)
            | What::Started { .. }
            | What::Planned { .. }
            | What::Warned(_)
            | What::Healed { .. }
            | What::Removed { .. } => {}
        }
    }
}
