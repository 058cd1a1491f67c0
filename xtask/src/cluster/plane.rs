//! A control plane as its processes: recorded from the first one on, so that nothing can be lost, and ended
//! when it is dropped. It does not know what the processes are for.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{layout, process};

/// What stands in `plane.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    /// The task that ends it; none where it was left running.
    owner: Option<u32>,
    components: Vec<Component>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Component {
    name: String,
    pid: u32,
    argv: Vec<String>,
    log: PathBuf,
}

/// A control plane that ends when it is dropped.
#[derive(Debug)]
pub(super) struct Plane {
    dir: PathBuf,
    record: Record,
    left: bool,
}

impl Plane {
    /// Makes one without a process.
    pub(super) fn new(dir: &Path) -> Result<Self> {
        let empty = fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
        ensure!(empty, "{} is not empty: `cluster down` ends a plane", dir.display());
        fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
        let record = Record { owner: Some(std::process::id()), components: Vec::new() };
        let plane = Self { dir: dir.to_path_buf(), record, left: false };
        plane.save()?;
        Ok(plane)
    }

    /// The one that was left running in this folder.
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = layout::record(dir);
        let text = fs::read(&path).with_context(|| format!("no plane in {}", dir.display()))?;
        let record =
            serde_json::from_slice(&text).with_context(|| format!("read {}", path.display()))?;
        Ok(Self { dir: dir.to_path_buf(), record, left: false })
    }

    /// Its folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts a component. It is in a process group of its own: a terminal's interrupt is not for it.
    pub(super) fn start(&mut self, name: &str, argv: Vec<String>) -> Result<()> {
        let (program, arguments) = argv.split_first().context("no program")?;
        let log = layout::log(&self.dir, name);
        let output = File::create(&log).with_context(|| format!("make {}", log.display()))?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("share the log")?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        self.record.components.push(Component {
            name: name.to_owned(),
            pid: child.id(),
            argv,
            log,
        });
        self.save()
    }

    /// Fails with the last words of a component that has ended.
    pub(super) fn check(&self) -> Result<()> {
        let ended = |component: &&Component| !process::runs(component.pid, &component.argv);
        let Some(component) = self.record.components.iter().find(ended) else { return Ok(()) };
        let log = fs::read_to_string(&component.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        bail!(
            "{} ended: {}",
            component.name,
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        )
    }

    /// Lets it run on after this task.
    pub(super) fn leave(mut self) {
        self.left = true;
        self.record.owner = None;
        // the record stands already; with the owner in it `down` works as well
        drop(self.save());
    }

    /// Ends every process of it, and of the planes within, and removes its folder.
    pub(super) fn stop(mut self) -> Result<()> {
        self.left = true;
        self.end()
    }

    fn end(&self) -> Result<()> {
        for nested in folders(&self.dir.join(layout::NESTED)) {
            if let Ok(plane) = Self::open(&nested) {
                plane.stop()?;
            }
        }
        for component in self.record.components.iter().rev() {
            let ended = process::kill(component.pid, &component.argv);
            ensure!(ended, "{} (process {}) does not end", component.name, component.pid);
        }
        fs::remove_dir_all(&self.dir).with_context(|| format!("remove {}", self.dir.display()))
    }

    fn save(&self) -> Result<()> {
        let path = layout::record(&self.dir);
        let text = serde_json::to_vec_pretty(&self.record).context("write the record")?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        if !self.left {
            // there is nobody left to tell
            drop(self.end());
        }
    }
}

/// Ends the planes below the folder whose task was killed before it could.
pub(super) fn sweep(planes: &Path) {
    for dir in folders(planes) {
        let Ok(mut plane) = Plane::open(&dir) else { continue };
        // dropped: ended, where nobody else will
        plane.left = plane.record.owner.is_none_or(process::exists);
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeping(plane: &mut Plane) -> u32 {
        layout::write(plane.dir(), 1).unwrap();
        plane.start("sleeper", vec!["sleep".to_owned(), "600".to_owned()]).unwrap();
        plane.record.components[0].pid
    }

    #[test]
    fn a_plane_that_is_dropped_leaves_neither_process_nor_folder() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("plane");
        let mut plane = Plane::new(&dir).unwrap();
        let pid = sleeping(&mut plane);
        drop(plane);
        assert!(!process::runs(pid, &["sleep".to_owned(), "600".to_owned()]));
        assert!(!dir.exists());
    }

    #[test]
    fn a_plane_that_was_left_is_found_again_and_ended() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("plane");
        let mut plane = Plane::new(&dir).unwrap();
        let pid = sleeping(&mut plane);
        plane.leave();
        assert!(process::exists(pid));
        Plane::open(&dir).unwrap().stop().unwrap();
        assert!(!process::runs(pid, &["sleep".to_owned(), "600".to_owned()]));
        assert!(!dir.exists());
    }

    #[test]
    fn a_plane_within_ends_with_the_one_around_it() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("plane");
        let mut outer = Plane::new(&dir).unwrap();
        sleeping(&mut outer);
        let mut inner = Plane::new(&dir.join(layout::NESTED).join("inner")).unwrap();
        let pid = sleeping(&mut inner);
        inner.leave();
        outer.stop().unwrap();
        assert!(!process::runs(pid, &["sleep".to_owned(), "600".to_owned()]));
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("precious"), "").unwrap();
        assert!(Plane::new(dir.path()).is_err());
        assert!(Plane::open(dir.path()).is_err());
        assert!(dir.path().join("precious").exists());
    }

    #[test]
    fn a_component_that_ended_is_told_with_its_last_words() {
        let parent = tempfile::tempdir().unwrap();
        let mut plane = Plane::new(&parent.path().join("plane")).unwrap();
        layout::write(plane.dir(), 1).unwrap();
        let argv = ["sh", "-c", "echo no such flag; exit 1"].map(str::to_owned).to_vec();
        plane.start("broken", argv).unwrap();
        let begun = std::time::Instant::now();
        let error = loop {
            if let Err(error) = plane.check() {
                break error.to_string();
            }
            assert!(begun.elapsed() < super::super::GRACE, "it never ended");
        };
        assert_eq!(error, "broken ended: no such flag");
    }
}
