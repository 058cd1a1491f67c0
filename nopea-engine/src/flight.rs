//! One look-up for all that ask the same at the same time. Knows nothing of what is looked up.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nopea_core::{fault::Fault, model::Timestamp};

use crate::{clock::Clock, shared::lock};

/// Below so many groups none is looked at for being forgotten.
const FEW: usize = 64;

/// Look-ups grouped by key: one at a time each, its answer shared with whoever waited.
///
/// # Cancellation
///
/// Whoever leads a look-up may be cancelled: the next in line leads.
#[derive(Debug)]
pub(crate) struct Flights<K, V> {
    groups: Mutex<HashMap<K, Arc<Group<V>>>>,
    keeping: Keeping,
    clock: Clock,
    /// Orders what happens within one millisecond.
    sequence: AtomicU64,
}

/// An answer that is older helps nobody: polls are closer together.
const STALE: Duration = Duration::from_hours(2);

/// Whether an answer outlives those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// As long as the key is used; later askers say how old it may be.
    Kept,
    /// No: somebody else remembers it.
    Dropped,
}

#[derive(Debug)]
struct Group<V> {
    last: tokio::sync::Mutex<Option<Outcome<V>>>,
}

#[derive(Debug)]
struct Outcome<V> {
    began: Timestamp,
    began_number: u64,
    ended_number: u64,
    result: Result<V, Fault>,
}

impl<V> Group<V> {
    /// Says whether nobody uses the group, nor has for long.
    fn is_forgotten(self: &Arc<Self>, now: Timestamp) -> bool {
        Arc::strong_count(self) == 1
            && self.last.try_lock().is_ok_and(|last| {
                last.as_ref().is_none_or(|outcome| now.since(outcome.began) > STALE)
            })
    }
}

impl<V> Outcome<V> {
    /// Says whether this outcome answers a question: it must have begun after `not_before`, and a
    /// failure only speaks to those who were waiting already.
    fn answers(&self, asked: u64, not_before: Timestamp) -> bool {
        let began_later = self.began == not_before && self.began_number > asked;
        let new_enough = self.began > not_before || began_later;
        new_enough && (self.result.is_ok() || asked < self.ended_number)
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Flights<K, V> {
    pub(crate) fn new(keeping: Keeping, clock: Clock) -> Self {
        Self { groups: Mutex::default(), keeping, clock, sequence: AtomicU64::new(0) }
    }

    /// Answers from what is known since `not_before`, from a look-up under way, or by `look`.
    pub(crate) async fn get<F>(
        &self,
        key: &K,
        not_before: Timestamp,
        look: impl FnOnce() -> F,
    ) -> Result<V, Fault>
    where
        F: Future<Output = Result<V, Fault>>,
    {
        let asked = self.number();
        let group = self.group(key);
        let result = {
            let mut last = group.last.lock().await;
            if let Some(known) = last.as_ref().filter(|last| last.answers(asked, not_before)) {
                known.result.clone()
            } else {
                let (began, began_number) = (self.clock.now(), self.number());
                let result = look().await;
                let (ended_number, shared) = (self.number(), result.clone());
                *last = Some(Outcome { began, began_number, ended_number, result: shared });
                result
            }
        };
        drop(group);
        if self.keeping == Keeping::Dropped {
            lock(&self.groups).retain(|_, group| Arc::strong_count(group) > 1);
        }
        result
    }

    fn number(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    fn group(&self, key: &K) -> Arc<Group<V>> {
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(key) {
            return Arc::clone(group);
        }
        if groups.len() >= FEW && groups.len() == groups.capacity() {
            let now = self.clock.now();
            groups.retain(|_, group| !group.is_forgotten(now));
        }
        let group = Arc::new(Group { last: tokio::sync::Mutex::new(None) });
        groups.insert(key.clone(), Arc::clone(&group));
        group
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures::{FutureExt as _, future::join_all};
    use nopea_core::fault::Code;
    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Remote {
        flights: Flights<&'static str, usize>,
        looks: AtomicUsize,
        clock: Clock,
    }

    impl Remote {
        fn new(keeping: Keeping) -> Self {
            let clock = Clock::starting_at(Timestamp(10_000));
            Self { flights: Flights::new(keeping, clock), looks: AtomicUsize::new(0), clock }
        }

        async fn look(&self, not_before: Timestamp, works: bool) -> Result<usize, Fault> {
            let look = || async {
                let number = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
                sleep(SECOND).await;
                if works { Ok(number) } else { Err(Fault::new(Code::Unreachable, "gone")) }
            };
            self.flights.get(&"main", not_before, look).await
        }

        fn looks(&self) -> usize {
            self.looks.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_ask_during_a_look_up_share_its_answer() {
        let remote = Remote::new(Keeping::Kept);
        let asked = (0..200).map(|_| remote.look(Timestamp(0), true));
        assert!(join_all(asked).await.into_iter().all(|answer| answer == Ok(1)));
        assert_eq!(remote.looks(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_remembered_answer_serves_until_it_is_too_old() {
        let remote = Remote::new(Keeping::Kept);
        let began = remote.clock.now();
        assert_eq!(remote.look(Timestamp(0), true).await, Ok(1));
        sleep(60 * SECOND).await;
        assert_eq!(remote.look(began - SECOND, true).await, Ok(1));
        assert_eq!(remote.look(remote.clock.now(), true).await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_up_that_began_before_the_push_does_not_answer_it() {
        let remote = Remote::new(Keeping::Kept);
        let (early, late) = tokio::join!(remote.look(Timestamp(0), true), async {
            sleep(SECOND / 2).await;
            remote.look(remote.clock.now(), true).await
        });
        assert_eq!((early, late), (Ok(1), Ok(2)));
        let same_moment = Timestamp(remote.clock.now().0 - 1_000);
        assert_eq!(remote.look(same_moment, true).await, Ok(3), "the same millisecond is no proof");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_answers_those_who_waited_and_nobody_later() {
        let remote = Remote::new(Keeping::Kept);
        let asked = (0..5).map(|_| remote.look(Timestamp(0), false));
        assert!(join_all(asked).await.iter().all(Result::is_err));
        assert_eq!(remote.looks(), 1);
        assert_eq!(remote.look(Timestamp(0), true).await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_leader_is_cancelled_the_next_in_line_leads() {
        let remote = Remote::new(Keeping::Kept);
        let mut leader = Box::pin(remote.look(Timestamp(0), true));
        assert!(leader.as_mut().now_or_never().is_none());
        let mut next = Box::pin(remote.look(Timestamp(0), true));
        assert!(next.as_mut().now_or_never().is_none());
        drop(leader);
        assert_eq!(next.await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_kept_goes_with_its_last_asker() {
        let remote = Remote::new(Keeping::Dropped);
        assert_eq!(remote.look(Timestamp(0), true).await, Ok(1));
        assert!(lock(&remote.flights.groups).is_empty());
        assert_eq!(remote.look(Timestamp(0), true).await, Ok(2));
    }
}
