//! How long to wait before a watch is opened again. Knows no clock.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
/// A server that comes back is noticed within this time.
const LAST: Duration = Duration::from_secs(2);
/// What is refused for good, for want of a right, is asked for this rarely.
const PATIENT: Duration = Duration::from_secs(30);

/// Counts what failed in a row.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
}

impl Pace {
    /// It works.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed: how long to wait.
    pub(super) fn next(&mut self) -> Duration {
        self.up_to(LAST)
    }

    /// It was refused: how long to wait.
    pub(super) fn refused(&mut self) -> Duration {
        self.up_to(PATIENT)
    }

    fn up_to(&mut self, last: Duration) -> Duration {
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(last);
        self.failures = self.failures.saturating_add(1);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_two_seconds_and_begin_anew_after_a_success() {
        let mut pace = Pace::default();
        assert_eq!(pace.next(), FIRST);
        assert_eq!(pace.next(), FIRST * 2);
        let later: Vec<_> = (0..1000).map(|_| pace.next()).collect();
        assert_eq!(later.last(), Some(&LAST));
        assert_eq!(pace.refused(), PATIENT);
        pace.reset();
        assert_eq!(pace.next(), FIRST);
    }
}
