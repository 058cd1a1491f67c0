//! A Git source whose commits are made by the test, and which does what the test wants: answer, hang,
//! fail or panic. Knows no engine and no cluster.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use nopea_core::{
    fault::Code,
    model::{Commit, ObjectId, Reference, SourceUrl, Text},
    port::{Entry, GitSource, Open, Resolve, Resolved, SourceError, SourceTree, TreeError},
};
use nopea_render::MemoryTree;

/// The url of the source that a test means when it names none.
pub const URL: &str = "https://git.test/shop";

/// What a source does when it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doing {
    /// It answers.
    #[default]
    Answer,
    /// It never answers a look-up or a fetch.
    Hang,
    /// It fails so.
    Fail(Code),
    /// It panics at each look-up.
    Panic,
    /// It answers, and its trees panic when they are read.
    PanicInTree,
}

/// How often a source was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Look-ups: which commit is it.
    pub resolves: usize,
    /// Fetches: open this commit.
    pub opens: usize,
}

#[derive(Debug, Default)]
struct Repository {
    trees: BTreeMap<Commit, MemoryTree>,
    head: Option<Commit>,
    doing: Doing,
    asked: Asked,
}

#[derive(Debug, Default)]
struct Repositories {
    made: u64,
    by_url: BTreeMap<String, Repository>,
}

/// In-memory repositories by url; whatever takes no url means the one at [`URL`].
#[derive(Debug, Default)]
pub struct MemorySource(Mutex<Repositories>);

impl MemorySource {
    /// Commits exactly these files and moves HEAD there.
    pub fn commit(&self, files: &[(&str, &str)]) -> Commit {
        self.commit_to(URL, files)
    }

    /// Commits exactly these files to the repository at `url`.
    pub fn commit_to(&self, url: &str, files: &[(&str, &str)]) -> Commit {
        let tree =
            files.iter().fold(MemoryTree::new(), |tree, (path, text)| tree.file(path, *text));
        self.commit_tree(url, tree)
    }

    /// Commits what HEAD holds with these files added or replaced.
    pub fn change(&self, files: &[(&str, &str)]) -> Commit {
        let tree =
            files.iter().fold(self.head_tree(URL), |tree, (path, text)| tree.file(path, *text));
        self.commit_tree(URL, tree)
    }

    /// Commits what HEAD holds without these files.
    pub fn remove(&self, paths: &[&str]) -> Commit {
        let tree = paths.iter().fold(self.head_tree(URL), |tree, path| tree.without(path));
        self.commit_tree(URL, tree)
    }

    /// Commits a tree to the repository at `url` and moves HEAD there.
    ///
    /// # Panics
    ///
    /// Never: its ids are hexadecimal.
    pub fn commit_tree(&self, url: &str, tree: MemoryTree) -> Commit {
        let mut all = self.lock();
        all.made += 1;
        let commit = Commit::parse(&format!("{:040x}", all.made)).unwrap();
        let repository = all.by_url.entry(url.to_owned()).or_default();
        repository.trees.insert(commit.clone(), tree);
        repository.head = Some(commit.clone());
        commit
    }

    /// Moves HEAD to a commit that was made before.
    pub fn rewind(&self, commit: &Commit) {
        self.lock().by_url.entry(URL.to_owned()).or_default().head = Some(commit.clone());
    }

    /// From now on the source at [`URL`] does this.
    pub fn set(&self, doing: Doing) {
        self.set_at(URL, doing);
    }

    /// From now on the source at `url` does this.
    pub fn set_at(&self, url: &str, doing: Doing) {
        self.lock().by_url.entry(url.to_owned()).or_default().doing = doing;
    }

    /// How often the source at [`URL`] was asked.
    pub fn asked(&self) -> Asked {
        self.asked_at(URL)
    }

    /// How often the source at `url` was asked.
    pub fn asked_at(&self, url: &str) -> Asked {
        self.lock().by_url.get(url).map(|one| one.asked).unwrap_or_default()
    }

    fn head_tree(&self, url: &str) -> MemoryTree {
        let all = self.lock();
        let repository = all.by_url.get(url);
        let head = repository.and_then(|one| one.trees.get(one.head.as_ref()?));
        head.cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Repositories> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts, and does what the test wants instead of an answer.
    async fn enter(
        &self,
        url: &SourceUrl,
        count: impl FnOnce(&mut Asked) + Send,
    ) -> Result<(), SourceError> {
        let doing = {
            let mut all = self.lock();
            let repository = all.by_url.entry(url.expose().to_owned()).or_default();
            count(&mut repository.asked);
            repository.doing
        };
        match doing {
            Doing::Answer | Doing::PanicInTree => Ok(()),
            Doing::Hang => std::future::pending().await,
            Doing::Fail(code) => Err(SourceError::new(code, "meant by the test")),
            Doing::Panic => panic!("a panic of the source, as the test wants it"),
        }
    }
}

#[async_trait]
impl GitSource for MemorySource {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        let location = &request.location;
        self.enter(&location.url, |asked| asked.resolves += 1).await?;
        let all = self.lock();
        let head = all.by_url.get(location.url.expose()).and_then(|one| one.head.clone());
        let named = match &location.reference {
            Reference::Head | Reference::Branch(_) => head,
            Reference::Commit(commit) => Some(commit.clone()),
            Reference::Tag(_) | Reference::Semver(_) | Reference::Ref(_) => None,
        };
        let unknown = || SourceError::new(Code::UnknownReference, "no such reference");
        named.map(|commit| Resolved { commit }).ok_or_else(unknown)
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        let url = &request.location.url;
        self.enter(url, |asked| asked.opens += 1).await?;
        let all = self.lock();
        let repository = all.by_url.get(url.expose());
        let tree = repository.and_then(|one| Some((one.trees.get(&request.commit)?, one.doing)));
        match tree {
            Some((_, Doing::PanicInTree)) => Ok(Arc::new(PanickingTree)),
            Some((tree, _)) => Ok(Arc::new(tree.clone())),
            None => Err(SourceError::new(Code::UnknownCommit, "no such commit")),
        }
    }
}

/// A tree that cannot be looked at.
#[derive(Debug)]
struct PanickingTree;

impl SourceTree for PanickingTree {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        panic!("a panic at the entry {path:?}, as the test wants it")
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        panic!("a panic at the folder {dir:?}, as the test wants it")
    }

    fn read(&self, id: &ObjectId, _limit: u64) -> Result<Vec<u8>, TreeError> {
        panic!("a panic at the blob {id}, as the test wants it")
    }
}
