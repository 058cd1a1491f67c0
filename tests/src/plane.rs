//! A real control plane as a test sees it: the one that `cargo xtask cluster run` started for the whole
//! suite, or one of its own for a test that stops components. Knows no rule of NOPEA.

mod audit;
mod component;
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;

pub use self::{
    audit::{Asked, Mark},
    server::{Answer, Server, Watch, path},
};

/// The longest wait for what must come, on a machine that has other things to do.
pub const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

static MADE: AtomicUsize = AtomicUsize::new(0);

/// A control plane. One of a test's own ends when it is dropped.
#[derive(Debug)]
pub struct Plane {
    dir: PathBuf,
    own: bool,
}

impl Plane {
    /// The one that the suite shares: do nothing to it that other tests would notice.
    ///
    /// # Panics
    ///
    /// Where the suite was started without one.
    pub fn shared() -> Self {
        let dir = std::env::var_os("NOPEA_PLANE").map(PathBuf::from);
        let help = "no control plane: run this by `cargo xtask cluster run -- cargo test …`";
        Self { dir: dir.unwrap_or_else(|| panic!("{help}")), own: false }
    }

    /// Starts one for this test alone. It lies within the shared one, and ends with that at the latest.
    ///
    /// # Panics
    ///
    /// Where it does not come up.
    pub fn own(name: &str) -> Self {
        let dir = Self::shared().dir.join("planes").join(unique(name));
        let plane = Self { dir, own: true };
        plane.task("up");
        plane
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration of a client that calls itself so in the audit log.
    ///
    /// # Panics
    ///
    /// Where there is no plane.
    pub async fn config(&self, agent: &str) -> kube::Config {
        let kubeconfig = Kubeconfig::read_from(self.dir.join("kubeconfig")).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        config.default_retry = false;
        config.headers.push((http::header::USER_AGENT, agent.parse().unwrap()));
        config
    }

    /// Its API server, asked as the administrator.
    ///
    /// # Panics
    ///
    /// Where there is no plane.
    pub async fn server(&self, agent: &str) -> Server {
        Server::new(kube::Client::try_from(self.config(agent).await).unwrap())
    }

    /// Makes a namespace that no other test uses.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    pub async fn namespace(&self, server: &Server, name: &str) -> String {
        let name = unique(name);
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        server.create("test", &body).await.ok();
        name
    }

    /// Makes etcd forget all but the newest revision.
    ///
    /// # Panics
    ///
    /// Where etcd refuses.
    pub async fn compact(&self) {
        let etcd = self.etcd();
        let range = etcd.post("/v3/kv/range", &json!({"key": "AA=="})).await.ok();
        let revision = range["header"]["revision"].clone();
        let body = json!({"revision": revision, "physical": true});
        etcd.post("/v3/kv/compaction", &body).await.ok();
    }

    /// Removes a key of etcd behind the API server's back. Such as `/registry/configmaps/default/a`.
    ///
    /// # Panics
    ///
    /// Where there is no such key.
    pub async fn forget(&self, key: &str) {
        let key = k8s_openapi::ByteString(key.as_bytes().to_vec());
        let answer = self.etcd().post("/v3/kv/deleterange", &json!({"key": key})).await.ok();
        assert_eq!(answer["deleted"], "1", "{answer}");
    }

    fn etcd(&self) -> Server {
        let url = self.component("etcd").flag("listen-client-urls");
        let mut config = kube::Config::new(url.parse().unwrap());
        config.default_retry = false;
        Server::new(kube::Client::try_from(config).unwrap())
    }

    fn task(&self, verb: &str) {
        let xtask = std::env::var_os("NOPEA_XTASK").unwrap();
        let command = Command::new(xtask).args(["cluster", verb, "--dir"]).arg(&self.dir).output();
        let output = command.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cluster {verb}: {said}");
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        if self.own && fs::exists(&self.dir).unwrap_or(true) {
            self.task("down");
        }
    }
}

/// A name that neither another test nor another run on the same plane uses.
pub fn unique(name: &str) -> String {
    let count = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{}-{count}", std::process::id())
}

/// Asks again and again until there is an answer.
///
/// # Panics
///
/// Where there is none within [`PATIENCE`].
pub async fn eventually<T>(what: &str, found: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_or(|| what.to_owned(), found).await
}

/// The same; what is still not so is told in the words of the end.
///
/// # Panics
///
/// Where there is none within [`PATIENCE`].
pub async fn eventually_or<T>(
    what: impl Fn() -> String,
    mut found: impl AsyncFnMut() -> Option<T>,
) -> T {
    let wait = async {
        loop {
            if let Some(found) = found().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("after {PATIENCE:?} it still is not so: {}", what()))
}
