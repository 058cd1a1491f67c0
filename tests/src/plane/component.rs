//! The processes of a control plane of a test's own: paused, continued, killed and started again.

use std::{
    fs::{self, OpenOptions},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Plane, eventually};

/// A process, as `plane.json` names it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Component {
    name: String,
    pid: u32,
    argv: Vec<String>,
    log: PathBuf,
}

impl Component {
    /// The value of one of its flags.
    pub(super) fn flag(&self, name: &str) -> String {
        let prefix = format!("--{name}=");
        self.argv.iter().find_map(|part| part.strip_prefix(&prefix)).unwrap().to_owned()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Whether any thread of it is left: the last one gives its port back.
    fn runs(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid));
        // an ended process that nobody waited for has no command any more, and one thread
        let has_command = fs::read(format!("/proc/{}/cmdline", self.pid))
            .is_ok_and(|command| !command.is_empty());
        has_command || threads.is_ok_and(|threads| threads.count() > 1)
    }
}

impl Plane {
    /// Whether the plane has this component: one of `KUBEBUILDER_ASSETS` may be an API server alone.
    pub fn has(&self, name: &str) -> bool {
        self.components().iter().any(|component| component.name == name)
    }

    /// Stops a component where it stands: it keeps its connections and answers nobody.
    ///
    /// # Panics
    ///
    /// Where the plane is shared, or has no such component.
    pub fn pause(&self, name: &str) {
        self.mine(name).signal(Signal::STOP);
    }

    /// Lets a paused component go on.
    ///
    /// # Panics
    ///
    /// Where the plane is shared, or has no such component.
    pub fn resume(&self, name: &str) {
        self.mine(name).signal(Signal::CONT);
    }

    /// Kills a component, and waits for its end.
    ///
    /// # Panics
    ///
    /// Where the plane is shared, or has no such component.
    pub async fn kill(&self, name: &str) {
        let component = self.mine(name);
        component.signal(Signal::KILL);
        let ended = async || (!component.runs()).then_some(());
        eventually("the component has ended", ended).await;
    }

    /// Starts a component that was killed, as it was started before.
    ///
    /// # Panics
    ///
    /// Where the plane is shared, or has no such component.
    #[expect(clippy::zombie_processes, reason = "the plane ends it by its id")]
    pub fn start(&self, name: &str) {
        let component = self.mine(name);
        let log = OpenOptions::new().append(true).open(&component.log).unwrap();
        let child = Command::new(&component.argv[0])
            .args(&component.argv[1..])
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let path = self.dir.join("plane.json");
        let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for component in record["components"].as_array_mut().unwrap() {
            if component["name"] == name {
                component["pid"] = child.id().into();
            }
        }
        fs::write(path, serde_json::to_vec_pretty(&record).unwrap()).unwrap();
    }

    pub(super) fn component(&self, name: &str) -> Component {
        let found = self.components().into_iter().find(|component| component.name == name);
        found.unwrap_or_else(|| panic!("the plane has no {name}"))
    }

    fn mine(&self, name: &str) -> Component {
        assert!(self.own, "other tests need the {name} of the shared plane");
        self.component(name)
    }

    fn components(&self) -> Vec<Component> {
        let record = fs::read(self.dir.join("plane.json")).unwrap();
        let mut record: Value = serde_json::from_slice(&record).unwrap();
        serde_json::from_value(record["components"].take()).unwrap()
    }
}
