//! The files of one commit, read from an object database: a mirror's, or a local repository's.
//!
//! Knows neither remotes nor references, and never writes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use gix::{ObjectId as GitId, ThreadSafeRepository, bstr::ByteSlice as _, objs::tree};
use nopea_core::{
    model::{Commit, ObjectId, SourceUrl, Text},
    port::{BoxError, Entry, EntryKind, SourceTree, TreeError},
};

use crate::error::GitError;

/// How many names the decoded folders of one tree may hold before they are forgotten: some 10 MiB.
const CACHED_NAMES: usize = 100_000;

type Folder = Arc<Vec<(Text, Entry)>>;

/// A repository on disk, and what is known of its state.
pub(crate) struct Objects {
    shared: ThreadSafeRepository,
    damaged: AtomicBool,
    unwanted: AtomicBool,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Objects").field(&self.shared.path()).finish()
    }
}

impl Objects {
    pub(crate) fn new(shared: ThreadSafeRepository) -> Self {
        Self { shared, damaged: AtomicBool::new(false), unwanted: AtomicBool::new(false) }
    }

    /// Says whether an object could not be read.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::SeqCst)
    }

    /// Removes the repository from disk once nobody reads it any more.
    pub(crate) fn remove_when_unused(&self) {
        self.unwanted.store(true, Ordering::SeqCst);
    }

    /// A handle for one thread.
    pub(crate) fn handle(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if self.unwanted.load(Ordering::SeqCst)
            && let Err(error) = std::fs::remove_dir_all(self.shared.path())
        {
            let dir = self.shared.path().display();
            tracing::warn!(%dir, %error, "an old mirror stays on disk");
        }
    }
}

/// The tree of one commit.
pub(crate) struct GitTree {
    objects: Arc<Objects>,
    root: GitId,
    folders: Mutex<Folders>,
    /// Handles with their caches, which go with the tree: one for each thread that read at once.
    idle: Mutex<Vec<gix::Repository>>,
}

#[derive(Debug, Default)]
struct Folders {
    decoded: HashMap<GitId, Folder>,
    names: usize,
}

impl std::fmt::Debug for GitTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitTree").field("root", &self.root).finish_non_exhaustive()
    }
}

impl GitTree {
    /// Opens the tree of a commit; none where the commit is not there.
    pub(crate) fn open(
        objects: &Arc<Objects>,
        url: &SourceUrl,
        commit: &Commit,
    ) -> Result<Option<Self>, GitError> {
        let damaged = |source: gix::Error| {
            objects.damaged.store(true, Ordering::SeqCst);
            GitError::Damaged { url: url.clone(), id: commit.to_string(), source: source.into() }
        };
        let Ok(id) = GitId::from_hex(commit.as_str().as_bytes()) else { return Ok(None) };
        let repository = objects.handle();
        if repository.object_hash() != id.kind() {
            return Ok(None);
        }
        let Some(found) = repository.try_find_object(id).map_err(damaged)? else {
            return Ok(None);
        };
        let Ok(commit) = found.try_into_commit() else { return Ok(None) };
        let root = commit.tree_id().map_err(damaged)?.detach();
        let _readable = repository.find_tree(root).map_err(damaged)?.id;
        let (folders, idle) = (Mutex::default(), Mutex::default());
        Ok(Some(Self { objects: Arc::clone(objects), root, folders, idle }))
    }

    fn with<T>(&self, read: impl FnOnce(&gix::Repository) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let repository = idle.unwrap_or_else(|| self.objects.handle());
        let answer = read(&repository);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(repository);
        answer
    }

    fn damaged(&self, what: &impl ToString, source: impl Into<BoxError>) -> TreeError {
        self.objects.damaged.store(true, Ordering::SeqCst);
        TreeError::Damaged { what: what.to_string(), source: source.into() }
    }

    fn folder(&self, id: GitId) -> Result<Folder, TreeError> {
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = known.decoded.get(&id) {
            return Ok(Arc::clone(folder));
        }
        drop(known);
        let folder = self.with(|repository| {
            let found = repository.find_tree(id)?;
            let decoded = found.decode()?;
            let mut entries: Vec<_> = decoded.entries.iter().map(name_and_entry).collect();
            entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            Ok(Arc::new(entries))
        });
        let folder = folder.map_err(|error: gix::Error| self.damaged(&id, error))?;
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if known.names > CACHED_NAMES {
            *known = Folders::default();
        }
        if known.decoded.insert(id, Arc::clone(&folder)).is_none() {
            known.names += folder.len() + 1;
        }
        Ok(folder)
    }

    /// Walks from the root to `path`.
    fn walk(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        let mut here = Entry { id: text(&self.root), kind: EntryKind::Tree };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if here.kind != EntryKind::Tree {
                return Ok(None);
            }
            let folder = self.folder(parse(&here.id)?)?;
            let at = folder.binary_search_by(|(known, _)| (**known).cmp(name));
            match at.ok().and_then(|at| folder.get(at)) {
                Some((_, entry)) => here = entry.clone(),
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }
}

impl SourceTree for GitTree {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        self.walk(path)
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        match self.walk(dir)? {
            Some(Entry { id, kind: EntryKind::Tree }) => {
                Ok(self.folder(parse(&id)?)?.as_ref().clone())
            }
            Some(_) | None => Ok(Vec::new()),
        }
    }

    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError> {
        let git = parse(id)?;
        let data = self.with(|repository| {
            let size = repository.find_header(git)?.size();
            if size > limit {
                return Ok(Err(TreeError::TooLarge { id: id.clone(), size, limit }));
            }
            Ok(Ok(repository.find_blob(git)?.take_data()))
        });
        data.map_err(|error: gix::Error| self.damaged(id, error))?
    }
}

fn parse(id: &ObjectId) -> Result<GitId, TreeError> {
    GitId::from_hex(id.0.as_bytes())
        .map_err(|error| TreeError::Damaged { what: id.to_string(), source: error.into() })
}

fn text(id: &GitId) -> ObjectId {
    ObjectId::new(id.to_string())
}

fn name_and_entry(entry: &tree::EntryRef<'_>) -> (Text, Entry) {
    let kind = match entry.mode.kind() {
        tree::EntryKind::Tree => EntryKind::Tree,
        tree::EntryKind::Blob | tree::EntryKind::BlobExecutable => EntryKind::Blob,
        tree::EntryKind::Link => EntryKind::Symlink,
        tree::EntryKind::Commit => EntryKind::Submodule,
    };
    (entry.filename.to_str_lossy().into(), Entry { id: text(&entry.oid.to_owned()), kind })
}
