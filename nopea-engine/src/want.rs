//! The want index: which keys the last complete render of each repository names.
//!
//! A key that moves from one repository to another is handed over instead of pruned. Knows nothing
//! of clusters, and lives in memory only: a repository that has not rendered yet is waited for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use nopea_core::model::{
    Commit, Declared, ObjectKey, Pin, Reference, RepoKey, SourceUrl, Timestamp,
};
use tokio::{sync::Notify, time::timeout};

use crate::{clock::Clock, shared::lock};

/// How long a prune waits for the other repositories of its mirror (design section 6).
const PATIENCE: Duration = Duration::from_secs(30);

/// What every repository wants.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    repositories: Mutex<BTreeMap<RepoKey, Wanting>>,
    changed: Notify,
}

#[derive(Debug)]
struct Wanting {
    url: SourceUrl,
    reference: Reference,
    rests: bool,
    pin: Option<Pin>,
    last: Option<(Commit, Arc<BTreeSet<ObjectKey>>)>,
}

/// What the other repositories want.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Those of the asked keys that one of them names.
    pub(crate) elsewhere: BTreeSet<ObjectKey>,
    /// Those whose last complete render is known.
    pub(crate) heard: BTreeSet<RepoKey>,
}

/// Who asks, and for which commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) asker: &'a RepoKey,
    pub(crate) commit: &'a Commit,
    pub(crate) clock: Clock,
}

impl Wanting {
    /// Says whether this repository is about to render `commit` of `asker`'s source.
    fn is_awaited(&self, asker: &Self, commit: &Commit, now: Timestamp) -> bool {
        let pinned = self.pin.as_ref().is_some_and(|pin| pin.holds(now));
        let rendered = self.last.as_ref().is_some_and(|(last, _)| last == commit);
        self.url == asker.url
            && may_meet(&self.reference, &asker.reference, commit)
            && !self.rests
            && !pinned
            && !rendered
    }
}

/// Says whether two references can name one commit at all: another branch or tag is another line
/// of work, and waiting for it would cost every prune the whole patience.
fn may_meet(theirs: &Reference, ours: &Reference, commit: &Commit) -> bool {
    match (theirs, ours) {
        (Reference::Commit(held), _) => held == commit,
        (Reference::Branch(theirs), Reference::Branch(ours))
        | (Reference::Tag(theirs), Reference::Tag(ours)) => theirs == ours,
        (Reference::Branch(_), Reference::Tag(_)) | (Reference::Tag(_), Reference::Branch(_)) => {
            false
        }
        (
            Reference::Head
            | Reference::Branch(_)
            | Reference::Tag(_)
            | Reference::Semver(_)
            | Reference::Ref(_),
            _,
        ) => true,
    }
}

impl Wants {
    /// A repository is declared, or declared anew.
    pub(crate) fn declare(&self, declared: &Declared) {
        let mut repositories = lock(&self.repositories);
        let last = repositories.remove(&declared.key).and_then(|before| before.last);
        let wanting = Wanting {
            url: declared.spec.url.clone(),
            reference: declared.spec.reference.clone(),
            rests: declared.spec.suspend || declared.deleted_at.is_some(),
            pin: declared.orders.pin.clone(),
            last,
        };
        repositories.insert(declared.key.clone(), wanting);
        drop(repositories);
        self.changed.notify_waiters();
    }

    /// A repository rendered a commit completely.
    pub(crate) fn want(&self, repo: &RepoKey, commit: Commit, keys: Arc<BTreeSet<ObjectKey>>) {
        if let Some(wanting) = lock(&self.repositories).get_mut(repo) {
            wanting.last = Some((commit, keys));
        }
        self.changed.notify_waiters();
    }

    /// A repository is gone.
    pub(crate) fn remove(&self, repo: &RepoKey) {
        lock(&self.repositories).remove(repo);
        self.changed.notify_waiters();
    }

    /// A repository found that a commit renders as the one before did.
    pub(crate) fn unchanged(&self, repo: &RepoKey, commit: &Commit) {
        if let Some(wanting) = lock(&self.repositories).get_mut(repo)
            && let Some((last, _)) = &mut wanting.last
        {
            last.clone_from(commit);
        }
        self.changed.notify_waiters();
    }

    /// Those of `keys` that another repository names, once all of the same source that are about
    /// to render `commit` have, or after 30 s. Each that is waited for is nudged: it may not have
    /// polled yet.
    pub(crate) async fn ask(
        &self,
        question: Question<'_>,
        keys: BTreeSet<ObjectKey>,
        nudge: impl Fn(&RepoKey),
    ) -> Heard {
        let Question { asker, commit, clock } = question;
        let mut awaited = self.awaited(asker, commit, clock.now());
        awaited.iter().for_each(nudge);
        let settled = async {
            loop {
                let changed = self.changed.notified();
                // one look at a time: hundreds may ask at once
                while let Some(other) = awaited.last()
                    && !self.is_awaited(asker, other, commit, clock.now())
                {
                    awaited.pop();
                }
                if awaited.is_empty() {
                    break;
                }
                changed.await;
            }
        };
        if timeout(PATIENCE, settled).await.is_err() {
            tracing::info!(%commit, "pruning without having heard of every repository of the source");
        }
        let repositories = lock(&self.repositories);
        let others = || repositories.iter().filter(|(repo, _)| *repo != asker);
        let named = |key: &ObjectKey| {
            others().any(|(_, other)| {
                other.last.as_ref().is_some_and(|(_, wanted)| wanted.contains(key))
            })
        };
        let elsewhere = keys.into_iter().filter(named).collect();
        let known = others().filter(|(_, other)| other.last.is_some());
        Heard { elsewhere, heard: known.map(|(repo, _)| repo.clone()).collect() }
    }

    /// The repositories whose source is `url`, however it is spelt.
    pub(crate) fn readers(&self, url: &str) -> Vec<RepoKey> {
        let wanted = plain(url);
        let repositories = lock(&self.repositories);
        let reads = repositories.iter().filter(|(_, one)| plain(one.url.expose()) == wanted);
        reads.map(|(repo, _)| repo.clone()).collect()
    }

    fn awaited(&self, asker: &RepoKey, commit: &Commit, now: Timestamp) -> Vec<RepoKey> {
        let repositories = lock(&self.repositories);
        let Some(own) = repositories.get(asker) else { return Vec::new() };
        let others = repositories.iter().filter(|(repo, _)| *repo != asker);
        let awaited = others.filter(|(_, other)| other.is_awaited(own, commit, now));
        awaited.map(|(repo, _)| repo.clone()).collect()
    }

    fn is_awaited(
        &self,
        asker: &RepoKey,
        other: &RepoKey,
        commit: &Commit,
        now: Timestamp,
    ) -> bool {
        let repositories = lock(&self.repositories);
        let (own, other) = (repositories.get(asker), repositories.get(other));
        own.zip(other).is_some_and(|(own, other)| other.is_awaited(own, commit, now))
    }
}

/// A url without what differs between its spellings: scheme, credentials, `.git`, case.
fn plain(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_credentials, host)| host);
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let local = matches!(scheme, "" | "file");
    if local { format!("{host}/{path}") } else { format!("{host}/{path}").to_ascii_lowercase() }
}

#[cfg(test)]
mod tests;
