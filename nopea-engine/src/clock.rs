//! The engine's clock: the only place that reads time. Knows nothing of what time is for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nopea_core::model::Timestamp;
use tokio::time::Instant;

/// Longer waits than this are no waits: tokio's timers cannot hold them.
const HORIZON: Duration = Duration::from_hours(24 * 365);

/// Wall time that never runs backwards: a start and the monotonic time since.
///
/// It follows tokio's clock, so that paused time works in tests.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    base: Instant,
}

impl Clock {
    /// Starts at the system's wall time.
    pub fn system() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::starting_at(Timestamp(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Starts at `start`: simulations and tests.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, base: Instant::now() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.start + self.base.elapsed()
    }

    /// The instant of a time; none where it lies beyond a year.
    pub(crate) fn instant(&self, at: Timestamp) -> Option<Instant> {
        let ahead = at.since(self.start);
        if at.since(self.now()) > HORIZON { None } else { self.base.checked_add(ahead) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_follows_paused_time_and_wakes_not_before_the_wish() {
        let clock = Clock::starting_at(Timestamp(5_000));
        assert_eq!(clock.now(), Timestamp(5_000));
        tokio::time::sleep_until(clock.instant(Timestamp(7_500)).unwrap()).await;
        assert_eq!(clock.now(), Timestamp(7_500));
        assert_eq!(clock.instant(Timestamp::NEVER), None);
    }
}
