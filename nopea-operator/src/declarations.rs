//! From the watch of `GitRepository` objects to the engine: carries, and decides nothing. What an
//! object means is the table's to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{
    StreamExt as _,
    stream::{BoxStream, SelectAll},
};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject},
    runtime::{
        WatchStreamExt as _,
        utils::Backoff,
        watcher::{self, Config, Event},
    },
};
use nopea_core::model::{Declared, RepoKey};
use nopea_engine::Engine;
use nopea_k8s::GitRepository;

use crate::{
    object::read,
    refusal::Refusals,
    table::{Change, Scope, Table},
};

/// The wait after the first failure of a watch.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait: a server that is back is noticed within this.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Whether every watch has shown all there was when it began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed(Arc<AtomicBool>);

impl Listed {
    /// Says whether it has.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// It has; says whether that is news.
    pub(crate) fn set(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// The declarations of a cluster.
pub(crate) struct Declarations {
    engine: Engine,
    refusals: Refusals,
    table: Table,
    /// The watches that have not shown all yet.
    unlisted: BTreeSet<Scope>,
    listed: Listed,
    /// What each watch failed of, while it fails.
    failing: BTreeMap<Scope, String>,
}

type Shows = (Scope, watcher::Result<Event<DynamicObject>>);

impl Declarations {
    /// Those that are shown to `engine`.
    pub(crate) fn new(engine: Engine, refusals: Refusals, listed: Listed) -> Self {
        Self {
            engine,
            refusals,
            table: Table::default(),
            unlisted: BTreeSet::new(),
            listed,
            failing: BTreeMap::new(),
        }
    }

    /// Watches these namespaces, or all where none is named, until it is dropped.
    pub(crate) async fn run(mut self, client: Client, namespaces: Vec<String>) {
        let scopes: BTreeSet<Scope> = if namespaces.is_empty() {
            [None].into()
        } else {
            namespaces.into_iter().map(Some).collect()
        };
        let mut watches: SelectAll<_> =
            scopes.iter().map(|scope| watch(&client, scope.clone())).collect();
        self.unlisted = scopes;
        while let Some((scope, shown)) = watches.next().await {
            self.take(scope, shown);
        }
    }

    fn take(&mut self, scope: Scope, shown: watcher::Result<Event<DynamicObject>>) {
        let event = match shown {
            Ok(event) => event,
            Err(error) => return self.failed(scope, &error),
        };
        let changes = match event {
            // it comes before the request for the list, which may still fail
            Event::Init => return self.table.list_begins(&scope),
            Event::InitApply(object) | Event::Apply(object) => {
                read(object).map(|seen| self.table.seen(&scope, seen)).unwrap_or_default()
            }
            Event::InitDone => {
                self.unlisted.remove(&scope);
                self.table.list_ends(&scope)
            }
            Event::Delete(object) => {
                let metadata = object.metadata;
                let key = metadata.namespace.zip(metadata.name);
                key.map(|(space, name)| self.table.gone(&RepoKey::new(space, name)))
                    .unwrap_or_default()
            }
        };
        if self.failing.remove(&scope).is_some() {
            tracing::info!(
                namespace = Named(&scope).to_string(),
                "GitRepositories are shown again"
            );
        }
        for change in changes {
            self.carry_out(change);
        }
        if self.unlisted.is_empty() && self.listed.set() {
            let repositories = self.engine.repositories().len();
            tracing::info!(repositories, "GitRepositories are listed");
        }
    }

    fn carry_out(&mut self, change: Change) {
        match change {
            Change::Put(declared) => {
                told(&declared);
                self.engine.put(*declared);
            }
            Change::ClaimLost(key) => {
                tracing::warn!(repository = %key, "the claim was taken off the object");
                let _unread_objects_have_no_worker = self.engine.claim_lost(&key);
            }
            Change::Remove(key) => {
                self.refusals.accept(&key);
                let _ended_by_itself = self.engine.remove(&key);
            }
            Change::Refuse(refused) => self.refusals.refuse(refused),
            Change::Accept(key) => self.refusals.accept(&key),
        }
    }

    /// Once a failure, not once a try.
    fn failed(&mut self, scope: Scope, error: &watcher::Error) {
        let (namespace, error) = (Named(&scope).to_string(), reason(error));
        if self.failing.get(&scope) == Some(&error) {
            tracing::debug!(namespace, error, "GitRepositories cannot be watched");
            return;
        }
        tracing::warn!(namespace, error, "GitRepositories cannot be watched; trying again");
        self.failing.insert(scope, error);
    }
}

/// What went wrong, in the server's words where it has any: the client's hold whole structures.
fn reason(error: &watcher::Error) -> String {
    match error {
        watcher::Error::WatchError(status)
        | watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status)) => status.message.clone(),
        watcher::Error::InitialListFailed(_)
        | watcher::Error::WatchStartFailed(_)
        | watcher::Error::WatchFailed(_)
        | watcher::Error::NoResourceVersion => error.to_string(),
    }
}

/// What the owner of an object should know of it is in its status; here for the operator's.
fn told(declared: &Declared) {
    let repository = &declared.key;
    for wrong in &*declared.orders.unread {
        tracing::warn!(%repository, "{wrong}");
    }
    if let Some(why) = &declared.orders.refused {
        tracing::warn!(%repository, "the spec cannot be, the last one that could stands: {why}");
    }
}

/// A scope for the log.
struct Named<'a>(&'a Scope);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("*"))
    }
}

fn watch(client: &Client, scope: Scope) -> BoxStream<'static, Shows> {
    // untyped: an object that cannot be read must not hide the others
    let resource = ApiResource::erase::<GitRepository>(&());
    let api: Api<DynamicObject> = match &scope {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let strip = |object: &mut DynamicObject| {
        object.metadata.managed_fields = None;
        if let Some(data) = object.data.as_object_mut() {
            data.remove("status");
        }
    };
    watcher::watcher(api, Config::default())
        .backoff(Short::default())
        .modify(strip)
        .map(move |shown| (scope.clone(), shown))
        .boxed()
}

/// 250 ms, 500 ms, then a second for ever.
#[derive(Debug, Default)]
struct Short {
    last: Option<Duration>,
}

impl Iterator for Short {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let next = self.last.map_or(FIRST_WAIT, |last| (last * 2).min(LONGEST_WAIT));
        self.last = Some(next);
        Some(next)
    }
}

impl Backoff for Short {
    fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests;
