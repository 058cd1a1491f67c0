//! The port: who asks whom, when, and how many at once. Everything blocking happens elsewhere.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_trait::async_trait;
use nopea_core::{
    model::{Commit, Reference, SourceUrl},
    port::{GitSource, Open, Resolve, Resolved, SourceError, SourceTree},
};
use tokio::{
    runtime::Handle,
    sync::{OnceCell, OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::{
    error::GitError,
    local::LocalFolder,
    lookup::Lookup,
    mirror::{Mirror, Size},
    options::{Local, Options},
    place::{Place, full_name},
    refs::{Advertisement, beyond_branches_and_tags},
    stop::{Ended, RaiseOnDrop, Stop},
    wire::Wire,
};

/// Reads repositories over HTTP and from folders.
///
/// Share one: mirrors, look-ups, connections and limits are per value.
pub struct GixSource {
    options: Options,
    client: reqwest::Client,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    lookups: Mutex<HashMap<Question, Arc<Lookup>>>,
    mirrors: Mutex<HashMap<SourceUrl, Arc<OnceCell<Arc<Mirror>>>>>,
    folders: Mutex<HashMap<(SourceUrl, Commit), Weak<dyn SourceTree>>>,
}

/// A remote, and the one reference beyond branches and tags that is asked for.
type Question = (SourceUrl, Option<String>);

/// The HTTP client cannot be made as asked for.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for Git cannot be made")]
pub struct InvalidOptions {
    source: reqwest::Error,
}

/// Connections and questions may hold credentials.
impl fmt::Debug for GixSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GixSource").field("options", &self.options).finish_non_exhaustive()
    }
}

