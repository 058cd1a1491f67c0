//! Which kinds there are, in which versions, and in which namespace an object of them lies.

use serde_json::Value;

use super::{About, is_custom_resource_definition};
use crate::{
    fault::{Code, Fault},
    model::{GroupKind, Manifest, ObjectKey, Text},
    port::{Scope, Scopes},
};

/// The scopes of the cluster, overlaid with what the set itself defines.
pub(super) fn with_definitions(scopes: &Scopes, manifests: &[Manifest]) -> Scopes {
    let defined = manifests
        .iter()
        .filter(|manifest| is_custom_resource_definition(&manifest.key.kind))
        .filter_map(|manifest| Some((defined_kind(&manifest.body)?, scope(&manifest.body)?)));
    let mut all = scopes.clone();
    all.extend(defined);
    all
}

/// The kind that a `CustomResourceDefinition` defines.
pub(crate) fn defined_kind(definition: &Value) -> Option<GroupKind> {
    let text = |pointer| definition.pointer(pointer).and_then(Value::as_str);
    Some(GroupKind::new(text("/spec/group")?, text("/spec/names/kind")?))
}

fn scope(definition: &Value) -> Option<Scope> {
    let spec = definition.get("spec")?;
    let served = |version: &Value| {
        let served = version.get("served").and_then(Value::as_bool).unwrap_or(false);
        version.get("name").and_then(Value::as_str).filter(|_| served).map(Text::from)
    };
    Some(Scope {
        namespaced: spec.get("scope")?.as_str()? == "Namespaced",
        versions: spec.get("versions")?.as_array()?.iter().filter_map(served).collect(),
    })
}

/// The key of a manifest with its namespace as it will be.
pub(super) fn place(
    manifest: &Manifest,
    default_namespace: &str,
    scopes: &Scopes,
    wrong: &mut Vec<Fault>,
) -> ObjectKey {
    let mut key = manifest.key.clone();
    let Some(scope) = scopes.get(&key.kind) else {
        wrong.push(unknown(manifest));
        return key;
    };
    match (scope.namespaced, key.namespace.is_empty()) {
        (true, true) => key.namespace = default_namespace.into(),
        (false, false) => {
            let message =
                format!("{} is cluster-scoped, but namespace {:?} is set", key.kind, key.namespace);
            wrong.push(About { manifest, key: &key }.fault(Code::UnexpectedNamespace, message));
        }
        (true, false) | (false, true) => {}
    }
    let version = manifest.api_version.rsplit('/').next().unwrap_or("");
    if !scope.versions.iter().any(|served| &**served == version) {
        wrong.push(unserved(&About { manifest, key: &key }, scope));
    }
    key
}

fn unknown(manifest: &Manifest) -> Fault {
    let message = format!(
        "neither the cluster nor the commit has the kind {} ({})",
        manifest.key.kind, manifest.api_version
    );
    About { manifest, key: &manifest.key }.fault(Code::KindUnknown, message)
}

fn unserved(about: &About<'_>, scope: &Scope) -> Fault {
    let group = &about.key.kind.group;
    let slash = if group.is_empty() { "" } else { "/" };
    let served: Vec<_> =
        scope.versions.iter().map(|version| format!("{group}{slash}{version}")).collect();
    let kind = &about.key.kind.kind;
    let written = &about.manifest.api_version;
    if served.is_empty() {
        return about.fault(
            Code::KindUnknown,
            format!("{kind} is not served in {written}, nor in any other version"),
        );
    }
    let served = served.join(", ");
    about
        .fault(Code::KindUnknown, format!("{kind} is not served in {written}, but in {served}"))
        .help(format!("write apiVersion: {}", served.split(", ").next().unwrap_or("")))
}
