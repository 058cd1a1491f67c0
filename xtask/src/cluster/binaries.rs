//! The programs of a control plane: those of `KUBEBUILDER_ASSETS` where that is set, else built with Go, once,
//! into `target/controlplane`. It starts none of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{terminal::say, workspace};

const ASSETS: &str = "KUBEBUILDER_ASSETS";
const KWOK: &str = "sigs.k8s.io/kwok/cmd/kwok@v0.8.0";
/// No symbols; and the version that the server tells, which no build but the official one sets.
const LINKING: &str = "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 \
                       -X k8s.io/component-base/version.gitMajor=1 \
                       -X k8s.io/component-base/version.gitMinor=37";
/// What `controlplane` is made of.
const SOURCES: [&str; 3] = ["main.go", "go.mod", "go.sum"];

/// A component's program.
#[derive(Clone, Copy)]
pub(super) enum Program {
    Etcd,
    Apiserver,
    Controllers,
    Scheduler,
    Kwok,
}

impl Program {
    /// As the component is called everywhere.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Apiserver => "kube-apiserver",
            Self::Controllers => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
        }
    }
}

/// Where the programs stand.
pub(super) enum Binaries {
    /// One each, in a folder of the user's.
    Assets(PathBuf),
    /// All in one, but for kwok.
    Built(PathBuf),
}

impl Binaries {
    /// Finds the programs, and builds those that are not here or not of this checkout.
    pub(super) fn built() -> Result<Self> {
        if let Some(assets) = std::env::var_os(ASSETS) {
            let folder = PathBuf::from(assets);
            for program in [Program::Etcd, Program::Apiserver] {
                let path = folder.join(program.name());
                ensure!(path.exists(), "{ASSETS} is set, and {} is missing", path.display());
            }
            return Ok(Self::Assets(folder));
        }
        if let Some(reason) = missing() {
            bail!("{reason}");
        }
        let folder = folder();
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        build(&folder)?;
        install(&folder)?;
        Ok(Self::Built(folder))
    }

    /// How a component's program is called; none where there is no such program.
    pub(super) fn command(&self, program: Program) -> Option<Vec<String>> {
        let (path, component) = match (self, program) {
            (Self::Assets(folder), _) | (Self::Built(folder), Program::Kwok) => {
                (folder.join(program.name()), None)
            }
            (
                Self::Built(folder),
                Program::Etcd | Program::Apiserver | Program::Controllers | Program::Scheduler,
            ) => (folder.join("controlplane"), Some(program.name().to_owned())),
        };
        let command = [path.to_string_lossy().into_owned()].into_iter().chain(component).collect();
        path.exists().then_some(command)
    }
}

/// Why there can be no control plane, in one line.
pub(super) fn missing() -> Option<String> {
    let built =
        |folder: &Path| fresh(folder, "controlplane", &recipe()) && fresh(folder, "kwok", KWOK);
    let possible = std::env::var_os(ASSETS).is_some() || built(&folder()) || has_go();
    (!possible).then(|| {
        format!(
            "a control plane needs Go to be built, or {ASSETS} with etcd and kube-apiserver in it"
        )
    })
}

fn folder() -> PathBuf {
    workspace::root().join("target/controlplane")
}

fn has_go() -> bool {
    let found =
        Command::new("go").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn build(folder: &Path) -> Result<()> {
    let recipe = recipe();
    if fresh(folder, "controlplane", &recipe) {
        return Ok(());
    }
    say("building the control plane: some minutes the first time");
    let mut command = Command::new("go");
    command
        .args(["build", "-ldflags", LINKING, "-o"])
        .arg(folder.join("controlplane.new"))
        .arg(".");
    go(command.current_dir(workspace::root().join("controlplane")))?;
    let (new, old) = (folder.join("controlplane.new"), folder.join("controlplane"));
    fs::rename(new, old).context("put the new program in its place")?;
    stamp(folder, "controlplane", &recipe)
}

fn install(folder: &Path) -> Result<()> {
    if fresh(folder, "kwok", KWOK) {
        return Ok(());
    }
    say("building kwok: some minutes the first time");
    let mut command = Command::new("go");
    go(command.args(["install", "-ldflags", "-s -w", KWOK]).env("GOBIN", folder))?;
    stamp(folder, "kwok", KWOK)
}

/// Without cgo: nothing here needs a C compiler.
fn go(command: &mut Command) -> Result<()> {
    let status = command.env("CGO_ENABLED", "0").status().context("start go")?;
    ensure!(status.success(), "go: {status}");
    Ok(())
}

/// What the program is made of, for comparison.
fn recipe() -> String {
    let source = workspace::root().join("controlplane");
    let sources = SOURCES.map(|name| fs::read_to_string(source.join(name)).unwrap_or_default());
    LINKING.to_owned() + &sources.concat()
}

/// Whether the program was built from this recipe.
fn fresh(folder: &Path, program: &str, recipe: &str) -> bool {
    folder.join(program).exists()
        && fs::read_to_string(stamp_of(folder, program)).is_ok_and(|stamp| stamp == recipe)
}

fn stamp(folder: &Path, program: &str, recipe: &str) -> Result<()> {
    let path = stamp_of(folder, program);
    fs::write(&path, recipe).with_context(|| format!("write {}", path.display()))
}

fn stamp_of(folder: &Path, program: &str) -> PathBuf {
    folder.join(format!("{program}.recipe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_fresh_only_beside_the_recipe_it_was_built_from() {
        let dir = tempfile::tempdir().unwrap();
        stamp(dir.path(), "kwok", KWOK).unwrap();
        assert!(!fresh(dir.path(), "kwok", KWOK), "the program is missing");
        fs::write(dir.path().join("kwok"), "").unwrap();
        assert!(fresh(dir.path(), "kwok", KWOK));
        assert!(!fresh(dir.path(), "kwok", "another version"));
    }

    #[test]
    fn the_recipe_names_the_program_and_its_versions() {
        let recipe = recipe();
        assert!(recipe.contains("package main") && recipe.contains("k8s.io/kubernetes v"));
    }

    #[test]
    fn one_program_plays_every_component_but_kwok() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("controlplane"), "").unwrap();
        let built = Binaries::Built(dir.path().to_path_buf());
        let command = built.command(Program::Scheduler).unwrap();
        assert_eq!(command.get(1).map(String::as_str), Some("kube-scheduler"));
        assert_eq!(built.command(Program::Kwok), None);
    }

    #[test]
    fn assets_may_lack_what_only_pods_need() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("etcd"), "").unwrap();
        let assets = Binaries::Assets(dir.path().to_path_buf());
        assert_eq!(assets.command(Program::Etcd).map(|command| command.len()), Some(1));
        assert_eq!(assets.command(Program::Controllers), None);
    }
}