impl GixSource {
    /// Makes a source. Nothing is read or written before the first request.
    pub fn new(options: Options) -> Result<Self, InvalidOptions> {
        let invalid = |source| InvalidOptions { source };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(options.connect)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(invalid)?);
        }
        let client = builder.build().map_err(invalid)?;
        Ok(Self {
            options,
            client,
            hosts: Mutex::default(),
            lookups: Mutex::default(),
            mirrors: Mutex::default(),
            folders: Mutex::default(),
        })
    }

    /// Keeps these commits in the mirror of `url`, and forgets others that nobody opened lately.
    ///
    /// `commits` are those of all repositories that share the url: what members were applied from.
    pub async fn keep(
        &self,
        url: &SourceUrl,
        commits: BTreeSet<Commit>,
    ) -> Result<(), SourceError> {
        if let Place::Folder { .. } = Place::of(url)? {
            return Ok(());
        }
        let stop = self.stop();
        let mirror = self.mirror(url).await?;
        let turn = within(url, &stop, Arc::clone(&mirror.fetching).lock_owned()).await?;
        let forget = move || {
            let _turn = turn;
            mirror.keep(commits)
        };
        Ok(self.blocking(url, &stop, forget).await?)
    }

    fn stop(&self) -> Arc<Stop> {
        Stop::new(self.options.time, self.options.bytes)
    }

    fn wire(&self, url: &SourceUrl, stop: &Arc<Stop>) -> Wire {
        let (client, runtime) = (self.client.clone(), Handle::current());
        Wire { url: url.clone(), client, runtime, stop: Arc::clone(stop) }
    }

    /// Runs work on a thread that may block; gives up waiting when `stop` says so, and uses it up.
    async fn blocking<T: Send + 'static>(
        &self,
        url: &SourceUrl,
        stop: &Arc<Stop>,
        work: impl FnOnce() -> Result<T, GitError> + Send + 'static,
    ) -> Result<T, GitError> {
        let _raised_when_nobody_waits = RaiseOnDrop(Arc::clone(stop));
        match within(url, stop, spawn_blocking(work)).await? {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => Err(GitError::Interrupted { url: url.clone() }),
            },
        }
    }

    /// Waits for one of the places at a host. Held by the blocking work itself, as that outlives a
    /// caller who goes away.
    async fn permit(
        &self,
        url: &SourceUrl,
        host: &str,
        stop: &Arc<Stop>,
    ) -> Result<OwnedSemaphorePermit, GitError> {
        let places = || Arc::new(Semaphore::new(self.options.per_host.max(1)));
        let semaphore = shared(&self.hosts, host.to_owned(), places);
        let permit = within(url, stop, semaphore.acquire_owned()).await?;
        permit.map_err(|_never_closed| GitError::Interrupted { url: url.clone() })
    }

    async fn mirror(&self, url: &SourceUrl) -> Result<Arc<Mirror>, GitError> {
        let cell = shared(&self.mirrors, url.clone(), Arc::default);
        let stop = self.stop();
        let (data, remote) = (self.options.mirrors.clone(), url.clone());
        let size = Size { bytes: self.options.bytes, packs: self.options.packs };
        // A task of its own: a caller who goes away must not leave a half opened mirror locked.
        let opened = tokio::spawn(async move {
            let interrupted = GitError::Interrupted { url: remote.clone() };
            let open = move || Mirror::open(&data, &remote, size).map(Arc::new);
            let opening = async { spawn_blocking(open).await.unwrap_or(Err(interrupted)) };
            cell.get_or_try_init(|| opening).await.map(Arc::clone)
        });
        let opened = within(url, &stop, opened).await?;
        opened.unwrap_or_else(|_panicked| Err(GitError::Interrupted { url: url.clone() }))
    }

    fn lookup(&self, url: &SourceUrl, reference: &Reference) -> Arc<Lookup> {
        let also = beyond_branches_and_tags(reference).map(str::to_owned);
        shared(&self.lookups, (url.clone(), also), Arc::default)
    }

    async fn advertise(
        &self,
        url: &SourceUrl,
        host: &str,
        also: Option<String>,
    ) -> Result<Advertisement, SourceError> {
        let stop = self.stop();
        let permit = self.permit(url, host, &stop).await?;
        let wire = self.wire(url, &stop);
        let ask = move || {
            let _permit = permit;
            wire.advertise(also.as_deref())
        };
        Ok(self.blocking(url, &stop, ask).await?)
    }

    async fn resolve_remote(&self, request: &Resolve, host: &str) -> Result<Commit, SourceError> {
        let (url, reference) = (&request.location.url, &request.location.reference);
        if let Reference::Commit(commit) = reference {
            return Ok(commit.clone());
        }
        let also = beyond_branches_and_tags(reference).map(str::to_owned);
        let asking = self.advertise(url, host, also);
        let clock = || (self.options.clock)();
        let refs = self.lookup(url, reference).ask(request.not_before, clock, asking).await?;
        Ok(refs.select(url, reference)?.commit)
    }

    async fn open_remote(
        &self,
        request: &Open,
        host: &str,
    ) -> Result<Arc<dyn SourceTree>, GitError> {
        let url = &request.location.url;
        let stop = self.stop();
        let mirror = self.mirror(url).await?;
        if let Some(tree) = self.present(&mirror, request).await? {
            return Ok(tree);
        }
        let turn = within(url, &stop, Arc::clone(&mirror.fetching).lock_owned()).await?;
        // Somebody else may have fetched it in the meantime.
        if let Some(tree) = self.present(&mirror, request).await? {
            return Ok(tree);
        }
        let permit = self.permit(url, host, &stop).await?;
        let wire = self.wire(url, &stop);
        let (commit, name) = (request.commit.clone(), self.name(request));
        let fetch = move || {
            let _held = (turn, permit);
            mirror.fetch(&wire, &commit, name.as_deref())
        };
        self.blocking(url, &stop, fetch).await
    }

    async fn present(
        &self,
        mirror: &Arc<Mirror>,
        request: &Open,
    ) -> Result<Option<Arc<dyn SourceTree>>, GitError> {
        let (mirror, commit) = (Arc::clone(mirror), request.commit.clone());
        let look = move || Ok(mirror.present(&commit));
        self.blocking(&request.location.url, &self.stop(), look).await
    }

    /// A reference that leads to the commit, as far as is known.
    fn name(&self, request: &Open) -> Option<String> {
        let (url, reference) = (&request.location.url, &request.location.reference);
        full_name(reference).or_else(|| {
            let refs = self.lookup(url, reference).last()?;
            refs.select(url, reference).ok()?.name
        })
    }

    fn folder(&self, url: &SourceUrl, path: std::path::PathBuf) -> Result<LocalFolder, GitError> {
        let (url, local) = (url.clone(), self.options.local);
        match local {
            Local::Refused => Err(GitError::UnsupportedUrl {
                url,
                help: "folders are not allowed here: use https://",
            }),
            Local::Committed | Local::Worktree => Ok(LocalFolder { url, path, local }),
        }
    }

    async fn open_folder(
        &self,
        request: &Open,
        folder: LocalFolder,
    ) -> Result<Arc<dyn SourceTree>, GitError> {
        let url = &request.location.url;
        let key = (url.clone(), request.commit.clone());
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(tree) = known.and_then(|tree| tree.upgrade()) {
            return Ok(tree);
        }
        let (stop, commit) = (self.stop(), request.commit.clone());
        let within = Arc::clone(&stop);
        let tree = self.blocking(url, &stop, move || folder.open(&commit, &within)).await?;
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.retain(|_, tree| tree.strong_count() > 0);
        folders.insert(key, Arc::downgrade(&tree));
        Ok(tree)
    }
}

/// Waits for `work`, and says of which url it was that took too long.
async fn within<T>(
    url: &SourceUrl,
    stop: &Stop,
    work: impl Future<Output = T>,
) -> Result<T, GitError> {
    stop.race(work).await.map_err(|ended| match ended {
        Ended::TimedOut => GitError::TimedOut { url: url.clone(), limit: stop.time() },
        Ended::Interrupted => GitError::Interrupted { url: url.clone() },
    })
}

fn shared<K: Eq + Hash, V>(
    map: &Mutex<HashMap<K, Arc<V>>>,
    key: K,
    make: impl FnOnce() -> Arc<V>,
) -> Arc<V> {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(map.entry(key).or_insert_with(make))
}

#[async_trait]
impl GitSource for GixSource {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        let Resolve { location, .. } = request;
        let commit = match Place::of(&location.url)? {
            Place::Remote { host } => self.resolve_remote(request, &host).await?,
            Place::Folder { path } => {
                let folder = self.folder(&location.url, path)?;
                let (stop, reference) = (self.stop(), location.reference.clone());
                let within = Arc::clone(&stop);
                let look = move || folder.resolve(&reference, &within);
                self.blocking(&location.url, &stop, look).await?
            }
        };
        Ok(Resolved { commit })
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        let url = &request.location.url;
        Ok(match Place::of(url)? {
            Place::Remote { host } => self.open_remote(request, &host).await?,
            Place::Folder { path } => self.open_folder(request, self.folder(url, path)?).await?,
        })
    }
}
