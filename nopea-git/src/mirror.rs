//! The bare mirror of one remote on disk: found again, checked, fetched into, rebuilt.
//!
//! Blocking. Knows no port and no scheduling: one caller at a time fetches, any number reads.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use nopea_core::{
    model::{Commit, Hash, SourceUrl},
    port::SourceTree,
};

use crate::{
    error::{Cause, GitError},
    generation::Generation,
    tree::GitTree,
    wire::Wire,
};

/// With so many packs a mirror is built anew even where commits that are kept are lost thereby: no
/// more than [`crate::generation::PACK_SLOTS`] can be read at all.
const TOO_MANY_PACKS: usize = 400;
/// How many commits that were opened last survive a rebuild without being asked for.
const RECENT: usize = 16;

/// How large a mirror may grow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How many bytes one object may have.
    pub(crate) bytes: u64,
    /// With how many packs it is built anew.
    pub(crate) packs: usize,
}

/// The mirror of one remote.
#[derive(Debug)]
pub(crate) struct Mirror {
    url: SourceUrl,
    dir: PathBuf,
    size: Size,
    /// Held as long as this process uses the folder.
    _lock: File,
    state: Mutex<State>,
    /// Held by whoever fetches.
    pub(crate) fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Generation>>,
    next: u64,
    kept: BTreeSet<Commit>,
    recent: VecDeque<Commit>,
    trees: HashMap<Commit, Weak<GitTree>>,
    /// How many packs more are borne since the mirror could not be built anew.
    patience: usize,
}

