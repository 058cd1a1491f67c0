//! The operator as a process of its own, as a kubelet runs it: started, killed, ended. Knows no scenario.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::plane::{PATIENCE, Plane};

/// How it serves one namespace of one plane, run after run.
#[derive(Debug)]
pub struct Operator {
    program: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
    arguments: Vec<String>,
    /// The mirrors, and the log.
    folder: TempDir,
    child: Option<Child>,
}

impl Operator {
    /// One that serves this namespace, not started yet.
    ///
    /// # Panics
    ///
    /// Where the program was not built.
    pub fn of(plane: &Plane, namespace: &str) -> Self {
        let program = program();
        let help = "build it first: cargo build --bin nopea-operator";
        assert!(program.exists(), "no {}: {help}", program.display());
        Self {
            program,
            kubeconfig: plane.dir().join("kubeconfig"),
            namespace: namespace.to_owned(),
            arguments: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
            child: None,
        }
    }

    /// Reaches the cluster by this kubeconfig from its next start on.
    ///
    /// # Panics
    ///
    /// Where it cannot be written.
    pub fn authenticate_with(&mut self, kubeconfig: &str) {
        self.kubeconfig = self.folder.path().join("kubeconfig");
        fs::write(&self.kubeconfig, kubeconfig).unwrap();
    }

    /// The same with further arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// Where it cannot be started.
    pub fn start(&mut self) {
        self.child = Some(self.spawn());
    }

    /// Starts a second one beside it, by mistake; it is killed when dropped.
    ///
    /// # Panics
    ///
    /// Where it cannot be started.
    pub fn another(&self) -> Child {
        self.spawn()
    }

    fn spawn(&self) -> Child {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mirrors = tempfile::Builder::new().prefix("data").tempdir_in(self.folder.path());
        let data = if self.child.is_none() {
            self.folder.path().join("data")
        } else {
            mirrors.unwrap().keep()
        };
        Command::new(&self.program)
            .args(["--watch-namespace", &self.namespace, "--health-addr", &address])
            .args(["--log-format", "json", "--data-dir"])
            .arg(data)
            .args(&self.arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// `kill -9`.
    ///
    /// # Panics
    ///
    /// Where it does not run.
    pub async fn kill(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
    }

    /// SIGTERM, and waits for the end that it comes to.
    ///
    /// # Panics
    ///
    /// Where it ends badly or not at all.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
        let status = ended.unwrap().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    ///
    /// Where it does not.
    pub async fn ended(&mut self) {
        let child = self.child.as_mut().unwrap();
        tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// `NOPEA_OPERATOR`, or what cargo built beside this test.
fn program() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).map(Path::to_path_buf).unwrap();
        profile.join("nopea-operator")
    };
    std::env::var_os("NOPEA_OPERATOR").map_or_else(beside, PathBuf::from)
}
