//! The operator as a process: started, asked how it does, ended.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::plane::Plane;

/// How long it has to come up or to go.
const SOON: Duration = Duration::from_secs(30);
/// `USER_HZ`: 100 on every platform that Linux runs Rust on (proc(5)).
const TICKS_PER_SECOND: u64 = 100;

/// A running operator; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Operator {
    child: Child,
    address: String,
    log: std::path::PathBuf,
}

impl Operator {
    /// Starts one that keeps its mirrors in `data`.
    pub(crate) fn start(program: &Path, plane: &Plane, data: &Path) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0").context("find a port")?.local_addr()?;
        let address = free.to_string();
        let log = plane.dir().join("nopea-operator.log");
        let output = File::options().create(true).append(true).open(&log).context("make a log")?;
        let child = Command::new(program)
            .args(["--health-addr", &address, "--log-format", "json", "--data-dir"])
            .arg(data)
            .env("KUBECONFIG", plane.kubeconfig())
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("share the log")?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("start the operator")?;
        Ok(Self { child, address, log })
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        let url = format!("http://{}/readyz", self.address);
        loop {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the operator ended: {status}; see {}", self.log.display());
            }
            ensure!(begun.elapsed() < SOON, "it is not ready after {SOON:?}");
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until so many repositories are in phase Synced.
    pub(crate) async fn synced(&self, units: usize, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        let url = format!("http://{}/metrics", self.address);
        let wanted = format!(" {units}");
        loop {
            let text = reqwest::get(&url).await?.text().await?;
            let mut lines = text.lines().filter(|line| {
                line.starts_with("nopea_repositories{") && line.contains("phase=\"Synced\"")
            });
            if lines.any(|line| line.ends_with(&wanted)) {
                return Ok(());
            }
            ensure!(begun.elapsed() < patience, "not all are synced: {text}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks it to end, as a kubelet does.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let pid = self.child.id().context("it has ended already")?.to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(told.success(), "SIGTERM: {told}");
        let status = timeout(SOON, self.child.wait()).await.context("it does not end")??;
        ensure!(status.success(), "the operator ended: {status}");
        Ok(())
    }

    /// The most memory that it ever had resident.
    pub(crate) fn peak_mib(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    /// The memory that it has resident now.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    fn memory(&self, field: &str) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no field")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// The processor time that it has used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
        let user = ticks.next().context("no user time")??;
        let system = ticks.next().context("no system time")??;
        Ok(Duration::from_millis((user + system) * 1000 / TICKS_PER_SECOND))
    }

    fn proc(&self, file: &str) -> Result<String> {
        let pid = self.child.id().context("it has ended")?;
        fs::read_to_string(format!("/proc/{pid}/{file}")).context("read /proc")
    }
}
