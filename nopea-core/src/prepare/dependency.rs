//! Reads `nopea.io/depends-on`: `group/Kind/namespace/name`, or `group/Kind/name` for a
//! cluster-scoped object or one of the own namespace, separated by commas. The core group is
//! written as nothing (`/ConfigMap/shop/a`) or as `core`.

use super::About;
use crate::{
    fault::{Code, Fault},
    membership::{DEPENDS_ON, annotation},
    model::{GroupKind, ObjectKey},
    port::Scopes,
};

/// The keys that the annotation names, each once, in the order of the annotation.
pub(super) fn read(about: &About<'_>, scopes: &Scopes, wrong: &mut Vec<Fault>) -> Vec<ObjectKey> {
    let mut keys = Vec::new();
    let Some(list) = annotation(&about.manifest.body, DEPENDS_ON) else { return keys };
    for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        match parse(item, &about.key.namespace, scopes) {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(why) => {
                let message = format!("annotation {DEPENDS_ON}: {item:?} {why}");
                wrong.push(about.fault(Code::InvalidDependency, message));
            }
        }
    }
    keys
}

fn parse(item: &str, own_namespace: &str, scopes: &Scopes) -> Result<ObjectKey, &'static str> {
    let parts: Vec<_> = item.split('/').map(str::trim).collect();
    let (group, kind, namespace, name) = match parts.as_slice() {
        [group, kind, namespace, name] => (*group, *kind, Some(*namespace), *name),
        [group, kind, name] => (*group, *kind, None, *name),
        _ => return Err("is not group/Kind/namespace/name"),
    };
    if group.starts_with(|first: char| first.is_ascii_uppercase()) {
        return Err("begins with a kind: the group comes first, and of the core group a '/'");
    }
    if kind.is_empty() || name.is_empty() {
        return Err("lacks a kind or a name");
    }
    let group = if group == "core" { "" } else { group };
    let namespaced = scopes.get(&GroupKind::new(group, kind)).map(|scope| scope.namespaced);
    let namespace = match (namespace.filter(|namespace| !namespace.is_empty()), namespaced) {
        (Some(_), Some(false)) => return Err("names a namespace, but the kind is cluster-scoped"),
        (Some(namespace), _) => namespace,
        (None, Some(true)) => own_namespace,
        (None, Some(false) | None) => "",
    };
    Ok(ObjectKey::new(group, kind, namespace, name))
}
