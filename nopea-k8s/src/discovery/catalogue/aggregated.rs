//! Reads the documents of aggregated discovery (apidiscovery.k8s.io, v2 and v2beta1).

use kube::client::{
    APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery, APIVersionDiscovery,
};

use super::{Group, GroupVersion, Served};

/// The groups of a document.
pub(in crate::discovery) fn groups(list: APIGroupDiscoveryList) -> Vec<Group> {
    list.items.into_iter().map(group).collect()
}

fn group(group: APIGroupDiscovery) -> Group {
    let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
    Group { name: name.into(), versions: group.versions.into_iter().filter_map(version).collect() }
}

fn version(version: APIVersionDiscovery) -> Option<GroupVersion> {
    Some(GroupVersion {
        version: version.version?.into(),
        stale: version.freshness.as_deref() == Some("Stale"),
        kinds: version.resources.into_iter().filter_map(served).collect(),
    })
}

fn served(resource: APIResourceDiscovery) -> Option<Served> {
    Some(Served {
        plural: resource.resource?.into(),
        kind: resource.response_kind?.kind?.into(),
        namespaced: resource.scope.as_deref() == Some("Namespaced"),
        verbs: resource.verbs.into_iter().map(Into::into).collect(),
    })
}
