//! What an engine is doing at one moment, for metrics. Counts, and knows no repository by name.

use std::sync::atomic::Ordering;

use crate::shared::{Shared, lock};

/// What an engine is doing at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Workers: one a declared repository.
    pub workers: usize,
    /// Letters that wait in their mailboxes.
    pub letters: usize,
    /// Requests to the cluster that are open.
    pub requests: usize,
    /// Look-ups and fetches that are open.
    pub git: usize,
    /// Renders that run.
    pub renders: usize,
    /// How often a worker ended unexpectedly and was started again.
    pub restarts: u64,
}

impl Shared {
    pub(crate) fn gauges(&self) -> Gauges {
        let [requests, git, renders] = self.limits.held(&self.settings);
        let registry = lock(&self.registry);
        Gauges {
            workers: registry.len(),
            letters: registry.values().map(|entry| entry.mailbox.waiting()).sum(),
            requests,
            git,
            renders,
            restarts: self.restarts.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Mocks, declared, repo};

    #[tokio::test]
    async fn what_is_held_and_what_waits_is_counted() {
        let shared = Mocks::default().shared();
        assert_eq!(shared.gauges(), Gauges::default());
        let entry = std::sync::Arc::new(crate::entry::Entry::new(repo("web"), 16, 8));
        entry.mailbox.declared(declared("web"), shared.clock.now());
        entry.mailbox.claim_lost(shared.clock.now());
        entry.mailbox.claim_lost(shared.clock.now());
        lock(&shared.registry).insert(repo("web"), std::sync::Arc::clone(&entry));
        let permit = shared.limits.request(&entry.requests).await;
        let counted = Gauges { workers: 1, letters: 2, requests: 1, ..Gauges::default() };
        assert_eq!(shared.gauges(), counted);
        drop(permit);
        assert_eq!(shared.gauges().requests, 0);
    }
}
