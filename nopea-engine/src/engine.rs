//! The handle: what embedders and binaries call. Each call is a letter to one worker or a look at
//! what is known; none waits for another repository.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use nopea_core::{
    fault::{Code, Fault},
    model::{Commit, Declared, ObjectKey, RepoKey, Status, Timestamp},
    reconcile::Waiter,
};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    clock::Clock,
    entry::Entry,
    gauge::Gauges,
    shared::{Ports, Settings, Shared, lock},
    subscription::Subscription,
    supervisor::supervise,
};

/// Keeps repositories in sync until its last clone is dropped.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Running>);

#[derive(Debug)]
struct Running(Arc<Shared>);

/// No repository of that name is declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no repository {key} is declared")]
pub struct UnknownRepository {
    /// The name.
    pub key: RepoKey,
}

/// Why a requested sync did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// Nobody declared it, or its declaration went before the sync ended.
    #[error(transparent)]
    UnknownRepository(#[from] UnknownRepository),
    /// It goes on, but nobody can say how it ends.
    #[error("the sync of {key} did not end within {after:?}")]
    TimedOut {
        /// Of which repository.
        key: RepoKey,
        /// How long it was waited for.
        after: Duration,
    },
    /// It ended in faults.
    #[error("the sync failed with {} faults", .0.len())]
    Failed(Arc<[Fault]>),
}

impl SyncError {
    /// The faults to show: of a time-out, that the worker is busy.
    pub fn faults(&self) -> Arc<[Fault]> {
        match self {
            Self::UnknownRepository(_) => Arc::from([]),
            Self::TimedOut { .. } => Arc::from([Fault::new(Code::WorkerBusy, self.to_string())]),
            Self::Failed(faults) => Arc::clone(faults),
        }
    }
}

impl Engine {
    /// Makes an engine that runs on the current tokio runtime.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        Self::with_clock(ports, settings, Clock::system())
    }

    /// The same with another beginning of time.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn with_clock(ports: Ports, settings: Settings, clock: Clock) -> Self {
        let shared = Shared::new(ports, settings, clock, Handle::current());
        Self(Arc::new(Running(Arc::new(shared))))
    }

    /// Declares a repository, or declares it anew.
    pub fn put(&self, declared: Declared) {
        let shared = self.shared();
        let mut registry = lock(&shared.registry);
        shared.wants.declare(&declared);
        if let Some(entry) = registry.get(&declared.key) {
            entry.mailbox.declared(declared, shared.clock.now());
            return;
        }
        let (key, settings) = (declared.key.clone(), &shared.settings);
        let entry = Entry::new(key.clone(), settings.mailbox, settings.requests_per_repository);
        let entry = Arc::new(entry);
        entry.mailbox.declared(declared, shared.clock.now());
        supervise(shared, &entry);
        registry.insert(key, entry);
    }

    /// Says that the declaring object vanished: nothing is deleted on its account.
    pub fn remove(&self, key: &RepoKey) -> Result<(), UnknownRepository> {
        self.entry(key).map(|entry| entry.mailbox.undeclared(self.now()))
    }

    /// Syncs now, and waits for the commit that the cluster equals then.
    ///
    /// # Cancellation
    ///
    /// The sync goes on.
    pub async fn sync_now(&self, key: &RepoKey) -> Result<Commit, SyncError> {
        let entry = self.entry(key)?;
        let after = self.shared().settings.reply_timeout;
        let timed_out = || SyncError::TimedOut { key: key.clone(), after };
        let waiter = self.shared().waiter();
        let reply = entry.wait(waiter);
        let _leave = Leave { entry: &entry, waiter };
        entry.mailbox.sync_requested(waiter, self.now()).map_err(|_full| timed_out())?;
        // it may have gone between the first look and the wait
        if !Arc::ptr_eq(&self.entry(key)?, &entry) {
            return Err(UnknownRepository { key: key.clone() }.into());
        }
        match timeout(after, reply).await {
            Ok(Ok(result)) => result.map_err(SyncError::Failed),
            Ok(Err(_dropped)) => Err(UnknownRepository { key: key.clone() }.into()),
            Err(_elapsed) => Err(timed_out()),
        }
    }

    /// Says that the finalizer or the claim is gone from the declaring object, which stands.
    pub fn claim_lost(&self, key: &RepoKey) -> Result<(), UnknownRepository> {
        self.entry(key).map(|entry| entry.mailbox.claim_lost(self.now()))
    }

    /// Hints that the source of a repository changed.
    pub fn pushed(&self, key: &RepoKey) -> Result<(), UnknownRepository> {
        self.entry(key).map(|entry| entry.mailbox.pushed(self.now()))
    }

    /// Hints that a source changed, named as a webhook names it; says how many repositories read it.
    pub fn pushed_url(&self, url: &str) -> usize {
        let (keys, now) = (self.shared().wants.readers(url), self.now());
        let entries = keys.iter().filter_map(|key| self.shared().entry(key));
        entries.map(|entry| entry.mailbox.pushed(now)).count()
    }

    /// Heals these objects of a repository now, or all where none is named.
    pub fn heal(&self, key: &RepoKey, keys: BTreeSet<ObjectKey>) -> Result<(), UnknownRepository> {
        self.entry(key).map(|entry| entry.mailbox.heal_requested(keys, self.now()))
    }

    /// The newest status of a repository.
    pub fn status(&self, key: &RepoKey) -> Result<Arc<Status>, UnknownRepository> {
        self.entry(key).map(|entry| entry.status())
    }

    /// The status changes of all repositories from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription { receiver: self.shared().updates.subscribe() }
    }

    /// The repositories that are declared.
    pub fn repositories(&self) -> Vec<RepoKey> {
        lock(&self.shared().registry).keys().cloned().collect()
    }

    /// What it is doing at this moment.
    pub fn gauges(&self) -> Gauges {
        self.shared().gauges()
    }

    /// Begins nothing more, waits for open writes and statuses until `deadline` from now, then
    /// gives them up.
    pub async fn shutdown(&self, deadline: Duration) {
        let shared = self.shared();
        let by = *shared.stop_by.get_or_init(|| Instant::now() + deadline);
        shared.stopping.cancel();
        shared.tasks.close();
        if timeout_at(by, shared.tasks.wait()).await.is_err() {
            shared.aborted.cancel();
            shared.tasks.wait().await;
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    fn now(&self) -> Timestamp {
        self.shared().clock.now()
    }

    fn entry(&self, key: &RepoKey) -> Result<Arc<Entry>, UnknownRepository> {
        self.shared().entry(key).ok_or_else(|| UnknownRepository { key: key.clone() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.aborted.cancel();
    }
}

/// Takes a caller off the list when it stops waiting.
struct Leave<'a> {
    entry: &'a Entry,
    waiter: Waiter,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.entry.leave(self.waiter);
    }
}

#[cfg(test)]
mod tests;
