//! Reads: one object in one version, the objects of a repository, what a namespace holds.

use std::sync::Arc;

use nopea_core::model::{GroupKind, ObjectKey, RepoKey};
use serde_json::Value;

use super::Server;
use crate::json;

impl Server {
    /// One object, in this version.
    pub(crate) fn read(&self, key: &ObjectKey, api_version: &str) -> Option<Arc<Value>> {
        self.store.get(key).map(|object| in_version(object, api_version))
    }

    /// The objects of a kind that carry the labels of a repository.
    pub(crate) fn members(&self, repo: &RepoKey, kind: &GroupKind) -> Vec<Arc<Value>> {
        let part_of = nopea_core::membership::part_of_id(repo);
        let sets = [part_of.to_string(), repo.to_string()];
        let keys = self.store.of_sets(&sets).into_iter().filter(|key| key.kind == *kind);
        keys.filter_map(|key| self.store.get(key)).map(Arc::clone).collect()
    }

    /// What goes when a Namespace or a definition goes.
    pub(crate) fn contents(&self, key: &ObjectKey) -> Vec<Arc<Value>> {
        if key.kind.is("", "Namespace") {
            let inside = self.store.in_namespace(&key.name);
            return inside.map(|(_, object)| Arc::clone(object)).collect();
        }
        let Some(kind) = self.kinds.of_definition(key) else { return Vec::new() };
        self.store.of_kind(&kind.id).map(|(_, object)| Arc::clone(object)).collect()
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = (&ObjectKey, &Arc<Value>)> {
        let first = ObjectKey::new("", "Service", "", "");
        self.store.from(&first).take_while(|(key, _)| key.kind.is("", "Service"))
    }
}

/// An object as it reads in another version: versions share their storage.
pub(crate) fn in_version(object: &Arc<Value>, api_version: &str) -> Arc<Value> {
    if json::text(object, &["apiVersion"]) == api_version {
        return Arc::clone(object);
    }
    let mut copy = Value::clone(object);
    json::set(&mut copy, &["apiVersion"], api_version);
    Arc::new(copy)
}
