//! What the API server's own log says of the operator's requests.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{BufRead as _, BufReader, Seek as _, SeekFrom},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::plane::Plane;

/// A place in the log.
#[derive(Debug)]
pub(crate) struct Mark {
    log: PathBuf,
    offset: u64,
}

/// How many requests of which kind; watches and their renewals apart.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    counts: BTreeMap<&'static str, usize>,
}

impl Mark {
    /// The end of the log.
    pub(crate) fn now(plane: &Plane) -> Result<Self> {
        let log = plane.audit();
        let offset = std::fs::metadata(&log).context("read the audit log")?.len();
        Ok(Self { log, offset })
    }

    /// What the operator asked since.
    pub(crate) fn since(&self) -> Result<Asked> {
        let mut file = File::open(&self.log).context("read the audit log")?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut asked = Asked::default();
        for line in BufReader::new(file).lines() {
            // the last line may still be written
            let Ok(event) = serde_json::from_str::<Value>(&line?) else { continue };
            let text = |field: &str| event.get(field).and_then(Value::as_str).unwrap_or("");
            if text("userAgent").starts_with("nopea") && text("stage") == "ResponseComplete" {
                *asked.counts.entry(kind(text("verb"), text("requestURI"))).or_default() += 1;
            }
        }
        Ok(asked)
    }
}

fn kind(verb: &str, uri: &str) -> &'static str {
    let dry = uri.contains("dryRun=All");
    let status = uri.contains("/status?") || uri.ends_with("/status");
    let parent = uri.contains("/gitrepositories/");
    match verb {
        "watch" => "watch",
        "patch" | "create" | "update" if dry => "dryRun",
        "patch" | "update" if parent && status => "status",
        "patch" | "update" if parent => "claim",
        "patch" => "apply",
        "create" if uri.contains("/events") => "event",
        "create" | "update" => "create",
        "delete" => "delete",
        "get" if uri.starts_with("/apis/") || uri.starts_with("/api/") => "get",
        "get" => "discovery",
        "list" => "list",
        _ => "other",
    }
}

impl Asked {
    fn of(&self, kinds: &[&str]) -> usize {
        kinds.iter().filter_map(|kind| self.counts.get(kind)).sum()
    }

    /// All but watches and the Events that people read.
    pub(crate) fn total(&self) -> usize {
        self.counts.values().sum::<usize>() - self.of(&["watch", "event"])
    }

    /// Those that changed a managed object.
    pub(crate) fn writes(&self) -> usize {
        self.of(&["apply", "create", "delete"])
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.is_empty() {
            return f.write_str("none");
        }
        let parts: Vec<_> =
            self.counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(&parts.join(", "))
    }
}
