//! What an embedder decides about reading sources. Values only.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use nopea_core::model::Timestamp;

/// Says what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How sources are read.
#[derive(Clone)]
pub struct Options {
    /// The folder of the mirrors; it is made where it does not exist.
    pub mirrors: PathBuf,
    /// The clock that ages of answers are read from.
    pub clock: Clock,
    /// What may be read of this machine's own folders.
    pub local: Local,
    /// How long one look-up or fetch may take.
    pub time: Duration,
    /// How long a connection may take.
    pub connect: Duration,
    /// How many bytes one look-up or fetch may receive, one object unpack to, or a folder hold.
    pub bytes: u64,
    /// A mirror with more packs is built anew: each look-up of an object goes through all of them.
    pub packs: usize,
    /// How many requests may run against one host at once.
    pub per_host: usize,
    /// The proxy for all requests; the environment is never asked.
    pub proxy: Option<String>,
}

/// What may be read of this machine's own folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Local {
    /// Nothing: in a cluster, folders are the operator's own.
    #[default]
    Refused,
    /// The commits of repositories, and the files of folders that are none.
    Committed,
    /// The files as they stand, committed or not.
    Worktree,
}

impl Options {
    /// Mirrors in `mirrors`, the clock of this machine, folders refused, 60 s, 512 MiB, 8 requests a host.
    pub fn new(mirrors: impl Into<PathBuf>) -> Self {
        Self {
            mirrors: mirrors.into(),
            clock: Arc::new(system_time),
            local: Local::Refused,
            time: Duration::from_mins(1),
            connect: Duration::from_secs(10),
            bytes: 512 << 20,
            packs: 50,
            per_host: 8,
            proxy: None,
        }
    }
}

fn system_time() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
}

/// The proxy may hold a password, the clock has nothing to show.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("mirrors", &self.mirrors)
            .field("local", &self.local)
            .field("time", &self.time)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
