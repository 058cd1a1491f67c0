//! The whole product but its edges: the engine, the real renderer and the in-memory cluster, over a Git
//! source that the test commits to and a sink that keeps every notice.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
//! # .block_on(async {
//! use nopea_tests::rig::Rig;
//!
//! let mut rig = Rig::new();
//! let commit = rig.source.commit(&[("a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")]);
//! let web = rig.declare("shop/web", |_spec| ());
//! assert_eq!(rig.sync(&web).await, Ok(commit));
//! # });
//! ```
//!
//! Its time is tokio's, so it is made for tests with paused time. Knows no assertion of any test.

mod kill;
mod notices;
mod renderer;
mod source;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use nopea_core::{
    model::{Commit, Declared, Notice, Orders, RepoKey, SourceUrl, Spec, Status, Timestamp},
    port::{GitSource, Parent, Renderer},
};
use nopea_engine::{Clock, Engine, Ports, Settings, SyncError, Update};
use nopea_memory::MemoryCluster;
use tokio::time::timeout;

pub use self::{
    kill::{Kill, Moment},
    notices::Notices,
    renderer::{CountedRenderer, Renders},
    source::{Asked, Doing, MemorySource, URL},
};

/// When the world of a rig begins: 2026-01-01T00:00:00Z.
pub const EPOCH: Timestamp = Timestamp(1_767_225_600_000);
/// The longest wait for a status, of a clock that runs only while nobody has anything to do.
const PATIENCE: Duration = Duration::from_mins(30);

/// An engine and its world.
#[derive(Debug)]
pub struct Rig {
    /// The cluster: strict, with controllers unless it was made otherwise.
    pub cluster: MemoryCluster,
    /// Where commits are made.
    pub source: Arc<MemorySource>,
    /// The renderer.
    pub renderer: Arc<CountedRenderer>,
    /// The engine that runs now.
    pub engine: Engine,
    /// How the next engine is set.
    pub settings: Settings,
    notices: Notices,
    clock: Clock,
    declared: BTreeMap<RepoKey, Declared>,
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

impl Rig {
    /// A strict cluster whose controllers make workloads ready.
    pub fn new() -> Self {
        Self::over(MemoryCluster::builder().epoch(epoch()).build())
    }

    /// A strict cluster in which everything stays as it was applied.
    pub fn without_controllers() -> Self {
        Self::over(MemoryCluster::builder().epoch(epoch()).controllers(false).build())
    }

    /// Another cluster.
    pub fn over(cluster: MemoryCluster) -> Self {
        let (source, renderer) = (Arc::default(), Arc::default());
        let (notices, clock) = (Notices::default(), Clock::starting_at(EPOCH));
        let ports = wire(&cluster, &source, &renderer, &notices);
        let settings = Settings::default();
        let engine = Engine::with_clock(ports, settings.clone(), clock);
        let declared = BTreeMap::new();
        Self { cluster, source, renderer, engine, settings, notices, clock, declared }
    }

    /// The ports of the rig, for whoever wraps some of them.
    pub fn ports(&self) -> Ports {
        wire(&self.cluster, &self.source, &self.renderer, &self.notices)
    }

    /// Declares `namespace/name` at [`URL`] and makes its namespace. Objects that name no namespace go
    /// there.
    ///
    /// # Panics
    ///
    /// Where the name has no slash.
    pub fn declare(&mut self, name: &str, change: impl FnOnce(&mut Spec)) -> RepoKey {
        let (namespace, name) = name.split_once('/').unwrap();
        let key = RepoKey::new(namespace, name);
        self.cluster.create_namespace(namespace);
        let mut spec = Spec::new(SourceUrl::parse(URL).unwrap());
        change(&mut spec);
        let declared = Declared {
            uid: self.cluster.declare(&key),
            key: key.clone(),
            generation: 1,
            spec: Arc::new(spec),
            orders: Orders::default(),
            deleted_at: None,
        };
        self.put(declared);
        key
    }

