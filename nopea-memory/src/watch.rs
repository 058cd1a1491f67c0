//! Followers: which events a repository hears, bounded buffers, and relists instead of gaps.
//! Must not know how objects are written or observed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::Waker,
};

use nopea_core::{
    membership::{NAMESPACE, PART_OF, REPOSITORY},
    model::{Change, GroupKind, ObjectKey, RepoKey, Text},
};
use serde_json::Value;

use crate::{json, settings::EventOrder, store::scramble};

/// One event of one object.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) object: Arc<Value>,
    pub(crate) change: Change,
}

/// One follow of a repository.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) repo: RepoKey,
    pub(crate) kinds: BTreeMap<GroupKind, Text>,
    pub(crate) buffer: usize,
    queue: Mutex<Queue>,
}

/// What waits to be read.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) events: VecDeque<(GroupKind, Sighting)>,
    /// Kinds that have to be listed before any further event of theirs is shown.
    pub(crate) relist: BTreeSet<GroupKind>,
    pub(crate) waker: Option<Waker>,
}

impl Channel {
    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, kind: &GroupKind, sighting: Sighting) {
        if !self.kinds.contains_key(kind) {
            return;
        }
        let mut queue = self.queue();
        if queue.events.len() >= self.buffer {
            queue.events.clear();
            queue.relist.extend(self.kinds.keys().cloned());
        }
        if !queue.relist.contains(kind) {
            queue.events.push_back((kind.clone(), sighting));
        }
        wake(&mut queue);
    }

    fn relist(&self, kind: Option<&GroupKind>) {
        let mut queue = self.queue();
        match kind {
            Some(kind) if !self.kinds.contains_key(kind) => return,
            Some(kind) => {
                queue.events.retain(|(one, _)| one != kind);
                queue.relist.insert(kind.clone());
            }
            None => {
                queue.events.clear();
                queue.relist.extend(self.kinds.keys().cloned());
            }
        }
        wake(&mut queue);
    }
}

fn wake(queue: &mut Queue) {
    if let Some(waker) = queue.waker.take() {
        waker.wake();
    }
}

/// Every follow of a cluster.
#[derive(Debug)]
pub(crate) struct Watches {
    channels: BTreeMap<RepoKey, Vec<Weak<Channel>>>,
    held: VecDeque<(RepoKey, GroupKind, Sighting)>,
    buffer: usize,
    order: EventOrder,
    draws: u64,
}

impl Watches {
    pub(crate) fn new(buffer: usize, order: EventOrder) -> Self {
        Self { channels: BTreeMap::new(), held: VecDeque::new(), buffer, order, draws: 0 }
    }

    pub(crate) fn set_order(&mut self, order: EventOrder) {
        self.order = order;
    }

    /// Opens a follow: the first thing it does is to list.
    pub(crate) fn open(&mut self, repo: RepoKey, kinds: BTreeMap<GroupKind, Text>) -> Arc<Channel> {
        let relist = kinds.keys().cloned().collect();
        let queue = Mutex::new(Queue { relist, ..Queue::default() });
        let channel = Arc::new(Channel { repo: repo.clone(), kinds, buffer: self.buffer, queue });
        let channels = self.channels.entry(repo).or_default();
        channels.retain(|one| one.strong_count() > 0);
        channels.push(Arc::downgrade(&channel));
        channel
    }

    /// Tells followers of a change; `old` of a deletion carries the deletion's version.
    pub(crate) fn changed(
        &mut self,
        key: &ObjectKey,
        old: Option<&Arc<Value>>,
        new: Option<&Arc<Value>>,
    ) {
        if self.channels.is_empty() {
            return;
        }
        let before = old.filter(|object| selected(object)).and_then(|object| repo_of(object));
        let seen = new.filter(|object| selected(object));
        let after = seen.and_then(|object| repo_of(object));
        if let Some(object) = seen {
            let deleted = json::get(object, &["metadata", "deletionTimestamp"]).is_some();
            let change = if deleted { Change::Terminating } else { Change::Present };
            let repos: BTreeSet<RepoKey> = before.into_iter().chain(after).collect();
            for repo in repos {
                self.send(repo, &key.kind, Sighting { object: Arc::clone(object), change });
            }
            return;
        }
        let (Some(repo), Some(old)) = (before, old) else { return };
        let deleted = json::get(old, &["metadata", "deletionTimestamp"]).is_some();
        let change = if deleted && new.is_none() { Change::Gone } else { Change::LeftView };
        // The state before, at the version of this write (R2).
        let mut object = Arc::clone(old);
        if let Some(new) = new {
            let mut shown = Value::clone(old);
            json::carry(&mut shown, new, &["metadata", "resourceVersion"]);
            object = Arc::new(shown);
        }
        self.send(repo, &key.kind, Sighting { object, change });
    }

    fn send(&mut self, repo: RepoKey, kind: &GroupKind, sighting: Sighting) {
        if !self.channels.contains_key(&repo) {
            return;
        }
        let hold = match self.order {
            EventOrder::BeforeAnswer => false,
            EventOrder::AfterAnswer => true,
            EventOrder::Random(seed) => {
                self.draws += 1;
                scramble(seed ^ self.draws) & 1 == 1
            }
        };
        self.held.push_back((repo, kind.clone(), sighting));
        // Events of one object stay in order, so what is held holds what comes later.
        if !hold && self.held.len() == 1 {
            self.flush();
        }
    }

    pub(crate) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Shows what was held.
    pub(crate) fn flush(&mut self) {
        while let Some((repo, kind, sighting)) = self.held.pop_front() {
            for channel in self.channels.get(&repo).into_iter().flatten() {
                if let Some(channel) = channel.upgrade() {
                    channel.push(&kind, sighting.clone());
                }
            }
        }
    }

    /// Lists a kind anew in every follow of it.
    pub(crate) fn reopen(&mut self, kind: &GroupKind) {
        self.held.retain(|(_, one, _)| one != kind);
        self.each(|channel| channel.relist(Some(kind)));
    }

    /// Lists everything anew.
    pub(crate) fn expire(&mut self) {
        self.held.clear();
        self.each(|channel| channel.relist(None));
    }

    fn each(&self, act: impl Fn(&Channel)) {
        self.channels.values().flatten().filter_map(Weak::upgrade).for_each(|one| act(&one));
    }
}

/// Whether the selector of the shared watch takes an object (R6).
pub(crate) fn selected(object: &Value) -> bool {
    json::get(object, &["metadata", "labels", PART_OF]).is_some()
}

/// The repository that an object's labels name.
fn repo_of(object: &Value) -> Option<RepoKey> {
    let labels = json::get(object, &["metadata", "labels"])?;
    let text = |name: &str| labels.get(name).and_then(Value::as_str);
    Some(RepoKey::new(text(NAMESPACE)?, text(REPOSITORY)?))
}

/// The sets that an object's labels name: by the id of the set, and by the name of the repository.
pub(crate) fn sets_of(object: &Value) -> impl Iterator<Item = String> {
    let id = json::get(object, &["metadata", "labels", PART_OF]).and_then(Value::as_str);
    let named = id.and_then(|_| repo_of(object)).map(|repo| repo.to_string());
    id.map(str::to_owned).into_iter().chain(named)
}
