//! Forwards what followed kinds show into the mailbox, and follows again whatever ends.
//!
//! That is transport, not a decision: the machine asked to follow, and hears of no gap, as a stream
//! that is opened anew shows everything again. Knows nothing of what the sightings mean.

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt as _;
use nopea_core::{
    model::{GroupKind, Text},
    port::{Follow, Refusal, ViewStream},
};
use tokio::{sync::watch, task::AbortHandle, time::sleep};

use crate::{backoff::Backoff, entry::Entry, shared::Shared};

/// The follow tasks of one incarnation and the kinds of each.
#[derive(Debug, Default)]
pub(crate) struct Followed(Vec<(BTreeMap<GroupKind, Text>, AbortHandle)>);

impl Followed {
    /// Takes further kinds; gives those that one task is to follow now. Kinds that are followed
    /// already, in another version perhaps, leave their old task with its other kinds.
    pub(crate) fn add(&mut self, kinds: BTreeMap<GroupKind, Text>) -> BTreeMap<GroupKind, Text> {
        let mut merged = BTreeMap::new();
        self.0.retain_mut(|(followed, task)| {
            let stays = followed.keys().all(|kind| !kinds.contains_key(kind));
            if !stays {
                task.abort();
                merged.append(followed);
            }
            stays
        });
        merged.extend(kinds);
        merged
    }

    /// Names the task of these kinds.
    pub(crate) fn run_by(&mut self, kinds: BTreeMap<GroupKind, Text>, task: AbortHandle) {
        self.0.push((kinds, task));
    }
}

/// Follows until it is aborted.
pub(crate) async fn follow(
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    kinds: BTreeMap<GroupKind, Text>,
) {
    let request = Follow { repo: entry.key.clone(), kinds };
    let mut backoff = Backoff::default();
    loop {
        let relists = entry.mailbox.relists();
        match open(&shared, &entry, &request).await {
            Ok(stream) => {
                if forward(stream, &entry, relists).await == Seen::Something {
                    backoff.reset();
                }
                tracing::debug!("following anew");
            }
            Err(refusal) => tracing::warn!(%refusal, "could not follow the cluster"),
        }
        sleep(backoff.next()).await;
    }
}

async fn open(shared: &Shared, entry: &Entry, request: &Follow) -> Result<ViewStream, Refusal> {
    let _permit = shared.limits.request(&entry.requests).await;
    shared.ports.view.follow(request).await
}

/// Whether a stream showed anything before it ended.
#[derive(PartialEq, Eq)]
enum Seen {
    Something,
    Nothing,
}

/// Forwards until the stream ends or the mailbox asks for a relist.
async fn forward(mut stream: ViewStream, entry: &Entry, mut relists: watch::Receiver<u64>) -> Seen {
    let mut seen = Seen::Nothing;
    loop {
        tokio::select! {
            biased;
            _asked = relists.changed() => return seen,
            event = stream.next() => match event {
                Some(event) => {
                    entry.mailbox.observe(event).await;
                    seen = Seen::Something;
                }
                None => return seen,
            },
        }
    }
}

#[cfg(test)]
mod tests;
