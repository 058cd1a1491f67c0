//! Whose an object is: our marks, and those of others (experiments R1, R5).
//!
//! A member is a live object whose part-of label is its parent's id **and** whose annotation is the
//! hash of its own key under the parent's uid: controllers copy labels, backups restore
//! managedFields, but neither makes the annotation of another key. Knows nothing of managedFields.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    base64,
    model::{Hash, Marks, ObjectKey, RepoKey, Text, Uid},
    port::ParentRef,
};

/// Label with the name of the `GitRepository`.
pub const REPOSITORY: &str = "nopea.io/repository";
/// Label with the namespace of the `GitRepository`.
pub const NAMESPACE: &str = "nopea.io/namespace";
/// Label with the id of the apply set (KEP-3659).
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// Annotation that proves a member: see [`object_mark`].
pub const OBJECT: &str = "nopea.io/object";
/// Annotation in Git: an object of somebody else may be taken over.
pub const ADOPT: &str = "nopea.io/adopt";
/// Annotation in Git: an object whose immutable field changed may be deleted and created anew.
pub const REPLACE: &str = "nopea.io/replace";
/// Annotation on a live object: hands off.
pub const SUSPEND_HEAL: &str = "nopea.io/suspend-heal";
/// Annotation in Git: see [`crate::order`].
pub const DEPENDS_ON: &str = "nopea.io/depends-on";

/// The id of the apply set whose parent is the `GitRepository`, by version 1 of KEP-3659.
///
/// ```
/// use nopea_core::{membership::part_of_id, model::RepoKey};
///
/// let id = part_of_id(&RepoKey::new("team", "shop"));
/// assert!(id.starts_with("applyset-") && id.ends_with("-v1") && id.len() == 55);
/// ```
pub fn part_of_id(repo: &RepoKey) -> Text {
    set_id(&repo.name, &repo.namespace, "GitRepository", "nopea.io")
}

fn set_id(name: &str, namespace: &str, kind: &str, group: &str) -> Text {
    let digest = Sha256::digest(format!("{name}.{namespace}.{kind}.{group}").as_bytes());
    format!("applyset-{}-v1", base64::encode_url(&digest)).into()
}

/// The value of [`OBJECT`]: the first 32 hexadecimal digits of
/// `sha256(uid NUL group NUL kind NUL namespace NUL name)`.
///
/// ```
/// use nopea_core::{membership::object_mark, model::{ObjectKey, Uid}};
///
/// let key = ObjectKey::new("apps", "Deployment", "shop", "web");
/// assert_eq!(object_mark(&Uid::new("u"), &key).len(), 32);
/// assert_ne!(object_mark(&Uid::new("u"), &key), object_mark(&Uid::new("v"), &key));
/// ```
pub fn object_mark(uid: &Uid, key: &ObjectKey) -> Text {
    let parts: [&str; 5] = [&uid.0, &key.kind.group, &key.kind.kind, &key.namespace, &key.name];
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Hash(bytes).to_string().into()
}

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It carries our mark, whether or not the label is still there.
    Us,
    /// Our label, but the mark of another parent uid or key: orphaned, or restored from a backup.
    /// Adopted where Git names it, never pruned.
    Former,
    /// Somebody else's, in words: `GitRepository team/shop`, `Helm release web`.
    Other(Text),
    /// No one claims it.
    Nobody,
}

/// Says whose an object is.
///
/// Our label without any mark is a label that a controller copied: [`Owner::Nobody`].
///
/// ```
/// use nopea_core::{membership::{self, Owner}, model::{Hash, Marks, ObjectKey, RepoKey, Uid}, port::ParentRef};
///
/// let parent = ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u") };
/// let key = ObjectKey::new("", "ConfigMap", "shop", "a");
/// let marks = Marks { object: Some(membership::object_mark(&parent.uid, &key)), ..Marks::default() };
/// assert_eq!(membership::owner(&parent, &key, &marks), Owner::Us);
/// assert_eq!(membership::owner(&parent, &key, &Marks::default()), Owner::Nobody);
/// ```
pub fn owner(parent: &ParentRef, key: &ObjectKey, marks: &Marks) -> Owner {
    if has_mark(parent, key, marks) {
        return Owner::Us;
    }
    let ours = part_of_id(&parent.repo);
    let named = match (&marks.namespace, &marks.repository) {
        (Some(namespace), Some(name)) => Some(RepoKey::new(&**namespace, &**name)),
        (None | Some(_), None) | (None, Some(_)) => None,
    };
    match (&marks.part_of, named) {
        (Some(id), _) if *id == ours && marks.object.is_some() => Owner::Former,
        (None, Some(repo)) if repo == parent.repo && marks.object.is_some() => Owner::Former,
        (_, Some(repo)) if repo != parent.repo => {
            Owner::Other(format!("GitRepository {repo}").into())
        }
        (Some(id), _) if *id != ours => Owner::Other(format!("apply set {id}").into()),
        (None | Some(_), None | Some(_)) => {
            marks.tool.as_ref().map_or(Owner::Nobody, |tool| Owner::Other(Text::clone(tool)))
        }
    }
}

