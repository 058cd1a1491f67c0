//! The cluster that is served, behind its ports. Must not know who uses them.

use std::sync::Arc;

use kube::{Client, Config};
use nopea_k8s::{Kubernetes, Recorder};

use crate::{
    args::Arguments,
    reach::{Reach, noted},
    wire::Cluster,
};

/// The cluster of the kubeconfig, or the one that this process runs in; nothing is asked of it yet.
pub(crate) async fn connect(
    arguments: &Arguments,
    reach: &Arc<Reach>,
) -> anyhow::Result<(Client, Cluster)> {
    let client = noted(nopea_k8s::client(config(arguments).await?)?, reach);
    let kubernetes = Arc::new(Kubernetes::builder(client.clone()).build());
    let events = Recorder::new(&kubernetes, &instance());
    let cluster = Cluster {
        applier: Arc::clone(&kubernetes) as _,
        view: Arc::clone(&kubernetes) as _,
        parent: Arc::clone(&kubernetes) as _,
        status: kubernetes,
        sinks: vec![Arc::new(events)],
    };
    Ok((client, cluster))
}

/// Who writes: a Pod is named as its host is.
fn instance() -> String {
    let named = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned())
}

/// In a cluster its own account is used, unless a kubeconfig is named.
async fn config(arguments: &Arguments) -> anyhow::Result<Config> {
    let context = arguments.context.as_deref();
    if context.is_none()
        && std::env::var_os("KUBECONFIG").is_none()
        && let Ok(config) = Config::incluster()
    {
        return Ok(config);
    }
    Ok(nopea_k8s::context(None, context).await?.config)
}
