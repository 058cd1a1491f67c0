//! How a cluster behaves where real ones differ, or where a test wants it otherwise.

use std::time::Duration;

/// What is done about namespaces and kinds that do not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// They are refused, as a real cluster does.
    #[default]
    Strict,
    /// They are taken, each with a warning that says what a real cluster would answer.
    Lenient,
}

/// When the controllers look at what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Before the write is answered.
    Immediate,
    /// This long after the write; outside a tokio runtime at once.
    After(Duration),
    /// When they are told to ([`MemoryCluster::tick`](crate::MemoryCluster::tick)).
    OnTick,
}

/// Whether there are controllers that give workloads a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workloads {
    /// Deployments make `ReplicaSets`, those make Pods, Pods become ready.
    #[default]
    Run,
    /// Everything stays as it was applied.
    Rest,
}

/// Whether a watch hears of a write before its writer gets the answer (experiments, section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventOrder {
    /// Always before.
    #[default]
    BeforeAnswer,
    /// Always after; needs a tokio runtime.
    AfterAnswer,
    /// Now so, now so; needs a tokio runtime.
    Random(u64),
}

/// Which of several schema problems an apply names (experiments, 4c).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaProblems {
    /// All of them, sorted.
    #[default]
    Complete,
    /// Some of them, others at each call, as real servers do.
    Partial,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) strictness: Strictness,
    pub(crate) pace: Pace,
    pub(crate) workloads: Workloads,
    pub(crate) order: EventOrder,
    pub(crate) problems: SchemaProblems,
    pub(crate) buffer: usize,
    pub(crate) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strictness: Strictness::default(),
            pace: Pace::After(Duration::from_millis(20)),
            workloads: Workloads::default(),
            order: EventOrder::default(),
            problems: SchemaProblems::default(),
            buffer: 4096,
            seed: 1,
        }
    }
}
