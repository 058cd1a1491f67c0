//! What all workers share: the ports, the settings, the limits, the tables. Knows no repository.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nopea_core::{
    model::RepoKey,
    port::{Applier, ClusterView, EventSink, GitSource, Parent, Renderer, StatusSink},
    reconcile::Waiter,
};
use tokio::{runtime::Handle, sync::broadcast, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::Clock, entry::Entry, limit::Limits, source::Source, subscription::Update, want::Wants,
};

/// The adapters that an engine drives.
#[derive(Clone)]
pub struct Ports {
    /// Where commits come from.
    pub git: Arc<dyn GitSource>,
    /// How trees become manifests.
    pub renderer: Arc<dyn Renderer>,
    /// Writes of objects.
    pub applier: Arc<dyn Applier>,
    /// Reads of objects.
    pub view: Arc<dyn ClusterView>,
    /// The declaring objects.
    pub parent: Arc<dyn Parent>,
    /// Where statuses are shown.
    pub status: Arc<dyn StatusSink>,
    /// Who hears notices.
    pub events: Arc<dyn EventSink>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// How much an engine may do at once, and how much it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Requests to the cluster at once, of all repositories.
    pub requests: usize,
    /// Requests to the cluster at once, of one repository.
    pub requests_per_repository: usize,
    /// Look-ups and fetches at once.
    pub git: usize,
    /// Renders at once.
    pub renders: usize,
    /// Restores at once: how fast an operator with many repositories comes up.
    pub restores: usize,
    /// Sightings that a repository may hold unread, and callers that may wait for their turn.
    pub mailbox: usize,
    /// How long `sync_now` waits.
    pub reply_timeout: Duration,
    /// The table of commits: how many open trees are remembered.
    pub trees: usize,
    /// The table of manifests, with the hashes they were rendered from: its size in bytes. A heal
    /// renders the applied commit again and finds it here.
    pub manifests: usize,
    /// Status changes that a slow subscriber may lag behind.
    pub updates: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            requests: 64,
            requests_per_repository: 8,
            git: 8,
            renders: 4,
            restores: 16,
            mailbox: 1024,
            reply_timeout: Duration::from_mins(1),
            trees: 16,
            manifests: 8 << 20,
            updates: 256,
        }
    }
}

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) limits: Arc<Limits>,
    pub(crate) source: Source,
    pub(crate) wants: Wants,
    pub(crate) registry: Mutex<BTreeMap<RepoKey, Arc<Entry>>>,
    pub(crate) updates: broadcast::Sender<Update>,
    pub(crate) runtime: Handle,
    /// Every supervisor and publisher, for whoever waits for their end.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when no further effect may be carried out.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when everything has to end at once.
    pub(crate) aborted: CancellationToken,
    /// Until when open writes may still end after that.
    pub(crate) stop_by: OnceLock<Instant>,
    /// How often a worker was started again.
    pub(crate) restarts: AtomicU64,
    waiters: AtomicU64,
}

impl Shared {
    pub(crate) fn new(ports: Ports, settings: Settings, clock: Clock, runtime: Handle) -> Self {
        let limits = Arc::new(Limits::new(&settings));
        Self {
            source: Source::new(&ports, &settings, Arc::clone(&limits), clock),
            limits,
            wants: Wants::default(),
            registry: Mutex::default(),
            updates: broadcast::Sender::new(settings.updates.max(1)),
            runtime,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            aborted: CancellationToken::new(),
            stop_by: OnceLock::new(),
            restarts: AtomicU64::new(0),
            waiters: AtomicU64::new(0),
            ports,
            settings,
            clock,
        }
    }

    /// A number that no other caller has.
    pub(crate) fn waiter(&self) -> Waiter {
        Waiter(self.waiters.fetch_add(1, Ordering::Relaxed))
    }

    /// The entry of a repository.
    pub(crate) fn entry(&self, key: &RepoKey) -> Option<Arc<Entry>> {
        lock(&self.registry).get(key).map(Arc::clone)
    }
}

/// Locks; a panic elsewhere does not spoil what is held, as every change of it is complete.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
