//! Events that wait to be sent: bounded, and never in the way of who puts one in. When it is full the
//! oldest makes room, because what happened last says most about what runs now.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cloudevents::{AttributesReader as _, Event};
use tokio::sync::Notify;
use tracing::{info, warn};

/// What has become of the events so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that the receiver took.
    pub delivered: u64,
    /// Those that made room for newer ones, came after the end, or were left at the end.
    pub dropped: u64,
    /// Those that the receiver refused or did not take in all tries.
    pub refused: u64,
}

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) body: Vec<u8>,
}

impl Queued {
    pub(super) fn new(event: &Event) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_vec(event)?;
        Ok(Self { id: event.id().to_owned(), kind: event.ty().to_owned(), body })
    }
}

/// The queue between the emitters and the one task that sends.
#[derive(Debug)]
pub(super) struct Queue {
    capacity: usize,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Queued>,
    /// Whether one was taken out whose fate is not known yet.
    in_flight: bool,
    closed: bool,
    tally: Tally,
    /// How many were dropped since the queue was last empty: one line tells of all of them.
    dropped_in_a_row: u64,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), state: Mutex::default(), wake: Notify::new() }
    }

    /// Puts an event in, at once.
    pub(super) fn push(&self, event: Queued) {
        let mut state = self.lock();
        if state.closed {
            state.tally.dropped += 1;
            return;
        }
        if state.waiting.len() == self.capacity {
            state.waiting.pop_front();
            state.tally.dropped += 1;
            state.dropped_in_a_row += 1;
            if state.dropped_in_a_row == 1 {
                warn!(
                    capacity = self.capacity,
                    "events wait for their receiver: the oldest are dropped"
                );
            }
        }
        state.waiting.push_back(event);
        drop(state);
        self.wake.notify_one();
    }

    /// The oldest event, as soon as there is one; none after the end.
    pub(super) async fn next(&self) -> Option<Queued> {
        loop {
            {
                let mut state = self.lock();
                if let Some(event) = state.waiting.pop_front() {
                    state.in_flight = true;
                    return Some(event);
                }
                if state.dropped_in_a_row > 0 {
                    info!(dropped = state.dropped_in_a_row, "events are sent again");
                    state.dropped_in_a_row = 0;
                }
                if state.closed {
                    return None;
                }
            }
            // a permit that was given meanwhile is kept, so no push is missed
            self.wake.notified().await;
        }
    }

    pub(super) fn delivered(&self) {
        let mut state = self.lock();
        state.in_flight = false;
        state.tally.delivered += 1;
    }

    pub(super) fn refused(&self) {
        let mut state = self.lock();
        state.in_flight = false;
        state.tally.refused += 1;
    }

    /// Takes nothing any more; what waits can still be taken out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Gives up what waits and what is being sent, and says how many these are.
    pub(super) fn abandon(&self) -> u64 {
        let mut state = self.lock();
        let waiting = u64::try_from(state.waiting.len()).unwrap_or(u64::MAX);
        let left = waiting + u64::from(state.in_flight);
        state.waiting.clear();
        state.in_flight = false;
        state.tally.dropped += left;
        left
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // no code that holds the lock can leave the state half changed
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u32) -> Queued {
        Queued { id: id.to_string(), kind: "a".to_owned(), body: Vec::new() }
    }

    #[tokio::test]
    async fn events_come_out_in_the_order_they_went_in() {
        let queue = Queue::new(3);
        (1..=3).for_each(|id| queue.push(event(id)));
        for id in 1..=3 {
            assert_eq!(queue.next().await, Some(event(id)));
        }
    }

    #[tokio::test]
    async fn a_full_queue_drops_the_oldest_and_counts_them() {
        let queue = Queue::new(2);
        (1..=5).for_each(|id| queue.push(event(id)));
        assert_eq!(queue.tally().dropped, 3);
        assert_eq!(queue.next().await, Some(event(4)));
        assert_eq!(queue.next().await, Some(event(5)));
    }

    #[tokio::test]
    async fn a_closed_queue_is_emptied_then_ends() {
        let queue = Queue::new(2);
        queue.push(event(1));
        queue.close();
        queue.push(event(2));
        assert_eq!(queue.next().await, Some(event(1)));
        assert_eq!(queue.next().await, None);
        assert_eq!(queue.tally().dropped, 1);
    }

    #[tokio::test]
    async fn what_is_abandoned_counts_with_the_one_in_flight() {
        let queue = Queue::new(3);
        (1..=3).for_each(|id| queue.push(event(id)));
        assert_eq!(queue.next().await, Some(event(1)));
        assert_eq!(queue.abandon(), 3);
        assert_eq!(queue.tally().dropped, 3);
    }
}