impl Mirror {
    /// Finds or makes the folder of `url` below `data`, and loads what stands there if it is sound.
    pub(crate) fn open(data: &Path, url: &SourceUrl, size: Size) -> Result<Self, GitError> {
        let failed =
            |source: Cause| GitError::Mirror { url: url.clone(), path: data.to_owned(), source };
        let (dir, lock) = claim(data, url).map_err(failed)?;
        let mut numbers = numbers(&dir).map_err(failed)?;
        let mut state =
            State { next: numbers.last().map_or(1, |last| last + 1), ..State::default() };
        while let Some(number) = numbers.pop() {
            if state.current.is_none() {
                match Generation::load(&dir, number, size.bytes) {
                    Ok(sound) => {
                        state.current = Some(Arc::new(sound));
                        continue;
                    }
                    Err(error) => tracing::warn!(%url, %error, "the mirror is damaged"),
                }
            }
            fs::remove_dir_all(dir.join(number.to_string()))
                .map_err(|error| failed(error.into()))?;
        }
        let fetching = Arc::default();
        Ok(Self { url: url.clone(), dir, size, _lock: lock, state: Mutex::new(state), fetching })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree of a commit, if it is here. Damage is the same as absence.
    pub(crate) fn present(&self, commit: &Commit) -> Option<Arc<dyn SourceTree>> {
        let mut state = self.state();
        if state.current.as_ref().is_some_and(|current| current.objects().is_damaged()) {
            tracing::warn!(url = %self.url, "the mirror is damaged");
            state.replace(None);
        }
        if let Some(tree) = state.trees.get(commit).and_then(Weak::upgrade) {
            return Some(tree);
        }
        let generation = Arc::clone(state.current.as_ref()?);
        drop(state);
        let tree = match GitTree::open(generation.objects(), &self.url, commit) {
            Ok(tree) => Arc::new(tree?),
            Err(error) => {
                tracing::warn!(%error, "the mirror is damaged");
                self.state().replace(None);
                return None;
            }
        };
        let mut state = self.state();
        state.trees.retain(|_, tree| tree.strong_count() > 0);
        state.trees.insert(commit.clone(), Arc::downgrade(&tree));
        state.recent.retain(|known| known != commit);
        state.recent.push_back(commit.clone());
        if state.recent.len() > RECENT {
            state.recent.pop_front();
        }
        Some(tree)
    }

    /// Fetches a commit that is not here. `name` is a reference that leads to it, for servers that
    /// give out no bare ids.
    pub(crate) fn fetch(
        &self,
        wire: &Wire,
        commit: &Commit,
        name: Option<&str>,
    ) -> Result<Arc<dyn SourceTree>, GitError> {
        let (sound, limit) = {
            let state = self.state();
            (state.current.clone(), self.size.packs + state.patience)
        };
        let usable = sound.filter(|at| {
            let same_hash =
                at.objects().handle().object_hash().len_in_hex() == commit.as_str().len();
            same_hash && at.packs().is_ok_and(|packs| packs.len() <= limit)
        });
        let generation = match usable {
            Some(usable) => usable,
            None => self.rebuild(wire, commit)?,
        };
        self.fetch_into(&generation, wire, commit, name)?;
        generation.complete().map_err(|error| self.unusable(error.into()))?;
        let mut state = self.state();
        if state.current.as_ref().is_none_or(|current| current.number() != generation.number()) {
            state.replace(Some(generation));
            state.patience = 0;
        }
        drop(state);
        let unknown = || GitError::UnknownCommit { url: self.url.clone(), commit: commit.clone() };
        self.present(commit).ok_or_else(unknown)
    }

    /// Builds a repository beside the one in use, with the commits that are kept and, where possible,
    /// those that were opened lately. Where the remote no longer gives a kept one out, a sound old
    /// repository stays in use.
    fn rebuild(&self, wire: &Wire, like: &Commit) -> Result<Arc<Generation>, GitError> {
        let same_hash = |commit: &&Commit| commit.as_str().len() == like.as_str().len();
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        let old = state.current.clone();
        let kept: Vec<Commit> = state.kept.iter().filter(same_hash).cloned().collect();
        let recent: Vec<Commit> = state.recent.iter().filter(same_hash).cloned().collect();
        drop(state);
        let built = Generation::create(&self.dir, number, like, self.size.bytes)
            .map_err(|source| self.unusable(source))?;
        let Some(old) = old else { return Ok(Arc::new(built)) };
        let into = built.objects().handle();
        if let Err(error) = wire.fetch(&into, &kept) {
            let packs = old.packs().map_or(usize::MAX, |packs| packs.len());
            tracing::warn!(url = %self.url, packs, %error, "the mirror could not be built anew");
            if packs < TOO_MANY_PACKS {
                built.retire();
                self.state().patience += self.size.packs;
                return Ok(old);
            }
        }
        if let Err(error) = wire.fetch(&into, &recent) {
            tracing::debug!(url = %self.url, %error, "commits of late are fetched again when asked for");
        }
        Ok(Arc::new(built))
    }

    fn fetch_into(
        &self,
        generation: &Generation,
        wire: &Wire,
        commit: &Commit,
        name: Option<&str>,
    ) -> Result<(), GitError> {
        let wanted = std::slice::from_ref(commit);
        let repository = generation.objects().handle();
        let fetched = match (wire.fetch(&repository, wanted), name) {
            (Err(GitError::UnknownCommit { .. }), Some(name)) => {
                wire.fetch_by_name(&repository, name, commit)
            }
            (fetched, _) => fetched,
        };
        if fetched.is_err() {
            let in_use = self.state().current.as_ref().map(|current| current.number());
            if in_use != Some(generation.number()) {
                generation.retire();
            }
        }
        fetched
    }

    /// Keeps these commits through rebuilds, and forgets all others that nobody opened lately.
    pub(crate) fn keep(&self, commits: BTreeSet<Commit>) -> Result<(), GitError> {
        let (current, staying) = {
            let mut state = self.state();
            state.kept = commits;
            let staying: BTreeSet<Commit> =
                state.kept.iter().chain(&state.recent).cloned().collect();
            (state.current.clone(), staying)
        };
        let Some(current) = current else { return Ok(()) };
        let forget = || {
            let gone = current.kept()?.into_iter().filter(|commit| !staying.contains(commit));
            gone.into_iter().try_for_each(|commit| current.forget(&commit))
        };
        forget().map_err(|source| self.unusable(source))
    }

    fn unusable(&self, source: Cause) -> GitError {
        GitError::Mirror { url: self.url.clone(), path: self.dir.clone(), source }
    }
}

impl State {
    fn replace(&mut self, with: Option<Arc<Generation>>) {
        if let Some(old) = std::mem::replace(&mut self.current, with) {
            old.retire();
        }
        self.trees.clear();
    }
}

/// The first free folder of `url`: its own, or another where a second process uses that.
fn claim(data: &Path, url: &SourceUrl) -> Result<(PathBuf, File), Cause> {
    let name = Hash::of_parts([url.expose()]).to_string();
    let mut twin = 0_u32;
    loop {
        let dir = match twin {
            0 => data.join(&name),
            twin => data.join(format!("{name}-{twin}")),
        };
        fs::create_dir_all(&dir)?;
        let lock = File::options().create(true).append(true).open(dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => return Ok((dir, lock)),
            Err(fs::TryLockError::WouldBlock) => twin += 1,
            Err(fs::TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// The numbers of the repositories in `dir`, ascending.
fn numbers(dir: &Path) -> Result<Vec<u64>, Cause> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
