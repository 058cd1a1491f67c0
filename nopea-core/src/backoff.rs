//! How long to wait before the next try. Random numbers are hashes of an identity, so that equal
//! inputs wait alike and many repositories do not wait in step. Knows no clock.

use std::time::Duration;

use crate::model::{Hash, Uid};

/// The wait after a first failure.
pub const BASE: Duration = Duration::from_secs(1);
/// The longest wait, before jitter.
pub const CAP: Duration = Duration::from_mins(1);

/// The wait after `failures` failures in a row: `min(1 s × 2^(n-1), 60 s)` ± 10 % by a hash of the
/// uid and the count. No failure, no wait.
///
/// ```
/// use std::time::Duration;
/// use nopea_core::{backoff, model::Uid};
///
/// let uid = Uid::new("f00d");
/// assert_eq!(backoff::delay(0, &uid), Duration::ZERO);
/// assert!(backoff::delay(3, &uid).abs_diff(Duration::from_secs(4)) <= Duration::from_millis(400));
/// ```
pub fn delay(failures: u32, seed: &Uid) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let factor = 1_u32.checked_shl(doublings.min(31)).unwrap_or(u32::MAX);
    let wait = BASE.saturating_mul(factor).min(CAP);
    spread(wait, Hash::of_parts([&*seed.0, &failures.to_string()]))
}

/// An interval ± 10 % by a hash of `seed` alone: the same at every poll, so that those who poll
/// stay apart from each other.
///
/// ```
/// use std::time::Duration;
///
/// let minute = Duration::from_secs(60);
/// let wait = nopea_core::backoff::jitter(minute, "https://example.org/shop.git");
/// assert!(wait.abs_diff(minute) <= Duration::from_secs(6));
/// ```
pub fn jitter(interval: Duration, seed: &str) -> Duration {
    spread(interval, Hash::of_parts([seed]))
}

/// Moves `wait` by up to a tenth in either direction, in steps of a ten-thousandth.
fn spread(wait: Duration, hash: Hash) -> Duration {
    let step = u32::try_from(hash.as_u64() % 2001).unwrap_or(0);
    (wait / 10_000).saturating_mul(9_000 + step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_stays_within_a_tenth() {
        let table =
            [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (u32::MAX, 60)];
        for (failures, seconds) in table {
            let plain = Duration::from_secs(seconds);
            for seed in ["a", "b", "c", "d", "e"] {
                let wait = delay(failures, &Uid::new(seed));
                assert!(wait.abs_diff(plain) <= plain / 10, "{failures}: {wait:?}");
            }
        }
    }

    #[test]
    fn two_repositories_do_not_wait_in_step() {
        let waits: std::collections::BTreeSet<_> =
            (0..50).map(|n| delay(7, &Uid::new(n.to_string()))).collect();
        assert!(waits.len() > 40);
        assert_eq!(jitter(CAP, "a"), jitter(CAP, "a"));
    }
}
