//! The stream of status changes. Knows nothing of how they came about.

use std::sync::Arc;

use futures::{Stream, stream};
use nopea_core::model::{RepoKey, Status};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// One item of a [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// A repository has a new status.
    Changed(RepoKey, Arc<Status>),
    /// So many changes were missed: read the statuses anew.
    Lagged(u64),
}

/// The status changes of all repositories from its making on.
#[derive(Debug)]
pub struct Subscription {
    pub(crate) receiver: Receiver<Update>,
}

impl Subscription {
    /// The next change; none once the engine is gone.
    ///
    /// # Cancellation
    ///
    /// Loses nothing.
    pub async fn next(&mut self) -> Option<Update> {
        match self.receiver.recv().await {
            Ok(update) => Some(update),
            Err(RecvError::Lagged(missed)) => Some(Update::Lagged(missed)),
            Err(RecvError::Closed) => None,
        }
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Update> + Send {
        stream::unfold(self, |mut subscription| async {
            subscription.next().await.map(|update| (update, subscription))
        })
    }
}
