//! The yardstick: the same objects by bare server-side apply, eight requests in flight.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Request;
use kube::Client;
use serde_json::Value;

use crate::units;

/// How many requests are in flight; more gain nothing on two cores.
const IN_FLIGHT: usize = 8;

/// Applies every object of every unit; says how long that took.
pub(crate) async fn apply(client: &Client, count: usize) -> Result<Duration> {
    create_namespace(client).await?;
    let mut requests = Vec::new();
    for unit in 0..count {
        for (_path, text) in units::files(unit) {
            requests.push(request(&text)?);
        }
    }
    let begun = Instant::now();
    let send = |request| async { client.request::<Value>(request).await.context("apply") };
    stream::iter(requests)
        .map(send)
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|_answer| async { Ok(()) })
        .await?;
    Ok(begun.elapsed())
}

/// Makes the namespace of all units.
pub(crate) async fn create_namespace(client: &Client) -> Result<()> {
    let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}}}", units::NAMESPACE);
    client.request::<Value>(request(&text)?).await.context("make the namespace")?;
    Ok(())
}

/// A forced, strict server-side apply of the object.
pub(crate) fn request(text: &str) -> Result<Request<Vec<u8>>> {
    let object: Value = serde_yaml::from_str(text).context("read the object")?;
    let part = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or("");
    let version = part("/apiVersion");
    let root = if version.contains('/') { "apis" } else { "api" };
    let (plural, namespaced) = match part("/kind") {
        "Namespace" => ("namespaces", false),
        "CustomResourceDefinition" => ("customresourcedefinitions", false),
        "ServiceAccount" => ("serviceaccounts", true),
        "Service" => ("services", true),
        "Deployment" => ("deployments", true),
        "Ingress" => ("ingresses", true),
        "GitRepository" => ("gitrepositories", true),
        other => anyhow::bail!("no plural of {other}"),
    };
    let within =
        if namespaced { format!("namespaces/{}/", units::NAMESPACE) } else { String::new() };
    let name = part("/metadata/name");
    let query = "fieldManager=bench&force=true&fieldValidation=Strict";
    Request::patch(format!("/{root}/{version}/{within}{plural}/{name}?{query}"))
        .header("content-type", "application/apply-patch+yaml")
        .body(serde_json::to_vec(&object)?)
        .context("make the request")
}
