//! The declarations of the units: declared, notified, waited for.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams, WatchEvent, WatchParams},
    runtime::{WatchStreamExt as _, watcher},
};
use nopea_k8s::GitRepository;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    bare,
    units::{NAMESPACE, folder, name},
};

/// The custom resource, installed.
pub(crate) struct Declarations {
    client: Client,
}

/// A Deployment that is watched from before the change on.
pub(crate) struct Watched {
    deployments: Api<Deployment>,
    name: String,
    version: String,
}

impl Declarations {
    /// Installs the `CustomResourceDefinition` and makes the namespace.
    pub(crate) async fn install(client: &Client) -> Result<Self> {
        let definition = serde_yaml::to_string(&nopea_k8s::crd())?;
        client.request::<serde_json::Value>(bare::request(&definition)?).await?;
        bare::create_namespace(client).await?;
        let declarations = Self { client: client.clone() };
        let served = async {
            while declarations.api().list(&kube::api::ListParams::default()).await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(30), served).await.context("the kind is not served")?;
        Ok(declarations)
    }

    fn api(&self) -> Api<GitRepository> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    /// Declares every unit.
    pub(crate) async fn declare(&self, url: &str, count: usize) -> Result<()> {
        let declare = |unit: usize| {
            let object = json!({
                "apiVersion": "nopea.io/v1alpha1", "kind": "GitRepository",
                "metadata": {"name": name(unit), "namespace": NAMESPACE},
                "spec": {"url": url, "branch": "main", "path": folder(unit), "interval": "60s"},
            });
            async move {
                let request = bare::request(&object.to_string())?;
                self.client.request::<serde_json::Value>(request).await.context("declare")
            }
        };
        let declared = stream::iter(0..count).map(declare).buffer_unordered(8);
        declared.try_for_each(|_object| async { Ok(()) }).await
    }

    /// Waits until so many are Ready.
    pub(crate) async fn all_ready(&self, count: usize, patience: Duration) -> Result<()> {
        let config = watcher::Config::default();
        let mut seen = Box::pin(watcher(self.api(), config).default_backoff().applied_objects());
        let mut ready = BTreeSet::new();
        let all = async {
            while ready.len() < count {
                let Some(object) = seen.next().await else { break };
                // the watcher starts again by itself
                let Ok(object) = object else { continue };
                if is_ready(&object) {
                    ready.insert(object.name_any());
                } else {
                    ready.remove(&object.name_any());
                }
            }
        };
        let ended = timeout(patience, all).await;
        ended.with_context(|| format!("{} of {count} are Ready", ready.len()))
    }

    /// Asks for a sync.
    pub(crate) async fn notify(&self, unit: usize, token: &str) -> Result<()> {
        let patch = json!({"metadata": {"annotations": {"nopea.io/sync-requested-at": token}}});
        let parameters = PatchParams::apply("bench-notify");
        self.api().patch(&name(unit), &parameters, &Patch::Merge(patch)).await.context("notify")?;
        Ok(())
    }

    /// Waits until the status answers that wish.
    pub(crate) async fn acknowledged(
        &self,
        unit: usize,
        token: &str,
        patience: Duration,
    ) -> Result<()> {
        let answered = async {
            loop {
                let object = self.api().get(&name(unit)).await?;
                let status = object.status.unwrap_or_default();
                if status.sync_token.as_deref() == Some(token) {
                    return anyhow::Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(patience, answered).await.context("the wish was not answered")?
    }

    /// The Deployment of a unit as it is now.
    pub(crate) async fn watch(&self, unit: usize) -> Result<Watched> {
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), NAMESPACE);
        let name = name(unit);
        let now = deployments.get(&name).await.context("read the Deployment")?;
        let version = now.resource_version().context("no version")?;
        Ok(Watched { deployments, name, version })
    }
}

impl Watched {
    /// Waits until the Deployment has this log level.
    pub(crate) async fn until_live(self, level: &str, patience: Duration) -> Result<()> {
        let only = WatchParams::default().fields(&format!("metadata.name={}", self.name));
        let live = async {
            let mut events = self.deployments.watch(&only, &self.version).await?.boxed();
            while let Some(event) = events.try_next().await? {
                if let WatchEvent::Modified(now) = event
                    && level_of(&now).is_some_and(|now| now == level)
                {
                    return Ok(());
                }
            }
            anyhow::bail!("the watch ended")
        };
        timeout(patience, live).await.context("the change did not go live")?
    }
}

fn level_of(deployment: &Deployment) -> Option<&str> {
    let pod = deployment.spec.template.spec.as_ref()?;
    pod.containers.first()?.env.as_ref()?.first()?.value.as_deref()
}

fn is_ready(object: &GitRepository) -> bool {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    let mut ready = conditions.filter(|condition| condition.type_ == "Ready");
    ready.any(|condition| condition.status == "True")
}
