//! A control plane that `cargo xtask cluster` starts, for as long as this is held.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use tempfile::TempDir;

/// A control plane of its own.
#[derive(Debug)]
pub(crate) struct Plane {
    xtask: PathBuf,
    root: TempDir,
}

impl Plane {
    /// Starts one.
    pub(crate) fn start(name: &str) -> Result<Self> {
        let xtask = std::env::var_os("NOPEA_XTASK").context("run it by `cargo xtask bench`")?;
        let root = tempfile::Builder::new().prefix(name).tempdir().context("make a folder")?;
        let plane = Self { xtask: xtask.into(), root };
        plane.task("up")?;
        Ok(plane)
    }

    fn task(&self, verb: &str) -> Result<()> {
        let mut command = Command::new(&self.xtask);
        command.args(["cluster", verb, "--dir"]).arg(self.dir());
        let output = command.output().context("start xtask")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cluster {verb}: {complaint}");
        Ok(())
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root.path().join("plane")
    }

    /// The administrator's configuration.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir().join("kubeconfig")
    }

    /// The audit log.
    pub(crate) fn audit(&self) -> PathBuf {
        self.dir().join("audit.log")
    }

    /// A client of the administrator.
    pub(crate) async fn client(&self) -> Result<Client> {
        client(&self.kubeconfig()).await
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        // there is nobody left to tell
        drop(self.task("down"));
    }
}

async fn client(kubeconfig: &Path) -> Result<Client> {
    let file = Kubeconfig::read_from(kubeconfig).context("read the kubeconfig")?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}
