//! What this process holds and how long it ran. Knows nothing of why.

use std::{alloc::System, fs, time::Duration};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The memory of the process at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Bytes that are allocated.
    allocated: i64,
    /// KiB that are resident; 0 where the system does not say it.
    resident: i64,
}

impl Memory {
    pub(crate) fn now() -> Self {
        let counted = COUNTED.stats();
        let signed = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        let said = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = said.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        Self {
            allocated: signed(counted.bytes_allocated) - signed(counted.bytes_deallocated),
            resident: resident.unwrap_or(0),
        }
    }

    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            allocated: self.allocated - earlier.allocated,
            resident: self.resident - earlier.resident,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn kib_each(&self, units: usize) -> f64 {
        self.allocated as f64 / 1024.0 / units as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    pub(crate) fn resident_kib_each(&self, units: usize) -> f64 {
        self.resident as f64 / units as f64
    }
}

/// The processor time since `earlier`.
pub(crate) fn cpu_since(earlier: Duration) -> Duration {
    cpu().saturating_sub(earlier)
}

/// The processor time of the process; zero where the system does not say it.
pub(crate) fn cpu() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
