//! Manifests, keys, commits and spans, short enough to read in a test.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::model::{Commit, Manifest, ObjectKey, Origin};

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn commit(name: &str) -> Commit {
    Commit::parse(&name.repeat(40)).unwrap()
}

pub(super) fn key(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "shop", name)
}

/// A manifest of any kind; `body` is merged into its head.
pub(super) fn manifest(api_version: &str, kind: &str, name: &str, body: Value) -> Manifest {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let mut whole = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    for (field, value) in body.as_object().cloned().unwrap_or_default() {
        if field == "metadata" {
            for (part, inner) in value.as_object().cloned().unwrap_or_default() {
                whole["metadata"][part] = inner;
            }
        } else {
            whole[field] = value;
        }
    }
    let namespace = whole.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("");
    Manifest {
        key: ObjectKey::new(group, kind, namespace, name),
        api_version: api_version.into(),
        origin: Origin { file: format!("{name}.yaml").into(), line: 1, column: 1 },
        body: Arc::new(whole),
    }
}

pub(super) fn config_map(name: &str, value: &str) -> Manifest {
    manifest("v1", "ConfigMap", name, json!({"data": {"value": value}}))
}

/// Config maps of these names, all alike.
pub(super) fn config_maps(names: impl IntoIterator<Item = usize>) -> Vec<Manifest> {
    names.into_iter().map(|number| config_map(&format!("c{number:02}"), "1")).collect()
}
