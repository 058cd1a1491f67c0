//! Many objects at once: the members of a repository, or what goes with a Namespace or a
//! `CustomResourceDefinition`. An answer is complete or refused: what cannot be listed is never taken
//! for absent.

use std::{collections::BTreeSet, sync::Arc};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use nopea_core::{
    membership::part_of_id,
    model::{GroupKind, ObjectKey, Observation},
    port::{Refusal, Survey},
};
use serde_json::Value;

use super::{
    observed, observed_all,
    together::{members, selector},
};
use crate::{
    Kubernetes,
    discovery::Resource,
    list::{OBJECTS, Pages, api_version},
    watch::request::get,
};

/// How many kinds are listed at once.
pub(super) const AT_ONCE: usize = 8;

/// Lists what is asked for.
pub(super) async fn survey(
    cluster: &Kubernetes,
    request: &Survey,
) -> Result<Vec<Observation>, Refusal> {
    match request {
        Survey::Members { repo, kinds } => members(cluster, repo, kinds).await,
        Survey::AllKinds { repo } => {
            let mut resources = cluster.discovery.listable().await?;
            // what cannot be applied is nobody's member: metrics, reviews
            resources.retain(|resource| resource.allows("patch"));
            list_all(cluster, &resources, &Wanted::Members(selector(&[&part_of_id(repo)]))).await
        }
        Survey::Contents { key } if key.kind.is("", "Namespace") => {
            let mut resources = cluster.discovery.listable().await?;
            resources.retain(|resource| resource.namespaced && resource.allows("delete"));
            list_all(cluster, &resources, &Wanted::Inside(key.name.to_string())).await
        }
        Survey::Contents { key } => instances(cluster, key).await,
    }
}

pub(super) enum Wanted {
    /// Whole objects that this part of a query selects.
    Members(String),
    /// The metadata of everything in a namespace (empty: everywhere).
    Inside(String),
}

/// The kinds in their preferred versions; those that are not served are left out.
pub(super) async fn preferred(
    cluster: &Kubernetes,
    kinds: &BTreeSet<GroupKind>,
) -> Result<Vec<Arc<Resource>>, Refusal> {
    let scopes = cluster.discovery.scopes(kinds).await?;
    let mut resources = Vec::with_capacity(scopes.len());
    for (kind, scope) in &scopes {
        if let Some(version) = scope.versions.first() {
            let api_version = api_version(kind, version);
            resources.push(cluster.discovery.resource(kind, &api_version).await?);
        }
    }
    Ok(resources)
}

async fn list_all(
    cluster: &Kubernetes,
    resources: &[Arc<Resource>],
    wanted: &Wanted,
) -> Result<Vec<Observation>, Refusal> {
    let lists = resources.iter().map(|resource| list(cluster, Arc::clone(resource), wanted));
    let lists: Vec<_> = lists.collect();
    let lists: Vec<_> = stream::iter(lists).buffered(AT_ONCE).try_collect().await?;
    Ok(lists.into_iter().flatten().collect())
}

pub(super) async fn list(
    cluster: &Kubernetes,
    resource: Arc<Resource>,
    wanted: &Wanted,
) -> Result<Vec<Observation>, Refusal> {
    let (size, kind) = (cluster.settings.page_size, resource.group_kind());
    let fresh = || match wanted {
        Wanted::Members(selector) => Pages::new(&resource, "", selector, size),
        Wanted::Inside(namespace) => Pages::new(&resource, namespace, "", size).metadata(),
    };
    let (mut pages, mut restarted) = (fresh(), false);
    let mut found = Vec::new();
    loop {
        match pages.next(&cluster.transport).await {
            Ok(Some(page)) => found.extend(observed_all(page)),
            Ok(None) => return Ok(found),
            // the list grew too old between two pages
            Err(Refusal::Status(status)) if status.code == 410 && !restarted => {
                restarted = true;
                pages = fresh();
                found.clear();
            }
            Err(Refusal::Status(status)) if matches!(status.code, 404 | 405) => {
                // only the discovery says that a kind is gone (experiments R23)
                cluster.discovery.forget_kind(&kind);
                let scopes = cluster.discovery.scopes(&BTreeSet::from([kind.clone()])).await?;
                if scopes.contains_key(&kind) && status.code == 404 {
                    return Err(Refusal::Status(status));
                }
                return Ok(Vec::new());
            }
            Err(refusal) => return Err(refusal),
        }
    }
}

/// The objects of the kind that a `CustomResourceDefinition` defines.
async fn instances(cluster: &Kubernetes, key: &ObjectKey) -> Result<Vec<Observation>, Refusal> {
    let definitions = cluster.discovery.resource(&key.kind, "apiextensions.k8s.io/v1").await?;
    let uri = definitions.path("", Some(&key.name));
    let definition = match cluster.transport.call(get(&uri, OBJECTS)?).await {
        Ok(answer) => answer.body,
        Err(Refusal::Status(status)) if status.code == 404 => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal),
    };
    // that it is one is said by its having a name and a uid
    observed(definition.clone())?;
    let text = |pointer: &str| {
        definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let kind = GroupKind::new(text("/spec/group"), text("/spec/names/kind"));
    let resources = preferred(cluster, &BTreeSet::from([kind])).await?;
    list_all(cluster, &resources, &Wanted::Inside(String::new())).await
}
