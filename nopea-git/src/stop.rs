//! How a caller's cancellation, time limit and byte limit reach blocking Git code.
//!
//! Knows nothing of Git: a flag that blocking code polls, and a signal that waiting code hears.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// What one piece of blocking work may use: until when, how many bytes, and whether still wanted.
#[derive(Debug)]
pub(crate) struct Stop {
    flag: AtomicBool,
    raised: Notify,
    time: Duration,
    deadline: Instant,
    received: AtomicU64,
    limit: u64,
}

/// Why work must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nobody waits for the answer any more.
    Interrupted,
    /// The time is over.
    TimedOut,
}

impl Stop {
    /// Gives work `time` and `limit` bytes.
    pub(crate) fn new(time: Duration, limit: u64) -> Arc<Self> {
        Arc::new(Self {
            flag: AtomicBool::new(false),
            raised: Notify::new(),
            time,
            deadline: Instant::now() + time,
            received: AtomicU64::new(0),
            limit,
        })
    }

    /// The flag that gix polls.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// How many bytes may be received.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// How long the work may take.
    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    /// Says whether the work must end.
    pub(crate) fn ended(&self) -> Option<Ended> {
        if self.flag.load(Ordering::SeqCst) {
            Some(Ended::Interrupted)
        } else {
            (Instant::now() >= self.deadline).then_some(Ended::TimedOut)
        }
    }

    /// Ends the work.
    pub(crate) fn raise(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.raised.notify_waiters();
    }

    /// Counts received bytes; false where the limit is passed.
    pub(crate) fn count(&self, bytes: u64) -> bool {
        self.received.fetch_add(bytes, Ordering::SeqCst).saturating_add(bytes) <= self.limit
    }

    /// Waits for `work`, but no longer than wanted.
    pub(crate) async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        let raised = self.raised.notified();
        tokio::pin!(raised);
        raised.as_mut().enable();
        if self.flag.load(Ordering::SeqCst) {
            return Err(Ended::Interrupted);
        }
        tokio::select! {
            biased;
            () = raised => Err(Ended::Interrupted),
            done = tokio::time::timeout_at(self.deadline, work) => {
                done.map_err(|_elapsed| Ended::TimedOut)
            }
        }
    }
}

/// Raises a [`Stop`] when it goes: held by the future whose answer somebody waits for.
#[derive(Debug)]
pub(crate) struct RaiseOnDrop(pub(crate) Arc<Stop>);

impl Drop for RaiseOnDrop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_guard_ends_work_that_waits() {
        let stop = Stop::new(Duration::from_mins(1), 10);
        let guard = RaiseOnDrop(Arc::clone(&stop));
        let waiting = stop.race(std::future::pending::<()>());
        let dropping = async { drop(guard) };
        let (ended, ()) = tokio::join!(waiting, dropping);
        assert_eq!(ended, Err(Ended::Interrupted));
        assert_eq!(stop.race(async {}).await, Err(Ended::Interrupted));
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_at_its_deadline() {
        let stop = Stop::new(Duration::from_mins(1), 10);
        assert_eq!(stop.race(std::future::pending::<()>()).await, Err(Ended::TimedOut));
    }

    #[tokio::test]
    async fn bytes_past_the_limit_are_refused() {
        let stop = Stop::new(Duration::from_mins(1), 10);
        assert!(stop.count(10));
        assert!(!stop.count(1));
    }
}
