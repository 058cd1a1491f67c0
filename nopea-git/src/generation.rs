//! One bare repository of a mirror on disk. Knows no remote: it is made, checked, counted, removed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use gix::{odb::store::init::Slots, progress::Discard};
use nopea_core::model::Commit;

use crate::{error::Cause, tree::Objects, wire::KEPT};

/// How many packs can be read; far more than a mirror should have.
pub(crate) const PACK_SLOTS: u16 = 512;

/// The file that says that a repository was finished before its process ended.
const COMPLETE: &str = "nopea-complete";

/// A repository below a mirror. It stays readable as long as a tree of it is held.
#[derive(Debug)]
pub(crate) struct Generation {
    dir: PathBuf,
    number: u64,
    objects: Arc<Objects>,
}

impl Generation {
    /// Makes an empty repository for objects named by hashes of the length of `like`.
    pub(crate) fn create(
        parent: &Path,
        number: u64,
        like: &Commit,
        bytes: u64,
    ) -> Result<Self, Cause> {
        let dir = parent.join(number.to_string());
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        fs::create_dir_all(&dir)?;
        let hash = match like.as_str().len() {
            64 => gix::hash::Kind::Sha256,
            _ => gix::hash::Kind::Sha1,
        };
        let options = gix::create::Options { object_hash: Some(hash), ..Default::default() };
        gix::ThreadSafeRepository::init_opts(&dir, gix::create::Kind::Bare, options, isolated())?;
        Self::open(dir, number, bytes)
    }

    /// Opens the repository that stands in `parent` under this number, removes what a killed process
    /// left in it, and checks every pack.
    ///
    /// Nobody else may use the folder.
    pub(crate) fn load(parent: &Path, number: u64, bytes: u64) -> Result<Self, Cause> {
        let dir = parent.join(number.to_string());
        if !dir.join(COMPLETE).is_file() {
            return Err("it was never finished".into());
        }
        remove_leftovers(&dir)?;
        let loaded = Self::open(dir, number, bytes)?;
        let hash = loaded.objects.handle().object_hash();
        for pack in loaded.packs()? {
            let pack = gix::odb::pack::Bundle::at(pack.with_extension("idx"), hash)?;
            pack.pack.verify_checksum(&mut Discard, &AtomicBool::new(false))?;
            pack.index.verify_checksum(&mut Discard, &AtomicBool::new(false))?;
        }
        Ok(loaded)
    }

    fn open(dir: PathBuf, number: u64, bytes: u64) -> Result<Self, Cause> {
        // No object may be larger unpacked than all objects packed: a few bytes can unpack to many.
        let limit = format!("gitoxide.objects.allocLimit={bytes}");
        let slots = Slots::Given(PACK_SLOTS);
        let options = isolated().open_path_as_is(true).object_store_slots(slots);
        let options = options.config_overrides([limit]);
        let objects = Objects::new(gix::ThreadSafeRepository::open_opts(&dir, options)?);
        let head = fs::read(dir.join("HEAD"))?;
        if !head.starts_with(b"ref: refs/") {
            return Err("its HEAD is no reference".into());
        }
        Ok(Self { dir, number, objects: Arc::new(objects) })
    }

    /// Says that the repository holds all that it must: after a crash, it is used again.
    pub(crate) fn complete(&self) -> io::Result<()> {
        fs::write(self.dir.join(COMPLETE), "")
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn objects(&self) -> &Arc<Objects> {
        &self.objects
    }

    /// The pack files.
    pub(crate) fn packs(&self) -> io::Result<Vec<PathBuf>> {
        let mut packs = Vec::new();
        for entry in fs::read_dir(self.dir.join("objects/pack"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "pack") {
                packs.push(path);
            }
        }
        Ok(packs)
    }

    /// The commits that are kept.
    pub(crate) fn kept(&self) -> Result<Vec<Commit>, Cause> {
        let mut kept = Vec::new();
        for reference in self.objects.handle().references()?.prefixed(KEPT)? {
            let Ok(reference) = reference else { continue };
            let name = reference.name().as_bstr().to_string();
            kept.extend(name.strip_prefix(KEPT).and_then(|id| Commit::parse(id).ok()));
        }
        Ok(kept)
    }

    /// Forgets that a commit is kept.
    pub(crate) fn forget(&self, commit: &Commit) -> Result<(), Cause> {
        let name = format!("{KEPT}{commit}");
        if let Some(kept) = self.objects.handle().try_find_reference(&name)? {
            kept.delete()?;
        }
        Ok(())
    }

    /// Removes the folder once nothing reads from it any more.
    pub(crate) fn retire(&self) {
        self.objects.remove_when_unused();
    }
}

/// Removes lock files, which would stop every later fetch, and halves of packs.
fn remove_leftovers(dir: &Path) -> io::Result<()> {
    let in_packs = dir.ends_with("objects/pack");
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let is_loose_objects = dir.ends_with("objects") && name.len() == 2;
            if !is_loose_objects {
                remove_leftovers(&path)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "lock")
            || (in_packs && !name.starts_with("pack-"))
        {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Options that read nothing of the host: no configuration, no environment.
pub(crate) fn isolated() -> gix::open::Options {
    gix::open::Options::isolated()
}
