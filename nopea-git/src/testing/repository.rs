//! A repository in a temporary folder, written to by the git binary, apart from the host's settings.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests use it, and they end at once"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use nopea_core::model::{Commit, SourceUrl};
use tempfile::TempDir;

/// A work tree `app` with its `.git`, in a folder of its own that a [`super::Server`] can serve.
#[derive(Debug)]
pub struct Repository {
    root: TempDir,
}

impl Repository {
    /// Makes a repository without a commit, on branch `main`.
    #[expect(clippy::new_without_default, reason = "it makes files and starts a program")]
    pub fn new() -> Self {
        Self::with_hash("sha1")
    }

    /// Makes a repository whose objects are named by this hash: `sha1` or `sha256`.
    pub fn with_hash(hash: &str) -> Self {
        let repository = Self { root: TempDir::new().unwrap() };
        fs::create_dir(repository.path()).unwrap();
        let format = format!("--object-format={hash}");
        repository.git(&["init", "-q", "-b", "main", &format, "."]);
        repository
    }

    /// The folder above: what a server serves.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The work tree.
    pub fn path(&self) -> PathBuf {
        self.root.path().join("app")
    }

    /// The work tree as a source.
    pub fn url(&self) -> SourceUrl {
        SourceUrl::parse(self.path().to_str().unwrap()).unwrap()
    }

    /// Runs git in the work tree; gives what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = command();
        let output = git.current_dir(self.path()).args(arguments).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Writes a file below the work tree.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes files and commits all that the work tree holds.
    pub fn commit(&self, files: &[(&str, &str)]) -> Commit {
        for (path, content) in files {
            self.write(path, content);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
        self.head()
    }

    /// The commit of HEAD.
    pub fn head(&self) -> Commit {
        Commit::parse(&self.git(&["rev-parse", "HEAD"])).unwrap()
    }
}

/// The git binary with a fixed identity and nothing of the host's configuration.
pub(super) fn command() -> Command {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            git.env_remove(name);
        }
    }
    git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Test")
            .env(format!("GIT_{who}_EMAIL"), "test@example.org");
        git.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
    }
    git
}
