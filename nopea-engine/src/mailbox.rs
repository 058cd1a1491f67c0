//! What a worker has yet to hear, coalesced: a flood of one thing is one event.
//!
//! Orders keep their order, sightings of the cluster keep the newest of each object; the two kinds
//! take turns. Knows nothing of what the events mean.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use nopea_core::{
    model::{Declared, GroupKind, ObjectKey, Timestamp},
    port::ViewEvent,
    reconcile::{Event, Waiter},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout_at},
};

use crate::shared::lock;

/// How long a full mailbox may hold a stream up before its sightings are dropped for a relist.
const PATIENCE: Duration = Duration::from_secs(5);

/// The inbox of one repository. Memory is taken when something arrives and given back when it is read.
#[derive(Debug)]
pub(crate) struct Mailbox {
    held: Mutex<Held>,
    capacity: usize,
    news: Notify,
    room: Notify,
    /// Counts the relists: a stream that was opened under a lower number has a gap.
    relists: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    orders: VecDeque<Order>,
    sightings: Sightings,
    sightings_next: bool,
}

/// An order and when it came: a push to many repositories is one moment for all of them, so that
/// one look-up serves them all.
#[derive(Debug)]
struct Order {
    at: Timestamp,
    event: Event,
}

#[derive(Debug, Default)]
struct Sightings {
    queue: BTreeMap<u64, ViewEvent>,
    places: HashMap<Slot, u64>,
    number: u64,
}

/// What a sighting is about: a newer one replaces an older one.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Slot {
    Object(ObjectKey),
    Kind(GroupKind),
}

