//! `cargo xtask cluster`: a control plane of Kubernetes on loopback, for tests and benchmarks. Several may
//! run side by side, and nothing of one is left behind. It knows no test.

mod binaries;
mod component;
mod interrupt;
mod layout;
mod plane;
mod port;
mod process;
mod ready;
mod start;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use tokio::process::Command;

use self::{binaries::Binaries, plane::Plane};
use crate::{terminal::say, workspace};

/// How long a command has to end after it was told to.
const GRACE: Duration = Duration::from_secs(10);

/// What to do with which control plane.
#[derive(Subcommand)]
pub(crate) enum Options {
    /// Starts a control plane and leaves it running
    Up {
        /// Its folder, new or empty [default: target/plane]
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Stops a control plane and removes its folder
    Down {
        /// Its folder [default: target/plane]
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Runs a command beside a control plane of its own, which ends with it
    Run {
        /// Its folder, new or empty [default: one of its own below target/planes]
        #[arg(long)]
        dir: Option<PathBuf>,
        /// The command; it finds `KUBECONFIG`, and `NOPEA_PLANE`: the folder
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

/// Does what the command line says.
pub(crate) fn run(options: &Options) -> Result<()> {
    match options {
        Options::Up { dir } => up(&folder(dir.as_deref())?),
        Options::Down { dir } => down(&folder(dir.as_deref())?),
        Options::Run { dir, command } => beside(dir.as_deref(), command),
    }
}

/// Why there can be no control plane on this machine, in one line; none where there can.
pub(crate) fn missing() -> Option<String> {
    binaries::missing()
}

/// Runs a command beside a control plane of its own.
pub(crate) fn beside(dir: Option<&Path>, command: &[OsString]) -> Result<()> {
    let binaries = Binaries::built()?;
    plane::sweep(&planes());
    let own = planes().join(std::process::id().to_string());
    let dir = folder(dir.or(Some(&own)))?;
    interrupt::or(async {
        let plane = started(&binaries, &dir).await?;
        let ended = carry_out(plane.dir(), command).await;
        plane.stop()?;
        ended
    })
}

fn up(dir: &Path) -> Result<()> {
    let binaries = Binaries::built()?;
    interrupt::or(async {
        let plane = started(&binaries, dir).await?;
        say(&format!("export KUBECONFIG={}", layout::kubeconfig(plane.dir()).display()));
        say(&format!("export NOPEA_PLANE={}", plane.dir().display()));
        plane.leave();
        Ok(())
    })
}

fn down(dir: &Path) -> Result<()> {
    Plane::open(dir)?.stop()
}

async fn started(binaries: &Binaries, dir: &Path) -> Result<Plane> {
    let begun = Instant::now();
    let plane = start::start(binaries, dir).await?;
    let took = begun.elapsed().as_secs_f64();
    say(&format!("control plane in {} after {took:.1} s", dir.display()));
    Ok(plane)
}

/// Runs the command in a process group of its own, so that what it leaves running can be ended.
async fn carry_out(dir: &Path, command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let name = program.to_string_lossy();
    let mut child = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", layout::kubeconfig(dir))
        .env("NOPEA_PLANE", dir)
        .env("NOPEA_XTASK", std::env::current_exe().context("find this program")?)
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {name}"))?;
    let group = process::Group::of(child.id());
    let status = child.wait().await.with_context(|| format!("wait for {name}"))?;
    drop(group);
    ensure!(status.success(), "`{name}`: {status}");
    Ok(())
}

/// The absolute path of a plane's folder: the components run in it.
fn folder(dir: Option<&Path>) -> Result<PathBuf> {
    let here = std::env::current_dir().context("find the current folder")?;
    let dir = dir.map_or_else(|| workspace::root().join("target/plane"), |dir| here.join(dir));
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    }
    Ok(dir)
}

/// Where `run` puts its planes.
fn planes() -> PathBuf {
    workspace::root().join("target/planes")
}
