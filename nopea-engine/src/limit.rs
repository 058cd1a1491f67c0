//! Fair shares of what is scarce: requests to the cluster, Git look-ups, renders, restores.
//!
//! tokio's semaphores serve in the order of asking, and a repository asks for a global permit only
//! while it holds one of its own few: none can fill the queue. Knows nothing of what is asked.

use std::sync::Arc;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::shared::Settings;

/// The limits that all repositories share.
#[derive(Debug)]
pub(crate) struct Limits {
    requests: Arc<Semaphore>,
    restores: Arc<Semaphore>,
    git: Arc<Semaphore>,
    renders: Arc<Semaphore>,
}

/// The right to do something; dropping it passes it on.
///
/// The semaphores are never closed, so that acquiring cannot fail; were it to, the work goes on.
#[derive(Debug)]
pub(crate) struct Permit {
    _held: Vec<Result<OwnedSemaphorePermit, AcquireError>>,
}

impl Limits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.max(1)));
        Self {
            requests: semaphore(settings.requests),
            restores: semaphore(settings.restores),
            git: semaphore(settings.git),
            renders: semaphore(settings.renders),
        }
    }

    /// How many permits for requests, Git and renders are held.
    pub(crate) fn held(&self, settings: &Settings) -> [usize; 3] {
        let held = |limit: usize, semaphore: &Semaphore| {
            limit.max(1).saturating_sub(semaphore.available_permits())
        };
        [
            held(settings.requests, &self.requests),
            held(settings.git, &self.git),
            held(settings.renders, &self.renders),
        ]
    }

    /// One request of a repository to the cluster: `own` is its share.
    pub(crate) async fn request(&self, own: &Arc<Semaphore>) -> Permit {
        take([own, &self.requests]).await
    }

    /// One request of a repository that is starting, when all others may be starting too.
    pub(crate) async fn restore(&self, own: &Arc<Semaphore>) -> Permit {
        take([&self.restores, own, &self.requests]).await
    }

    /// One status write: a repository has at most one at a time.
    pub(crate) async fn publish(&self) -> Permit {
        take([&self.requests]).await
    }

    /// One look-up or fetch.
    pub(crate) async fn git(&self) -> Permit {
        take([&self.git]).await
    }

    /// One render.
    pub(crate) async fn render(&self) -> Permit {
        take([&self.renders]).await
    }
}

/// Takes one permit of each, in this order: the same everywhere, so that nobody waits in a circle.
async fn take<const N: usize>(semaphores: [&Arc<Semaphore>; N]) -> Permit {
    let mut held = Vec::with_capacity(N);
    for semaphore in semaphores {
        held.push(Arc::clone(semaphore).acquire_owned().await);
    }
    Permit { _held: held }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_repository_that_asks_for_everything_gets_its_share_and_no_more() {
        let limits = Limits::new(&Settings { requests: 3, ..Settings::default() });
        let (greedy, modest) = (Arc::new(Semaphore::new(2)), Arc::new(Semaphore::new(2)));
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(limits.request(&greedy).await);
        }
        assert!(limits.request(&greedy).now_or_never().is_none());
        assert!(limits.request(&modest).now_or_never().is_some());
        held.pop();
        assert!(limits.request(&greedy).now_or_never().is_some());
    }

    #[tokio::test]
    async fn permits_are_given_in_the_order_of_asking() {
        let limits = Limits::new(&Settings { requests: 1, ..Settings::default() });
        let (first, second) = (Arc::new(Semaphore::new(8)), Arc::new(Semaphore::new(8)));
        let held = limits.request(&first).await;
        let mut waiting = Box::pin(limits.request(&second));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(held);
        assert!(limits.request(&first).now_or_never().is_none());
        assert!(waiting.now_or_never().is_some());
    }
}
