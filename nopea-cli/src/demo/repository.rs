//! A small Git repository in a temporary folder, written without a git binary. Knows no manifest.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use gix::{
    actor::SignatureRef,
    objs::{
        Tree,
        tree::{Entry, EntryKind},
    },
};
use tempfile::TempDir;

/// The one folder of the repository.
const FOLDER: &str = "deploy";
/// Fixed, so that every demonstration shows the same commits.
const WHEN: &str = "1767258000 +0000";

/// A bare repository and the files of its next commit.
pub(super) struct Repository {
    folder: TempDir,
    store: gix::Repository,
    files: BTreeMap<String, String>,
    head: Option<gix::ObjectId>,
}

impl Repository {
    /// Makes an empty one.
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let repository = gix::ThreadSafeRepository::init_opts(
            folder.path().join("shop.git"),
            gix::create::Kind::Bare,
            gix::create::Options::default(),
            gix::open::Options::isolated(),
        )?;
        let store = repository.to_thread_local();
        Ok(Self { folder, store, files: BTreeMap::new(), head: None })
    }

    /// Where it is.
    pub(super) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join(Path::new("shop.git"))
    }

    /// Changes a file for the next commit; an empty content removes it.
    pub(super) fn write(&mut self, file: &str, content: &str) {
        if content.is_empty() {
            self.files.remove(file);
        } else {
            self.files.insert(file.to_owned(), content.to_owned());
        }
    }

    /// Commits the files.
    pub(super) fn commit(&mut self, message: &str) -> anyhow::Result<()> {
        let mut entries = Vec::new();
        for (file, content) in &self.files {
            let oid = self.store.write_blob(content)?.detach();
            let filename = file.as_str().into();
            entries.push(Entry { mode: EntryKind::Blob.into(), filename, oid });
        }
        let oid = self.store.write_object(Tree { entries })?.detach();
        let folder = Entry { mode: EntryKind::Tree.into(), filename: FOLDER.into(), oid };
        let root = self.store.write_object(Tree { entries: vec![folder] })?.detach();
        let who =
            SignatureRef { name: "Demo".into(), email: "demo@example.org".into(), time: WHEN };
        let commit = self.store.commit_as(who, who, "HEAD", message, root, self.head)?;
        self.head = Some(commit.detach());
        Ok(())
    }
}
