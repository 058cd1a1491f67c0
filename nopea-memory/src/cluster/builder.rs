//! How a cluster is made.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{MemoryCluster, Shared};
use crate::{
    inject::Injector,
    server::Server,
    settings::{EventOrder, Pace, SchemaProblems, Settings, Strictness, Workloads},
};

/// Makes a [`MemoryCluster`].
#[derive(Clone, Debug, Default)]
pub struct Builder {
    settings: Settings,
    epoch: Option<Timestamp>,
}

impl Builder {
    /// What is done about kinds and namespaces that do not exist.
    #[must_use]
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.settings.strictness = strictness;
        self
    }

    /// When controllers look at what changed.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.settings.pace = pace;
        self
    }

    /// Whether workloads get a status; namespaces, definitions and garbage are always looked after.
    #[must_use]
    pub fn controllers(mut self, run: bool) -> Self {
        self.settings.workloads = if run { Workloads::Run } else { Workloads::Rest };
        self
    }

    /// Whether watches hear of a write before its writer.
    #[must_use]
    pub fn event_order(mut self, order: EventOrder) -> Self {
        self.settings.order = order;
        self
    }

    /// Which of several schema problems an apply names.
    #[must_use]
    pub fn schema_problems(mut self, problems: SchemaProblems) -> Self {
        self.settings.problems = problems;
        self
    }

    /// How many events a follow keeps before it lists anew.
    #[must_use]
    pub fn buffer(mut self, events: usize) -> Self {
        self.settings.buffer = events;
        self
    }

    /// What uids are made of.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// What time it is when the cluster starts; the time of the machine where none is given.
    #[must_use]
    pub fn epoch(mut self, at: Timestamp) -> Self {
        self.epoch = Some(at);
        self
    }

    /// Starts the cluster.
    pub fn build(self) -> MemoryCluster {
        let epoch = self.epoch.unwrap_or_else(Timestamp::now);
        let shared = Shared {
            server: Mutex::new(Server::new(self.settings, epoch)),
            injector: Injector::default(),
            epoch,
            started: Instant::now(),
            connected: Mutex::new(true),
            scheduled: Mutex::new(None),
        };
        MemoryCluster { shared: Arc::new(shared) }
    }
}