/// The mailbox holds as many callers as it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Mailbox {
    /// A mailbox for so many sightings, and as many callers.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            held: Mutex::default(),
            capacity: capacity.max(1),
            news: Notify::new(),
            room: Notify::new(),
            relists: watch::Sender::new(0),
        }
    }

    /// The newest declaration, in the place of an older one that was not read yet.
    pub(crate) fn declared(&self, declared: Declared, at: Timestamp) {
        let event = Event::Declared(Box::new(declared));
        self.order(Order { at, event }, |held| matches!(held, Event::Declared(_)));
    }

    /// The end of the declaration: one that was not read yet never was.
    pub(crate) fn undeclared(&self, at: Timestamp) {
        lock(&self.held).orders.retain(|held| !matches!(held.event, Event::Declared(_)));
        let event = Event::Undeclared;
        self.order(Order { at, event }, |held| matches!(held, Event::Undeclared));
    }

    /// The claim on the declaring object was lost.
    pub(crate) fn claim_lost(&self, at: Timestamp) {
        self.order(Order { at, event: Event::ClaimLost }, |held| matches!(held, Event::ClaimLost));
    }

    /// How many letters wait.
    pub(crate) fn waiting(&self) -> usize {
        let held = lock(&self.held);
        held.orders.len() + held.sightings.queue.len()
    }

    /// A hint that the source changed.
    pub(crate) fn pushed(&self, at: Timestamp) {
        self.order(Order { at, event: Event::Pushed }, |held| matches!(held, Event::Pushed));
    }

    /// Somebody waits for a sync.
    pub(crate) fn sync_requested(&self, waiter: Waiter, at: Timestamp) -> Result<(), Full> {
        let waits = |held: &&Order| matches!(held.event, Event::SyncRequested(_));
        if lock(&self.held).orders.iter().filter(waits).count() >= self.capacity {
            return Err(Full);
        }
        self.order(Order { at, event: Event::SyncRequested(waiter) }, |_| false);
        Ok(())
    }

    /// A wish to heal these objects, or all where none is named.
    pub(crate) fn heal_requested(&self, keys: BTreeSet<ObjectKey>, at: Timestamp) {
        {
            let mut held = lock(&self.held);
            for order in &mut held.orders {
                if let Event::HealRequested(asked) = &mut order.event {
                    if asked.is_empty() || keys.is_empty() {
                        asked.clear();
                    } else {
                        asked.extend(keys);
                    }
                    return;
                }
            }
            held.orders.push_back(Order { at, event: Event::HealRequested(keys) });
        }
        self.news.notify_one();
    }

    fn order(&self, order: Order, same: impl Fn(&Event) -> bool) {
        {
            let mut held = lock(&self.held);
            match held.orders.iter_mut().find(|held| same(&held.event)) {
                Some(place) => *place = order,
                None => held.orders.push_back(order),
            }
        }
        self.news.notify_one();
    }

    /// The declaration that was not read yet, for a new life: the end of the one before it is moot.
    pub(crate) fn take_declared(&self) -> Option<Declared> {
        let mut held = lock(&self.held);
        let is_declared = |held: &Order| matches!(held.event, Event::Declared(_));
        if held.orders.iter().any(is_declared) {
            held.orders.retain(|held| !matches!(held.event, Event::Undeclared));
        }
        let place = held.orders.iter().position(is_declared)?;
        if let Some(Order { event: Event::Declared(declared), .. }) = held.orders.remove(place) {
            Some(*declared)
        } else {
            None
        }
    }

    /// Forgets what only the worker that ended could have understood.
    pub(crate) fn forget_sightings(&self) {
        lock(&self.held).sightings = Sightings::default();
        self.room.notify_waiters();
    }

    /// Forgets the callers: they were answered.
    pub(crate) fn forget_callers(&self) {
        lock(&self.held).orders.retain(|held| !matches!(held.event, Event::SyncRequested(_)));
    }

    /// The next event, once there is one, and when it came where it is an order.
    ///
    /// # Cancellation
    ///
    /// Loses nothing.
    pub(crate) async fn next(&self) -> (Option<Timestamp>, Event) {
        loop {
            if let Some(event) = self.take() {
                return event;
            }
            self.news.notified().await;
        }
    }

    fn take(&self) -> Option<(Option<Timestamp>, Event)> {
        let mut held = lock(&self.held);
        let sighting_first = held.sightings_next;
        held.sightings_next = !sighting_first;
        let sighting = if sighting_first { held.sightings.pop() } else { None };
        let next = match sighting {
            Some(event) => Some((None, event)),
            None => match held.orders.pop_front() {
                Some(Order { at, event }) => Some((Some(at), event)),
                None => held.sightings.pop().map(|event| (None, event)),
            },
        };
        drop(held);
        self.room.notify_waiters();
        next
    }

    /// Follows the relists from now on.
    pub(crate) fn relists(&self) -> watch::Receiver<u64> {
        self.relists.subscribe()
    }

    /// Takes a sighting; waits a while for room, then gives all sightings up for a relist.
    pub(crate) async fn observe(&self, event: ViewEvent) {
        let deadline = Instant::now() + PATIENCE;
        let mut event = Some(event);
        loop {
            let room = self.room.notified();
            event = event.and_then(|event| self.sight(event));
            if event.is_none() {
                self.news.notify_one();
                return;
            }
            if timeout_at(deadline, room).await.is_err() {
                self.forget_sightings();
                self.relists.send_modify(|number| *number += 1);
                return;
            }
        }
    }

    /// Takes a sighting, or gives it back where there is no room.
    fn sight(&self, event: ViewEvent) -> Option<ViewEvent> {
        let slot = Slot::of(&event);
        let mut held = lock(&self.held);
        let known = held.sightings.places.contains_key(&slot);
        if !known && held.sightings.queue.len() >= self.capacity {
            return Some(event);
        }
        held.sightings.push(slot, event);
        None
    }
}

impl Slot {
    fn of(event: &ViewEvent) -> Self {
        match event {
            ViewEvent::Observed(seen) => Self::Object(seen.key.clone()),
            ViewEvent::Synced { kind, .. } | ViewEvent::Gone(kind) => Self::Kind(kind.clone()),
        }
    }
}

impl Sightings {
    /// The newest of a slot goes to the end: what closes a round stays behind what it closes.
    fn push(&mut self, slot: Slot, event: ViewEvent) {
        self.number += 1;
        self.queue.insert(self.number, event);
        if let Some(older) = self.places.insert(slot, self.number) {
            self.queue.remove(&older);
        }
    }

    fn pop(&mut self) -> Option<Event> {
        let (_, event) = self.queue.pop_first()?;
        self.places.remove(&Slot::of(&event));
        if self.queue.is_empty() {
            *self = Self::default();
        }
        Some(match event {
            ViewEvent::Observed(seen) => Event::Observed(seen),
            ViewEvent::Synced { kind, live } => Event::KindSynced { kind, live },
            ViewEvent::Gone(kind) => Event::KindGone(kind),
        })
    }
}

#[cfg(test)]
mod tests;