/// Says whether a live object is a member: label **and** mark (R1).
pub fn is_member(parent: &ParentRef, key: &ObjectKey, marks: &Marks) -> bool {
    marks.part_of.as_ref().is_some_and(|id| *id == part_of_id(&parent.repo))
        && has_mark(parent, key, marks)
}

fn has_mark(parent: &ParentRef, key: &ObjectKey, marks: &Marks) -> bool {
    marks.object.as_ref().is_some_and(|mark| *mark == object_mark(&parent.uid, key))
}

/// Reads the marks of a live object.
pub fn marks(object: &Value) -> Marks {
    let label = |name| label(object, name).map(Text::from);
    Marks {
        part_of: label(PART_OF),
        repository: label(REPOSITORY),
        namespace: label(NAMESPACE),
        object: annotation(object, OBJECT).map(Text::from),
        tool: tool(object),
    }
}

/// Says whether [`SUSPEND_HEAL`] stands on a live object.
///
/// ```
/// use nopea_core::membership::break_glass;
/// use serde_json::json;
///
/// let object = json!({"metadata": {"annotations": {"nopea.io/suspend-heal": "yes"}}});
/// assert!(break_glass(&object));
/// assert!(!break_glass(&json!({})));
/// ```
pub fn break_glass(object: &Value) -> bool {
    is_set(object, SUSPEND_HEAL)
}

/// Says whether an annotation of ours is `true`, `1` or `yes`.
pub(crate) fn is_set(object: &Value, name: &str) -> bool {
    annotation(object, name).is_some_and(|value| {
        ["true", "1", "yes"].iter().any(|yes| value.trim().eq_ignore_ascii_case(yes))
    })
}

/// A label of an object.
pub fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(name)?.as_str()
}

/// An annotation of an object.
pub fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// The tool that claims an object: Flux, Argo CD or Helm.
///
/// `app.kubernetes.io/instance` alone is no proof of Argo CD: charts set it too. A tracking id that
/// names another object was copied and is none either.
pub fn tool(object: &Value) -> Option<Text> {
    let flux = |kind: &str, prefix: &str| {
        let name = label(object, &format!("{prefix}.toolkit.fluxcd.io/name"))?;
        let namespace = label(object, &format!("{prefix}.toolkit.fluxcd.io/namespace"))?;
        Some(format!("Flux {kind} {namespace}/{name}").into())
    };
    flux("Kustomization", "kustomize")
        .or_else(|| flux("HelmRelease", "helm"))
        .or_else(|| argo(object))
        .or_else(|| helm(object))
}

fn argo(object: &Value) -> Option<Text> {
    let tracked = annotation(object, "argocd.argoproj.io/tracking-id")
        .and_then(|id| id.split_once(':'))
        .filter(|(_, about)| tracks(object, about))
        .map(|(app, _)| app);
    let app = tracked.or_else(|| label(object, "argocd.argoproj.io/instance"))?;
    Some(format!("Argo CD Application {app}").into())
}

/// Says whether the second part of a tracking id, `group/Kind:namespace/name`, names this object.
fn tracks(object: &Value, about: &str) -> bool {
    let Some((kind, name)) = about.split_once(':') else { return false };
    let text = |path| object.pointer(path).and_then(Value::as_str).unwrap_or("");
    let group = text("/apiVersion").split_once('/').map_or("", |(group, _)| group);
    let own_kind = format!("{group}/{}", text("/kind"));
    // the namespace of a cluster-scoped object is the application's own, so it decides nothing there
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    let own = text("/metadata/namespace");
    kind == own_kind && name == text("/metadata/name") && (own.is_empty() || own == namespace)
}

fn helm(object: &Value) -> Option<Text> {
    let name = annotation(object, "meta.helm.sh/release-name")?;
    label(object, "app.kubernetes.io/managed-by").filter(|by| *by == "Helm")?;
    Some(match annotation(object, "meta.helm.sh/release-namespace") {
        Some(namespace) => format!("Helm release {namespace}/{name}").into(),
        None => format!("Helm release {name}").into(),
    })
}

#[cfg(test)]
mod tests;
