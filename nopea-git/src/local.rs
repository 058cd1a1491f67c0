//! Repositories and folders of this machine, read in place: no mirror, no git binary, no network.
//!
//! Blocking, and never writes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use gix::{bstr::ByteSlice as _, refs::TargetRef};
use nopea_core::{
    model::{Commit, Reference, SourceUrl},
    port::SourceTree,
};

use crate::{
    error::{Cause, GitError},
    folder::FolderTree,
    generation::isolated,
    options::Local,
    refs::Advertisement,
    stop::Stop,
    tree::{GitTree, Objects},
};

/// A folder of this machine.
#[derive(Debug)]
pub(crate) struct LocalFolder {
    pub(crate) url: SourceUrl,
    pub(crate) path: PathBuf,
    pub(crate) local: Local,
}

impl LocalFolder {
    /// Finds the commit that `reference` names now.
    pub(crate) fn resolve(&self, reference: &Reference, stop: &Stop) -> Result<Commit, GitError> {
        let Some(repository) = self.repository()? else {
            return self.resolve_files(reference, stop);
        };
        let repository = repository.to_thread_local();
        let refs = references(&repository).map_err(|error| self.damaged(&"references", error))?;
        let selected = refs.select(&self.url, reference)?;
        let unknown =
            || GitError::UnknownCommit { url: self.url.clone(), commit: selected.commit.clone() };
        let id = gix::ObjectId::from_hex(selected.commit.as_str().as_bytes())
            .map_err(|_invalid| unknown())?;
        let found = repository.try_find_object(id);
        let found = found.map_err(|error| self.damaged(&selected.commit, error.into()))?;
        let peeled = found.ok_or_else(unknown)?.peel_to_commit();
        let peeled = peeled.map_err(|error| self.damaged(&selected.commit, error.into()))?;
        Commit::parse(&peeled.id.to_string()).map_err(|_invalid| unknown())
    }

    /// Opens the tree of a commit.
    pub(crate) fn open(
        &self,
        commit: &Commit,
        stop: &Stop,
    ) -> Result<Arc<dyn SourceTree>, GitError> {
        let Some(repository) = self.repository()? else {
            let tree = FolderTree::scan(&self.url, &self.path, stop)?;
            if tree.commit() != commit {
                return Err(GitError::Changed { url: self.url.clone() });
            }
            return Ok(Arc::new(tree));
        };
        let objects = Arc::new(Objects::new(repository));
        match GitTree::open(&objects, &self.url, commit)? {
            Some(tree) => Ok(Arc::new(tree)),
            None => Err(GitError::UnknownCommit { url: self.url.clone(), commit: commit.clone() }),
        }
    }

    fn resolve_files(&self, reference: &Reference, stop: &Stop) -> Result<Commit, GitError> {
        match reference {
            Reference::Head => Ok(FolderTree::scan(&self.url, &self.path, stop)?.commit().clone()),
            Reference::Commit(wanted) => {
                let found = FolderTree::scan(&self.url, &self.path, stop)?.commit().clone();
                let (url, commit) = (self.url.clone(), wanted.clone());
                if found == commit {
                    Ok(found)
                } else {
                    Err(GitError::UnknownCommit { url, commit })
                }
            }
            Reference::Branch(_) | Reference::Tag(_) | Reference::Semver(_) | Reference::Ref(_) => {
                let what = format!("the files of a folder have no {reference}");
                Err(GitError::NotARepository { url: self.url.clone(), what })
            }
        }
    }

    /// Opens the repository; none where the files of the folder are meant.
    fn repository(&self) -> Result<Option<gix::ThreadSafeRepository>, GitError> {
        let unknown = |source| GitError::UnknownFolder { path: self.path.clone(), source };
        fs::read_dir(&self.path).map_err(unknown)?;
        if self.local == Local::Worktree || !holds_a_repository(&self.path) {
            return Ok(None);
        }
        let opened = gix::ThreadSafeRepository::open_opts(&self.path, isolated());
        opened.map(Some).map_err(|error| GitError::NotARepository {
            url: self.url.clone(),
            what: format!("its repository cannot be opened: {error}"),
        })
    }

    fn damaged(&self, what: &impl ToString, source: Cause) -> GitError {
        GitError::Damaged { url: self.url.clone(), id: what.to_string(), source }
    }
}

fn holds_a_repository(path: &Path) -> bool {
    let bare = path.join("HEAD").is_file() && path.join("objects").is_dir();
    bare || path.join(".git").exists()
}

/// All references as they stand; tags are peeled where one of them is chosen.
fn references(repository: &gix::Repository) -> Result<Advertisement, Cause> {
    let mut all = Advertisement::default();
    let head = repository.head()?;
    all.head_branch = head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned());
    all.head = head.id().and_then(|id| Commit::parse(&id.to_string()).ok());
    for reference in repository.references()?.all()? {
        let Ok(mut reference) = reference else { continue };
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        let id = match reference.target() {
            TargetRef::Object(id) => Some(id.to_string()),
            TargetRef::Symbolic(_) => reference.follow_to_object().ok().map(|id| id.to_string()),
        };
        if let Some(commit) = id.and_then(|id| Commit::parse(&id).ok()) {
            all.refs.insert(name, commit);
        }
    }
    Ok(all)
}
