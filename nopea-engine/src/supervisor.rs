//! Keeps one repository alive: ends a crashed incarnation wholly before it starts the next.
//!
//! The next one knows nothing of the one before: it starts from Restore, from the cluster and Git.
//! Knows nothing of what a worker does.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::FutureExt as _;
use nopea_core::{model::Declared, port::Publish};
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use crate::{
    backoff::Backoff,
    entry::{Entry, worker_crashed},
    publish::publish,
    shared::{Shared, lock},
    subscription::Update,
    worker::{Declaration, End, Worker},
};

/// An incarnation that lived so long crashed for a new reason.
const LONG_LIFE: Duration = Duration::from_mins(5);

/// Begins to supervise a repository whose declaration waits in its mailbox.
pub(crate) fn supervise(shared: &Arc<Shared>, entry: &Arc<Entry>) {
    let span = tracing::info_span!("worker", repository = %entry.key);
    let task = run(Arc::clone(shared), Arc::clone(entry)).instrument(span);
    let task = shared.aborted.clone().run_until_cancelled_owned(task);
    shared.tasks.spawn_on(task, &shared.runtime);
}

async fn run(shared: Arc<Shared>, entry: Arc<Entry>) {
    let mut backoff = Backoff::default();
    let Some(first) = heir_or_removal(&shared, &entry, None) else { return };
    let mut declaration = Declaration { declared: first, gone: false };
    loop {
        let (born, uid) = (Instant::now(), declaration.declared.uid.clone());
        let mut worker = Worker::new(Arc::clone(&shared), Arc::clone(&entry), declaration);
        let end = AssertUnwindSafe(worker.run()).catch_unwind().await;
        match end.unwrap_or(End::Crashed("a step of its state machine")) {
            End::Stopping => {
                let deadline = shared.stop_by.get().copied().unwrap_or_else(Instant::now);
                worker.requests.drain(deadline).await;
                return entry.drop_waiters();
            }
            End::Retired => {
                worker.requests.end().await;
                entry.mailbox.forget_sightings();
                let heard = worker.into_declaration();
                let heir = Some(heard.declared).filter(|last| !heard.gone && last.uid != uid);
                let Some(heir) = heir_or_removal(&shared, &entry, heir) else { return };
                entry.publisher.withdraw();
                entry.forget();
                declaration = Declaration { declared: heir, gone: false };
            }
            End::Crashed(what) => {
                worker.requests.end().await;
                declaration = worker.into_declaration();
                mourn(&shared, &entry, what);
                if born.elapsed() >= LONG_LIFE {
                    backoff.reset();
                }
                tokio::select! {
                    () = sleep(backoff.next()) => {}
                    () = shared.stopping.cancelled() => return entry.drop_waiters(),
                }
                // the next incarnation reads the status: what comes later would contradict it
                entry.publisher.withdraw();
                entry.mailbox.forget_sightings();
                if let Some(newer) = entry.mailbox.take_declared() {
                    if newer.uid != uid {
                        entry.forget();
                    }
                    declaration = Declaration { declared: newer, gone: false };
                }
            }
        }
    }
}

/// Says everywhere that the worker crashed.
fn mourn(shared: &Arc<Shared>, entry: &Arc<Entry>, what: &'static str) {
    let fault = worker_crashed(what);
    shared.restarts.fetch_add(1, Ordering::Relaxed);
    tracing::error!(%fault, help = %fault.help, "restarting the worker");
    entry.mailbox.forget_sightings();
    entry.reply_to_all(&fault);
    let (parent, status) = entry.crashed(fault, shared.clock.now());
    if entry.show(&status) {
        let update = Update::Changed(entry.key.clone(), Arc::clone(&status));
        let _nobody_listens = shared.updates.send(update);
    }
    if let Some(parent) = parent {
        publish(shared, entry, Publish { parent, status });
    }
}

/// The declaration that goes on under this name; where there is none, the name is free again.
fn heir_or_removal(
    shared: &Shared,
    entry: &Arc<Entry>,
    heir: Option<Declared>,
) -> Option<Declared> {
    // the lock is held throughout: nobody declares in between
    let mut registry = lock(&shared.registry);
    let heir = entry.mailbox.take_declared().or(heir);
    if heir.is_none() {
        entry.publisher.finish();
        shared.wants.remove(&entry.key);
        registry.remove(&entry.key);
        entry.drop_waiters();
    }
    heir
}

#[cfg(test)]
mod tests;