    /// Changes the spec of a repository, as `kubectl edit` does.
    pub fn edit(&mut self, key: &RepoKey, change: impl FnOnce(&mut Spec)) {
        let mut declared = self.declared(key);
        let mut spec = Spec::clone(&declared.spec);
        change(&mut spec);
        declared.spec = Arc::new(spec);
        declared.generation += 1;
        self.put(declared);
    }

    /// Changes the annotations of a repository, as `kubectl annotate` does.
    pub fn annotate(&mut self, key: &RepoKey, change: impl FnOnce(&mut Orders)) {
        let mut declared = self.declared(key);
        change(&mut declared.orders);
        self.put(declared);
    }

    /// Deletes the declaration of a repository, as `kubectl delete` does: the finalizer holds it.
    pub fn delete(&mut self, key: &RepoKey) {
        let mut declared = self.declared(key);
        self.cluster.undeclare(key);
        declared.deleted_at = Some(self.clock.now());
        self.put(declared);
    }

    /// Says anew what is declared.
    pub fn put(&mut self, declared: Declared) {
        self.declared.insert(declared.key.clone(), declared.clone());
        self.engine.put(declared);
    }

    /// What is declared of a repository.
    ///
    /// # Panics
    ///
    /// Where it was never declared.
    pub fn declared(&self, key: &RepoKey) -> Declared {
        self.declared.get(key).cloned().unwrap()
    }

    /// Syncs now, and waits for the end.
    pub async fn sync(&self, key: &RepoKey) -> Result<Commit, SyncError> {
        self.engine.sync_now(key).await
    }

    /// The newest status.
    ///
    /// # Panics
    ///
    /// Where it is not declared.
    pub fn status(&self, key: &RepoKey) -> Arc<Status> {
        self.engine.status(key).unwrap()
    }

    /// Waits until `holds` for the status of a repository, without ever asking twice for one status.
    ///
    /// # Panics
    ///
    /// Where it holds for no status within half an hour of the rig's time.
    pub async fn wait_for(&self, key: &RepoKey, holds: impl Fn(&Status) -> bool) -> Arc<Status> {
        let mut updates = self.engine.subscribe();
        let wait = async {
            loop {
                let status = self.status(key);
                if holds(&status) {
                    return status;
                }
                loop {
                    match updates.next().await {
                        Some(Update::Changed(other, _)) if other != *key => {}
                        Some(Update::Changed(..) | Update::Lagged(_)) => break,
                        None => panic!("the engine is gone"),
                    }
                }
            }
        };
        let found = timeout(PATIENCE, wait).await;
        found.unwrap_or_else(|_| panic!("{key} stays so: {:#?}", self.status(key)))
    }

    /// Lets this much time pass, in which everything that is due happens.
    pub async fn pass(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// The engine's clock, for sources that have one of their own.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// All that was told so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.all()
    }

    /// What was told since the last taking.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Drops the engine as a kill does, and starts another one from nothing over the same world: it hears
    /// of the declarations that the cluster still has.
    pub fn restart(&mut self) {
        let ports = self.ports();
        self.restart_with(ports);
    }

    /// The same with other ports.
    pub fn restart_with(&mut self, ports: Ports) {
        self.engine = Engine::with_clock(ports, self.settings.clone(), self.clock);
        for (key, declared) in &self.declared {
            let stands = self.cluster.parent(key).is_some_and(|parent| parent.uid == declared.uid);
            if stands {
                self.engine.put(declared.clone());
            }
        }
    }
}

fn wire(
    cluster: &MemoryCluster,
    source: &Arc<MemorySource>,
    renderer: &Arc<CountedRenderer>,
    notices: &Notices,
) -> Ports {
    let cluster = Arc::new(cluster.clone());
    Ports {
        git: Arc::clone(source) as Arc<dyn GitSource>,
        renderer: Arc::clone(renderer) as Arc<dyn Renderer>,
        applier: Arc::<MemoryCluster>::clone(&cluster),
        view: Arc::<MemoryCluster>::clone(&cluster),
        parent: Arc::clone(&cluster) as Arc<dyn Parent>,
        status: cluster,
        events: Arc::new(notices.clone()),
    }
}

fn epoch() -> jiff::Timestamp {
    jiff::Timestamp::UNIX_EPOCH + EPOCH.since(Timestamp(0))
}
