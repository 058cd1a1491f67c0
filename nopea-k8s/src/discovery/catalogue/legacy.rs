//! Reads the documents of discovery as it was before it was aggregated.

use serde::Deserialize;

use super::Served;

/// `APIVersions`: the versions of the core group.
#[derive(Debug, Deserialize)]
pub(in crate::discovery) struct Versions {
    pub(in crate::discovery) versions: Vec<String>,
}

/// `APIGroupList`.
#[derive(Debug, Deserialize)]
pub(in crate::discovery) struct Groups {
    pub(in crate::discovery) groups: Vec<Group>,
}

/// `APIGroup`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::discovery) struct Group {
    pub(in crate::discovery) name: String,
    versions: Vec<Version>,
    preferred_version: Option<Version>,
}

#[derive(Debug, Deserialize)]
struct Version {
    version: String,
}

/// `APIResourceList`.
#[derive(Debug, Deserialize)]
pub(in crate::discovery) struct Resources {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Debug, Deserialize)]
struct Resource {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

impl Group {
    /// Its versions, the preferred one first.
    pub(in crate::discovery) fn by_preference(&self) -> Vec<String> {
        let preferred = self.preferred_version.as_ref().map(|version| &version.version);
        let others = self.versions.iter().map(|version| &version.version);
        let others = others.filter(|version| Some(*version) != preferred);
        preferred.into_iter().chain(others).cloned().collect()
    }
}

impl Resources {
    /// The kinds among them; `pods/log` is a subresource and none.
    pub(in crate::discovery) fn kinds(self) -> Vec<Served> {
        let kinds = self.resources.into_iter().filter(|resource| !resource.name.contains('/'));
        let served = |resource: Resource| Served {
            plural: resource.name.into(),
            kind: resource.kind.into(),
            namespaced: resource.namespaced,
            verbs: resource.verbs.into_iter().map(Into::into).collect(),
        };
        kinds.map(served).collect()
    }
}
