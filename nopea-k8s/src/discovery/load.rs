//! Asks the cluster for its catalogue: two requests, or one for each group version where a server
//! has no aggregated discovery.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{Request, header::ACCEPT};
use nopea_core::port::Refusal;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::catalogue::{Catalogue, Group, GroupVersion, aggregated, legacy};
use crate::{refusal, transport::Transport};

/// All of a group's versions in one document, or the plain list of versions.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
/// How many group versions are asked for at once.
const AT_ONCE: usize = 8;

/// Loads the catalogue.
pub(super) async fn load(transport: &Transport) -> Result<Catalogue, Refusal> {
    let (core, groups) = futures::future::try_join(
        get(transport, "/api", AGGREGATED),
        get(transport, "/apis", AGGREGATED),
    )
    .await?;
    let mut all = core_group(transport, core).await?;
    all.extend(other_groups(transport, groups).await?);
    Ok(Catalogue::of(all))
}

async fn core_group(transport: &Transport, body: Value) -> Result<Vec<Group>, Refusal> {
    if is_aggregated(&body) {
        return Ok(aggregated::groups(read(body, "/api")?));
    }
    let versions: legacy::Versions = read(body, "/api")?;
    let mut group = Group { name: "".into(), versions: Vec::new() };
    for version in versions.versions {
        let path = format!("/api/{version}");
        group.versions.push(group_version(transport, version, path).await?);
    }
    Ok(vec![group])
}

async fn other_groups(transport: &Transport, body: Value) -> Result<Vec<Group>, Refusal> {
    if is_aggregated(&body) {
        return Ok(aggregated::groups(read(body, "/apis")?));
    }
    let list: legacy::Groups = read(body, "/apis")?;
    let group = |group: legacy::Group| async move {
        let mut read = Group { name: group.name.as_str().into(), versions: Vec::new() };
        for version in group.by_preference() {
            let path = format!("/apis/{}/{version}", group.name);
            read.versions.push(group_version(transport, version, path).await?);
        }
        Ok(read)
    };
    stream::iter(list.groups.into_iter().map(group)).buffered(AT_ONCE).try_collect().await
}

/// A group version that the server cannot speak for is no failure of the whole.
async fn group_version(
    transport: &Transport,
    version: String,
    path: String,
) -> Result<GroupVersion, Refusal> {
    let version = version.as_str().into();
    match get(transport, &path, "application/json").await {
        Ok(body) => {
            let resources: legacy::Resources = read(body, &path)?;
            Ok(GroupVersion { version, stale: false, kinds: resources.kinds() })
        }
        Err(Refusal::Status(_)) => Ok(GroupVersion { version, stale: true, kinds: Vec::new() }),
        Err(silence @ (Refusal::Unreachable(_) | Refusal::TimedOut(_))) => Err(silence),
    }
}

async fn get(transport: &Transport, path: &str, accept: &str) -> Result<Value, Refusal> {
    let request = Request::get(path).header(ACCEPT, accept).body(Vec::new());
    let request = request.map_err(|_| refusal::unreadable(path))?;
    Ok(transport.call(request).await?.body)
}

fn is_aggregated(body: &Value) -> bool {
    body.get("kind").and_then(Value::as_str) == Some("APIGroupDiscoveryList")
}

fn read<T: DeserializeOwned>(body: Value, path: &str) -> Result<T, Refusal> {
    serde_json::from_value(body).map_err(|_| refusal::unreadable(path))
}
