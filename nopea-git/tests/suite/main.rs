//! The adapter against real Git: repositories in temporary folders, a real smart HTTP server.
#![expect(clippy::unwrap_used, reason = "a failing test ends at once")]

mod fault;
mod local;
mod mirror;
mod remote;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use nopea_core::{
    model::{Commit, Reference, SourceUrl, Timestamp},
    port::{GitSource as _, Location, Open, Resolve, SourceError, SourceTree},
};
use nopea_git::{
    GixSource, Local, Options,
    testing::{Repository, Server},
};
use tempfile::TempDir;

/// A source with mirrors of its own and a clock that stands until it is set.
struct Source {
    gix: GixSource,
    mirrors: Arc<TempDir>,
    now: Arc<AtomicU64>,
}

impl Source {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::in_folder(Arc::new(TempDir::new().unwrap()), change)
    }

    fn in_folder(mirrors: Arc<TempDir>, change: impl FnOnce(&mut Options)) -> Self {
        let now = Arc::new(AtomicU64::new(1));
        let clock = Arc::clone(&now);
        let mut options = Options::new(mirrors.path());
        options.clock = Arc::new(move || Timestamp(clock.load(Ordering::SeqCst)));
        options.local = Local::Committed;
        change(&mut options);
        Self { gix: GixSource::new(options).unwrap(), mirrors, now }
    }

    /// The same mirrors under a new process, as it were.
    fn restarted(self) -> Self {
        let mirrors = Arc::clone(&self.mirrors);
        drop(self);
        Self::in_folder(mirrors, |_| {})
    }

    async fn resolve(
        &self,
        url: &SourceUrl,
        reference: Reference,
        not_before: u64,
    ) -> Result<Commit, SourceError> {
        let location = Location { url: url.clone(), reference };
        let request = Resolve { location, not_before: Timestamp(not_before) };
        Ok(self.gix.resolve(&request).await?.commit)
    }

    async fn open(
        &self,
        url: &SourceUrl,
        commit: &Commit,
    ) -> Result<Arc<dyn SourceTree>, SourceError> {
        let location = Location { url: url.clone(), reference: Reference::Head };
        self.gix.open(&Open { location, commit: commit.clone() }).await
    }
}

fn impatient(options: &mut Options) {
    options.time = Duration::from_millis(200);
}

fn read(tree: &Arc<dyn SourceTree>, path: &str) -> String {
    let entry = tree.entry(path).unwrap().unwrap();
    String::from_utf8(tree.read(&entry.id, 1 << 20).unwrap()).unwrap()
}

fn fault(error: &SourceError) -> (&'static str, String) {
    (error.code.id(), error.fault().message.to_string())
}

const LOOK_UP: &str = "GET /app/info/refs";
const FETCH: &str = "POST /app/git-upload-pack fetch";

/// A repository with a file, served.
async fn served() -> (Repository, Server, SourceUrl, Commit) {
    let repository = Repository::new();
    let commit = repository.commit(&[("apps/web.yaml", "one"), ("README", "hello")]);
    let server = Server::start(repository.root()).await;
    let url = server.url("app");
    (repository, server, url, commit)
}
