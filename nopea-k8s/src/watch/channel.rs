//! What one repository has yet to hear of the kinds that it follows: the newest of each object, or
//! everything anew. It never makes a watch wait.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures::Stream;
use nopea_core::{
    model::{GroupKind, ObjectKey, Observation, Text},
    port::ViewEvent,
};

use super::{Shared, hub::Hub};

/// The queue of one follow.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) part_of: Text,
    buffer: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    kinds: BTreeSet<GroupKind>,
    events: BTreeMap<u64, Observation>,
    places: HashMap<ObjectKey, u64>,
    number: u64,
    /// Kinds that have to be shown anew before any further event of theirs.
    relist: BTreeSet<GroupKind>,
    gone: BTreeSet<GroupKind>,
    waker: Option<Waker>,
}

impl Channel {
    /// Everything is to be shown first.
    pub(super) fn new(part_of: Text, kinds: BTreeSet<GroupKind>, buffer: usize) -> Self {
        let relist = kinds.clone();
        let queue = Mutex::new(Queue { kinds, relist, ..Queue::default() });
        Self { part_of, buffer, queue }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a sighting; what is too much is forgotten and shown anew.
    pub(super) fn push(&self, seen: Observation) {
        let mut queue = self.queue();
        if queue.relist.contains(&seen.key.kind) {
            return;
        }
        if queue.events.len() >= self.buffer && !queue.places.contains_key(&seen.key) {
            queue.clear();
            let Queue { kinds, relist, .. } = &mut *queue;
            relist.clone_from(kinds);
        } else {
            queue.push(seen);
        }
        queue.wake();
    }

    /// Shows a kind anew.
    pub(super) fn relist(&self, kind: &GroupKind) {
        let mut queue = self.queue();
        queue.forget(kind);
        queue.relist.insert(kind.clone());
        queue.wake();
    }

    /// A kind is to be shown now: what waited of it is part of that.
    pub(super) fn listed(&self, kind: &GroupKind) {
        let mut queue = self.queue();
        queue.forget(kind);
        queue.relist.remove(kind);
    }

    /// A kind is no longer served.
    pub(super) fn gone(&self, kind: &GroupKind) {
        let mut queue = self.queue();
        queue.forget(kind);
        queue.relist.remove(kind);
        queue.gone.insert(kind.clone());
        queue.wake();
    }
}

impl Queue {
    /// The newest of an object goes to the end.
    fn push(&mut self, seen: Observation) {
        self.number += 1;
        if let Some(older) = self.places.insert(seen.key.clone(), self.number) {
            self.events.remove(&older);
        }
        self.events.insert(self.number, seen);
    }

    fn pop(&mut self) -> Option<Observation> {
        let (_, seen) = self.events.pop_first()?;
        self.places.remove(&seen.key);
        if self.events.is_empty() {
            self.clear();
        }
        Some(seen)
    }

    /// Gives the memory back as well.
    fn clear(&mut self) {
        self.events = BTreeMap::new();
        self.places = HashMap::new();
    }

    fn forget(&mut self, kind: &GroupKind) {
        let places = &mut self.places;
        self.events.retain(|_, seen| {
            let stays = seen.key.kind != *kind;
            if !stays {
                places.remove(&seen.key);
            }
            stays
        });
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The stream of one follow. Dropping it ends the follow.
pub(crate) struct Following {
    channel: Arc<Channel>,
    hubs: BTreeMap<GroupKind, Arc<Hub>>,
    shared: Arc<Shared>,
    listed: VecDeque<ViewEvent>,
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("kinds", &self.hubs.keys()).finish_non_exhaustive()
    }
}

impl Following {
    pub(super) fn new(
        channel: Arc<Channel>,
        hubs: BTreeMap<GroupKind, Arc<Hub>>,
        shared: Arc<Shared>,
    ) -> Self {
        Self { channel, hubs, shared, listed: VecDeque::new() }
    }

    /// Takes what a hub has complete, of the first kind that has to be shown anew.
    fn relist(&mut self) -> bool {
        let due = self.channel.queue().relist.clone();
        let complete = |kind: &GroupKind| self.hubs.get(kind)?.show(&self.channel);
        match due.iter().find_map(complete) {
            Some(events) => {
                self.listed = events;
                true
            }
            None => false,
        }
    }
}

impl Stream for Following {
    type Item = ViewEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ViewEvent>> {
        // first of all, so that nothing that happens from here on is missed
        self.channel.queue().waker = Some(cx.waker().clone());
        loop {
            if let Some(event) = self.listed.pop_front() {
                return Poll::Ready(Some(event));
            }
            self.listed = VecDeque::new();
            if let Some(kind) = self.channel.queue().gone.pop_first() {
                return Poll::Ready(Some(ViewEvent::Gone(kind)));
            }
            if self.relist() {
                continue;
            }
            let next = self.channel.queue().pop();
            return next.map_or(Poll::Pending, |seen| {
                Poll::Ready(Some(ViewEvent::Observed(Box::new(seen))))
            });
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.shared.leave(&self.channel, &self.hubs);
    }
}
