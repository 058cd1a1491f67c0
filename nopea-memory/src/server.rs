//! The API server itself, synchronous and without a clock: it is told what time it is.
//!
//! Every write goes through the same end ([`finish`](Server::finish)): defaults, the fields that are
//! the server's own, validation, then storage, watches and the controllers' queue.
//! Must not know futures, locks or the ports' traits.

mod applying;
mod change;
mod deleting;
mod finish;
mod lenient;
mod reading;
mod updating;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nopea_core::{
    fault::Fault,
    model::{ObjectKey, Text},
};

pub(crate) use applying::ApplyRequest;
pub(crate) use change::signed;
pub use deleting::Propagation;
pub(crate) use deleting::{CLEANUP, Preconditions};
pub(crate) use finish::{Draft, Ownership, Written, seconds};
pub(crate) use reading::in_version;
pub(crate) use updating::Writer;

use crate::{kinds::Kinds, parents::Parents, settings::Settings, store::Store, watch::Watches};

/// The state of a cluster.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) kinds: Kinds,
    pub(crate) watches: Watches,
    pub(crate) parents: Parents,
    pub(crate) settings: Settings,
    pub(crate) warnings: Vec<Fault>,
    /// What the controllers have to look at, and from when on.
    pub(crate) due: BTreeMap<Work, Timestamp>,
    /// Uids whose dependents stay when they go.
    pub(crate) orphaning: BTreeSet<String>,
    /// Namespaces that a lenient dry run took for granted.
    pub(crate) assumed: BTreeSet<Text>,
    pub(crate) now: Timestamp,
    /// Whether controllers are at work: what they wake is looked at in the same round.
    pub(crate) running: bool,
    ports: u32,
    addresses: u32,
    named_addresses: BTreeSet<String>,
}

/// One thing that a controller has to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// An object changed.
    Object(ObjectKey),
    /// The object of this uid is gone: what it owned goes, too.
    Owner(String),
}

impl Server {
    pub(crate) fn new(settings: Settings, now: Timestamp) -> Self {
        let mut server = Self {
            store: Store::new(settings.seed),
            kinds: Kinds::builtin(),
            watches: Watches::new(settings.buffer, settings.order),
            parents: Parents::default(),
            settings,
            warnings: Vec::new(),
            due: BTreeMap::new(),
            orphaning: BTreeSet::new(),
            assumed: BTreeSet::new(),
            now,
            running: false,
            ports: 0,
            addresses: 0,
            named_addresses: BTreeSet::new(),
        };
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            server.make_namespace(name);
        }
        server.run_due(Timestamp::MAX);
        server
    }

    /// A free address of the Services' range.
    fn next_address(&mut self) -> String {
        self.addresses += 1;
        let number = self.addresses;
        format!("10.96.{}.{}", (number >> 8) & 255, number & 255)
    }

    /// A number of the nodePorts' range.
    fn next_port(&mut self) -> u32 {
        self.ports = (self.ports + 1) % 2768;
        30_000 + self.ports
    }
}
