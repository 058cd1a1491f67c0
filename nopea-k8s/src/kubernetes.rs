//! The adapter: one cluster behind the ports of `nopea-core`.
//!
//! It holds what the ports share: the transport, the discovery and the settings. It decides nothing.

mod client;
mod kubeconfig;

use std::{fmt, time::Duration};

pub use self::{
    client::{Unusable, client},
    kubeconfig::{Context, NoContext, context},
};
use crate::{
    discovery::Discovery, status_sink::Shown, transport::Transport, view::Together, watch::Watches,
};

/// A Kubernetes cluster. Clones share everything.
#[derive(Clone)]
pub struct Kubernetes {
    pub(crate) transport: Transport,
    pub(crate) discovery: Discovery,
    pub(crate) settings: Settings,
    pub(crate) watches: Watches,
    pub(crate) shown: Shown,
    pub(crate) together: Together,
}

/// What is settled once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How many objects a list asks for at once.
    pub(crate) page_size: u32,
    /// What stands for a repository in the cluster.
    pub(crate) parent: ParentObject,
}

/// What stands for a repository in the cluster: it carries the claim and the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParentObject {
    /// A `GitRepository`.
    #[default]
    GitRepository,
    /// A config map `nopea-<name>`, made where it is missing: for one shot without an operator.
    ConfigMap,
}

/// Settles how a cluster is spoken to.
pub struct Builder {
    client: kube::Client,
    deadline: Duration,
    in_flight: usize,
    settings: Settings,
}

impl Kubernetes {
    /// Begins with a client, such as [`client`] makes one.
    pub fn builder(client: kube::Client) -> Builder {
        Builder {
            client,
            deadline: Duration::from_secs(30),
            // more than 8 requests at once gain nothing on one API server; reads come on top
            in_flight: 16,
            settings: Settings { page_size: 500, parent: ParentObject::GitRepository },
        }
    }
}

impl Builder {
    /// How long one request may take.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How many requests may be under way at once; watches are not counted.
    #[must_use]
    pub fn in_flight(self, in_flight: usize) -> Self {
        Self { in_flight, ..self }
    }

    /// How many objects a list asks for at once.
    #[must_use]
    pub fn page_size(mut self, page_size: u32) -> Self {
        self.settings.page_size = page_size;
        self
    }

    /// What stands for a repository in the cluster.
    #[must_use]
    pub fn parent(mut self, parent: ParentObject) -> Self {
        self.settings.parent = parent;
        self
    }

    /// Makes the adapter. It asks nothing of the cluster yet.
    pub fn build(self) -> Kubernetes {
        let transport = Transport::new(self.client, self.deadline, self.in_flight);
        let discovery = Discovery::new(transport.clone());
        let page_size = self.settings.page_size;
        let watches = Watches::new(transport.clone(), discovery.clone(), page_size);
        let shown = Shown::default();
        let together = Together::default();
        Kubernetes { transport, discovery, settings: self.settings, watches, shown, together }
    }
}

/// Without the client: it has no text, and its credentials must have none.
impl fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubernetes").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Without the client, as [`Kubernetes`].
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("deadline", &self.deadline)
            .field("in_flight", &self.in_flight)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
