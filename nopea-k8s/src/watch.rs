//! One watch per kind and version for all repositories: started by the first that follows it, stopped
//! with the last.
//!
//! ```text
//! API server -> session (list, watch, resume) -> hub (who has what, as hashes) -> channel -> worker
//! ```
//!
//! Objects are turned into observations where they arrive. What an observation means is decided by
//! the machine.

mod channel;
mod definitions;
mod hub;
mod names;
mod pace;
pub(crate) mod request;
mod riders;
mod session;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nopea_core::{
    membership::part_of_id,
    model::{GroupKind, Text},
    port::Follow,
};
use tokio::task::AbortHandle;

use self::{
    channel::{Channel, Following},
    hub::Hub,
    riders::Riders,
};
use crate::{discovery::Discovery, transport::Transport};

/// How many sightings wait for one repository before it has to take everything anew.
const BUFFER: usize = 1024;

/// The watches of a cluster. Clones share them.
#[derive(Clone)]
pub(crate) struct Watches(Arc<Shared>);

pub(crate) struct Shared {
    transport: Transport,
    discovery: Discovery,
    page_size: u32,
    buffer: usize,
    riders: Riders,
    open: Mutex<Open>,
}

/// A kind in the version in which it is watched.
type Place = (GroupKind, Text);

#[derive(Default)]
struct Open {
    hubs: BTreeMap<Place, (Arc<Hub>, AbortHandle)>,
    definitions: Option<AbortHandle>,
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches").field("open", &self.0.open().hubs.len()).finish_non_exhaustive()
    }
}

impl Watches {
    /// Nothing is watched yet.
    pub(crate) fn new(transport: Transport, discovery: Discovery, page_size: u32) -> Self {
        Self::with_buffer(transport, discovery, page_size, BUFFER)
    }

    fn with_buffer(
        transport: Transport,
        discovery: Discovery,
        page_size: u32,
        buffer: usize,
    ) -> Self {
        let open = Mutex::default();
        let riders = Riders::default();
        Self(Arc::new(Shared { transport, discovery, page_size, buffer, riders, open }))
    }

    /// Shows a repository its objects of some kinds: what lives, then what changes.
    pub(crate) fn follow(&self, request: &Follow) -> Following {
        let kinds = request.kinds.keys().cloned().collect();
        let channel = Arc::new(Channel::new(part_of_id(&request.repo), kinds, self.0.buffer));
        let mut open = self.0.open();
        let join = |(kind, version): (&GroupKind, &Text)| {
            let place = (kind.clone(), Text::clone(version));
            let (hub, _) = open.hubs.entry(place).or_insert_with_key(|(kind, version)| {
                let hub = Arc::new(Hub::new(kind.clone(), Text::clone(version)));
                let task = session::run(Arc::clone(&self.0), Arc::clone(&hub));
                (hub, tokio::spawn(task).abort_handle())
            });
            hub.join(&channel);
            (kind.clone(), Arc::clone(hub))
        };
        let hubs = request.kinds.iter().map(join).collect();
        open.definitions.get_or_insert_with(|| {
            let (transport, discovery) = (self.0.transport.clone(), self.0.discovery.clone());
            tokio::spawn(definitions::run(transport, discovery)).abort_handle()
        });
        drop(open);
        Following::new(channel, hubs, Arc::clone(&self.0))
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A repository follows no more: what nobody follows is no longer watched.
    fn leave(&self, channel: &Arc<Channel>, hubs: &BTreeMap<GroupKind, Arc<Hub>>) {
        let mut open = self.open();
        for hub in hubs.values() {
            if hub.leave(channel) {
                open.close(hub);
            }
        }
        if open.hubs.is_empty()
            && let Some(task) = open.definitions.take()
        {
            task.abort();
        }
    }

    /// The kind of a hub is gone: who follows it anew watches it anew.
    fn retire(&self, hub: &Arc<Hub>) {
        self.open().close(hub);
    }
}

impl Open {
    fn close(&mut self, hub: &Arc<Hub>) {
        let place = (hub.kind.clone(), Text::clone(&hub.api_version));
        let held = self.hubs.get(&place);
        if held.is_some_and(|(one, _)| Arc::ptr_eq(one, hub))
            && let Some((_, task)) = self.hubs.remove(&place)
        {
            task.abort();
        }
    }
}

#[cfg(test)]
pub(crate) mod plane;

#[cfg(test)]
mod tests;
