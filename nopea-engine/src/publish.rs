//! Shows the newest status of a repository, one write at a time, until it is taken.
//!
//! A status that a newer one overtakes is never written. Knows nothing of what a status says.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use futures::FutureExt as _;
use nopea_core::port::{Publish, Refusal};
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use crate::{backoff::Backoff, entry::Entry, shared::Shared, shared::lock};

/// The status that waits to be shown. No task runs while none does.
#[derive(Debug, Default)]
pub(crate) struct Publisher(Mutex<Slot>);

#[derive(Debug, Default)]
struct Slot {
    pending: Option<Publish>,
    task: Option<AbortHandle>,
    /// Nothing is tried again: the repository has come to its end.
    last_words: bool,
}

impl Publisher {
    /// From now on nothing is tried again.
    pub(crate) fn finish(&self) {
        lock(&self.0).last_words = true;
    }

    /// Gives up what waits or is under way: somebody is about to read what stands.
    pub(crate) fn withdraw(&self) {
        let Slot { pending, task, .. } = &mut *lock(&self.0);
        *pending = None;
        if let Some(task) = task.take() {
            task.abort();
        }
    }

    fn take(&self) -> Option<Publish> {
        let mut slot = lock(&self.0);
        let request = slot.pending.take();
        if request.is_none() {
            slot.task = None;
        }
        request
    }

    /// Puts back what was refused, unless something newer came; says whether to try again.
    fn put_back(&self, request: Publish) -> bool {
        let mut slot = lock(&self.0);
        if !slot.last_words && slot.pending.is_none() {
            slot.pending = Some(request);
        }
        slot.pending.is_some()
    }
}

/// Shows a status: now, or once the one before it was taken.
pub(crate) fn publish(shared: &Arc<Shared>, entry: &Arc<Entry>, request: Publish) {
    let mut slot = lock(&entry.publisher.0);
    slot.pending = Some(request);
    if slot.task.is_none() {
        let span = tracing::info_span!("publish", repository = %entry.key);
        let task = run(Arc::clone(shared), Arc::clone(entry)).instrument(span);
        let task = shared.aborted.clone().run_until_cancelled_owned(task);
        slot.task = Some(shared.tasks.spawn_on(task, &shared.runtime).abort_handle());
    }
}

async fn run(shared: Arc<Shared>, entry: Arc<Entry>) {
    let mut backoff = Backoff::default();
    while let Some(request) = entry.publisher.take() {
        let answer = {
            let _permit = shared.limits.publish().await;
            let publishing = shared.ports.status.publish(&request);
            AssertUnwindSafe(publishing).catch_unwind().await
        };
        let refusal = match answer {
            Ok(Ok(())) => {
                backoff.reset();
                continue;
            }
            Ok(Err(refusal)) if is_final(&refusal) => {
                tracing::info!(%refusal, "the status has nowhere to go");
                continue;
            }
            Ok(Err(refusal)) => refusal.to_string(),
            Err(_panic) => "the status sink panicked".to_owned(),
        };
        tracing::warn!(refusal, "could not publish the status");
        if entry.publisher.put_back(request) {
            tokio::select! {
                () = tokio::time::sleep(backoff.next()) => {}
                () = shared.stopping.cancelled() => entry.publisher.finish(),
            }
        }
    }
}

/// Says whether the parent is gone or was replaced: trying again cannot help.
fn is_final(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Status(status) => status.code == 404,
        Refusal::Unreachable(_) | Refusal::TimedOut(_) => false,
    }
}

#[cfg(test)]
mod tests;
