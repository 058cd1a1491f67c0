//! Kubernetes Events on the `GitRepository`: what `kubectl describe` tells of an attempt.
//!
//! Never in the way: notices wait in a bounded queue, each repository may cause only so many Events,
//! and what cannot be written is lost. What happened is decided elsewhere.

mod tell;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{self, EventType, Reporter};
use nopea_core::{
    model::{Notice, RepoKey, Timestamp, Uid},
    port::EventSink,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
    time::timeout,
};

use self::tell::Told;
use crate::{Kubernetes, ParentObject, status_sink::Shown};

/// How many Events may wait.
const QUEUE: usize = 256;
/// How many Events a repository may cause at once.
const BURST: u32 = 10;
/// How long until it may cause another one.
const REFILL: Duration = Duration::from_secs(30);
/// For how long the same text is not told again.
const AGAIN: Duration = Duration::from_mins(10);
/// How many repositories are remembered; the rest may speak as if they were new.
const REMEMBERED: usize = 4096;
/// How long a write may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Writes Events.
pub struct Recorder {
    queue: Sender<Waiting>,
    shown: Shown,
    lost: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

struct Waiting {
    repo: RepoKey,
    uid: Uid,
    at: Timestamp,
    told: Told,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Writes to `cluster` as `instance` (the name of this process, such as its Pod's). To be called
    /// inside of a tokio runtime.
    pub fn new(cluster: &Kubernetes, instance: &str) -> Self {
        let (queue, waiting) = channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let reporter = Reporter {
            controller: "nopea.io/nopea".to_owned(),
            instance: Some(instance.to_owned()),
        };
        let client = cluster.transport.client().clone();
        let writer = Writer {
            cluster: cluster.clone(),
            recorder: events::Recorder::new(client, reporter),
            budgets: Budgets::default(),
            lost: Arc::clone(&lost),
        };
        let shown = cluster.shown.clone();
        Self { queue, shown, lost, task: tokio::spawn(writer.run(waiting)) }
    }

    /// How many Events were not written: there were too many, or the cluster did not take them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EventSink for Recorder {
    fn emit(&self, notice: &Notice) {
        let Some(told) = tell::told(&notice.what) else { return };
        // only who was read or written to can have something to tell: no request for the uid, which is
        // forgotten when the parent is let go
        let uid = self.shown.uid(&notice.repo);
        let waiting =
            uid.map(|uid| Waiting { repo: notice.repo.clone(), uid, at: notice.at, told });
        if waiting.is_none_or(|waiting| self.queue.try_send(waiting).is_err()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Writer {
    cluster: Kubernetes,
    recorder: events::Recorder,
    budgets: Budgets,
    lost: Arc<AtomicU64>,
}

impl Writer {
    async fn run(mut self, mut waiting: Receiver<Waiting>) {
        while let Some(Waiting { repo, uid, at, told }) = waiting.recv().await {
            match self.budgets.grant(&repo, at, &told) {
                Grant::Tell => {
                    if !self.write(&repo, &uid, told).await {
                        self.lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Grant::Told => {}
                Grant::TooMany => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    async fn write(&self, repo: &RepoKey, uid: &Uid, told: Told) -> bool {
        let event = events::Event {
            type_: if told.warning { EventType::Warning } else { EventType::Normal },
            reason: told.reason.to_owned(),
            note: Some(told.note),
            action: told.action.to_owned(),
            secondary: None,
        };
        let regarding = reference(self.cluster.settings.parent, repo, uid);
        let written = timeout(DEADLINE, self.recorder.publish(&event, &regarding)).await;
        match written {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                let why = crate::refusal::reason(&error);
                tracing::debug!(repository = %repo, why, "could not write an Event");
                false
            }
            Err(_) => false,
        }
    }
}

fn reference(parent: ParentObject, repo: &RepoKey, uid: &Uid) -> ObjectReference {
    let (api_version, kind, name) = match parent {
        ParentObject::GitRepository => {
            ("nopea.io/v1alpha1", "GitRepository", repo.name.to_string())
        }
        ParentObject::ConfigMap => ("v1", "ConfigMap", format!("nopea-{}", repo.name)),
    };
    ObjectReference {
        api_version: Some(api_version.to_owned()),
        kind: Some(kind.to_owned()),
        namespace: Some(repo.namespace.to_string()),
        name: Some(name),
        uid: Some(uid.to_string()),
        ..ObjectReference::default()
    }
}

/// What each repository may still say.
#[derive(Debug, Default)]
struct Budgets(HashMap<RepoKey, Budget>);

#[derive(Debug)]
struct Budget {
    tokens: u32,
    /// From when on the tokens count.
    since: Timestamp,
    /// The last text of each reason, and when it was told.
    last: HashMap<&'static str, (String, Timestamp)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Tell,
    /// It says what it said a little before.
    Told,
    TooMany,
}

impl Budgets {
    fn grant(&mut self, repo: &RepoKey, at: Timestamp, told: &Told) -> Grant {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(repo) {
            self.0.clear();
        }
        let fresh = || Budget { tokens: BURST, since: at, last: HashMap::new() };
        let budget = self.0.entry(repo.clone()).or_insert_with(fresh);
        if let Some((note, when)) = budget.last.get(told.reason)
            && *note == told.note
            && at.since(*when) < AGAIN
        {
            return Grant::Told;
        }
        let earned = at.since(budget.since).as_secs() / REFILL.as_secs();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(BURST);
            budget.tokens = budget.tokens.saturating_add(earned).min(BURST);
            budget.since = at;
        }
        if budget.tokens == 0 {
            return Grant::TooMany;
        }
        budget.tokens -= 1;
        budget.last.insert(told.reason, (told.note.clone(), at));
        Grant::Tell
    }
}

#[cfg(test)]
mod tests;
