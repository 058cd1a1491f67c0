//! The files of a folder on disk as a tree: a folder that is no repository, or uncommitted work.
//!
//! A snapshot of names and digests; contents are read when asked for, and must still have their
//! digest. Symbolic links are never followed, `.git` is left out. Knows no Git.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use nopea_core::{
    model::{Commit, ObjectId, SourceUrl, Text},
    port::{Entry, EntryKind, SourceTree, TreeError},
};
use sha2::{Digest as _, Sha256};

use crate::{
    error::GitError,
    stop::{Ended, Stop},
};

/// How deep folders may be nested.
const MAX_DEPTH: usize = 128;
/// How many entries a folder may hold in all.
const MAX_ENTRIES: usize = 200_000;

/// A snapshot of a folder.
#[derive(Debug)]
pub(crate) struct FolderTree {
    root: PathBuf,
    commit: Commit,
    folders: BTreeMap<String, Vec<(Text, Entry)>>,
    /// Where the content of a digest was seen, and what it is.
    files: BTreeMap<ObjectId, (PathBuf, EntryKind)>,
}

impl FolderTree {
    /// Reads the names below `root`, and the digests of all files.
    pub(crate) fn scan(url: &SourceUrl, root: &Path, stop: &Stop) -> Result<Self, GitError> {
        let mut tree = Self {
            root: root.to_owned(),
            commit: commit_of(&digest(b"")),
            folders: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let id = Scan { url, stop, entries: 0, tree: &mut tree }.folder("", 0)?;
        tree.commit = commit_of(&id);
        Ok(tree)
    }

    /// The digest of all names and contents, in the shape of a commit.
    pub(crate) fn commit(&self) -> &Commit {
        &self.commit
    }
}

fn commit_of(id: &ObjectId) -> Commit {
    // 64 hexadecimal digits are a commit; a digest never is anything else.
    Commit::parse(&id.0).unwrap_or_else(|_| unreachable!("a SHA-256 has 64 digits"))
}

struct Scan<'a> {
    url: &'a SourceUrl,
    stop: &'a Stop,
    entries: usize,
    tree: &'a mut FolderTree,
}

impl Scan<'_> {
    fn failed(&self, path: &str, source: io::Error) -> GitError {
        let id = if path.is_empty() { "." } else { path }.to_owned();
        GitError::Damaged { url: self.url.clone(), id, source: source.into() }
    }

    fn may_go_on(&self, bytes: u64, depth: usize) -> Result<(), GitError> {
        let url = self.url.clone();
        let too_large = GitError::TooLarge { url: url.clone(), limit: self.stop.limit() };
        match self.stop.ended() {
            Some(Ended::Interrupted) => Err(GitError::Interrupted { url }),
            Some(Ended::TimedOut) => Err(GitError::TimedOut { url, limit: self.stop.time() }),
            None if depth > MAX_DEPTH || self.entries > MAX_ENTRIES => Err(too_large),
            None if !self.stop.count(bytes) => Err(too_large),
            None => Ok(()),
        }
    }

    fn folder(&mut self, path: &str, depth: usize) -> Result<ObjectId, GitError> {
        let mut names: Vec<(Text, fs::FileType)> = Vec::new();
        let listing = fs::read_dir(self.tree.root.join(path));
        for entry in listing.map_err(|error| self.failed(path, error))? {
            let entry = entry.map_err(|error| self.failed(path, error))?;
            let kind = entry.file_type().map_err(|error| self.failed(path, error))?;
            // A name that is not UTF-8 cannot be written in a path of a manifest either.
            if let Ok(name) = entry.file_name().into_string()
                && name != ".git"
            {
                names.push((name.into(), kind));
            }
        }
        names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        self.entries += names.len();
        self.may_go_on(0, depth)?;
        let mut entries = Vec::with_capacity(names.len());
        for (name, kind) in names {
            let below = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            let entry = if kind.is_dir() {
                Entry { id: self.folder(&below, depth + 1)?, kind: EntryKind::Tree }
            } else if kind.is_symlink() {
                self.link(below)?
            } else if kind.is_file() {
                self.file(below, depth)?
            } else {
                continue; // sockets, pipes and devices are no content
            };
            entries.push((name, entry));
        }
        let mut hasher = Sha256::new();
        for (name, entry) in &entries {
            hasher.update(format!("{:?} {} {name}\0", entry.kind, entry.id));
        }
        self.tree.folders.insert(path.to_owned(), entries);
        Ok(hex(&hasher.finalize()))
    }

    fn link(&mut self, path: String) -> Result<Entry, GitError> {
        let target = target(&self.tree.root.join(&path));
        let id = digest(&target.map_err(|error| self.failed(&path, error))?);
        let kind = EntryKind::Symlink;
        self.tree.files.insert(id.clone(), (path.into(), kind));
        Ok(Entry { id, kind })
    }

    fn file(&mut self, path: String, depth: usize) -> Result<Entry, GitError> {
        let opened = File::open(self.tree.root.join(&path));
        let mut file = opened.map_err(|error| self.failed(&path, error))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer).map_err(|error| self.failed(&path, error))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            self.may_go_on(u64::try_from(read).unwrap_or(u64::MAX), depth)?;
            hasher.update(bytes);
        }
        let (id, kind) = (hex(&hasher.finalize()), EntryKind::Blob);
        self.tree.files.insert(id.clone(), (path.into(), kind));
        Ok(Entry { id, kind })
    }
}

impl SourceTree for FolderTree {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some((name, parents)) = parts.split_last() else {
            let id = ObjectId::new(self.commit.as_str());
            return Ok(Some(Entry { id, kind: EntryKind::Tree }));
        };
        let Some(folder) = self.folders.get(&parents.join("/")) else { return Ok(None) };
        let at = folder.binary_search_by(|(known, _)| (**known).cmp(name));
        Ok(at.ok().and_then(|at| folder.get(at)).map(|(_, entry)| entry.clone()))
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        let parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
        Ok(self.folders.get(&parts.join("/")).cloned().unwrap_or_default())
    }

    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError> {
        let damaged = |source: io::Error| TreeError::Damaged {
            what: self
                .files
                .get(id)
                .map_or_else(|| id.to_string(), |(path, _)| path.display().to_string()),
            source: source.into(),
        };
        let changed = || damaged(io::Error::other("it changed while it was read"));
        let (path, kind) = self.files.get(id).ok_or_else(changed)?;
        let path = self.root.join(path);
        let content = match kind {
            EntryKind::Symlink => target(&path).map_err(damaged)?,
            EntryKind::Blob | EntryKind::Tree | EntryKind::Submodule => {
                let meta = fs::symlink_metadata(&path).map_err(damaged)?;
                if !meta.is_file() {
                    return Err(changed());
                }
                if meta.len() > limit {
                    return Err(TreeError::TooLarge { id: id.clone(), size: meta.len(), limit });
                }
                let mut content = Vec::new();
                let file = File::open(&path).map_err(damaged)?;
                file.take(meta.len() + 1).read_to_end(&mut content).map_err(damaged)?;
                content
            }
        };
        if digest(&content) == *id { Ok(content) } else { Err(changed()) }
    }
}

fn target(link: &Path) -> io::Result<Vec<u8>> {
    Ok(fs::read_link(link)?.into_os_string().into_encoded_bytes())
}

fn digest(content: &[u8]) -> ObjectId {
    hex(&Sha256::digest(content))
}

fn hex(digest: &[u8]) -> ObjectId {
    let mut text = String::with_capacity(64);
    for byte in digest {
        let _cannot_fail = write!(text, "{byte:02x}");
    }
    ObjectId::new(text)
}
