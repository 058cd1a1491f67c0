//! Whether a control plane is ready: asked from outside, as its users will.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};

use super::{layout, plane::Plane};

/// On a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(20);
const NODES: [&str; 2] = ["node-1", "node-2"];
const PROBE: &str = "/api/v1/namespaces/default/pods";

/// The API server of a plane.
pub(super) struct Server(Client);

impl Server {
    /// Waits until it answers that it is ready.
    pub(super) async fn answering(plane: &Plane) -> Result<Self> {
        // the server makes its certificate first thing, and the key once that is complete
        let key = layout::key(plane.dir());
        wait(plane, "kube-apiserver", async || key.exists().then_some(())).await?;
        let config = Kubeconfig::read_from(layout::kubeconfig(plane.dir()))?;
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(config, &options).await?;
        config.default_retry = false;
        let server = Self(Client::try_from(config)?);
        wait(plane, "kube-apiserver", async || {
            let request = http::Request::get("/readyz").body(Vec::new()).ok()?;
            server.0.request_text(request).await.ok().map(drop)
        })
        .await?;
        Ok(server)
    }

    /// Makes the nodes, and waits until a Pod runs on one.
    pub(super) async fn runs_pods(&self, plane: &Plane) -> Result<()> {
        for name in NODES {
            self.create("/api/v1/nodes", &layout::node(name)).await.context("make a node")?;
        }
        let container = json!({"name": "probe", "image": "probe"});
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plane-probe"},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        });
        // refused until the controllers have made the service account
        wait(plane, "service account", async || self.create(PROBE, &pod).await.ok()).await?;
        let path = format!("{PROBE}/plane-probe");
        wait(plane, "Pod", async || {
            let pod = self.get(&path).await.ok()?;
            let ready = json!({"type": "Ready", "status": "True"});
            pod.pointer("/status/conditions")?
                .as_array()?
                .iter()
                .any(|condition| holds(condition, &ready))
                .then_some(())
        })
        .await?;
        let delete = http::Request::delete(path).body(Vec::new())?;
        self.0.request::<Value>(delete).await.context("delete the probe")?;
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.0.request(http::Request::get(path).body(Vec::new())?).await?)
    }

    async fn create(&self, path: &str, body: &Value) -> Result<()> {
        let request = http::Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(body)?)?;
        self.0.request::<Value>(request).await?;
        Ok(())
    }
}

/// Whether the value has all that is expected.
fn holds(value: &Value, expected: &Value) -> bool {
    expected.as_object().into_iter().flatten().all(|(key, field)| value.get(key) == Some(field))
}

async fn wait<T>(
    plane: &Plane,
    what: &str,
    mut found: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = found().await {
            return Ok(found);
        }
        plane.check()?;
        ensure!(begun.elapsed() < PATIENCE, "no {what} after {PATIENCE:?}");
        tokio::time::sleep(PAUSE).await;
    }
}
