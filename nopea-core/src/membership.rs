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

pub use crate::observe::{breaks_glass as break_glass, marks, tool::tool};

/// Label with the name of the `GitRepository`.
pub const REPOSITORY: &str = "nopea.io/repository";
/// Label with the namespace of the `GitRepository`.
pub const NAMESPACE: &str = "nopea.io/namespace";
/// Label with the id of the apply set (KEP-3659).
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// Annotation that proves a member: see [`object_mark`].
pub const OBJECT: &str = "nopea.io/object";
/// Annotation on a live object: hands off.
pub const SUSPEND_HEAL: &str = "nopea.io/suspend-heal";
/// Annotation in Git: an object of somebody else may be taken over.
pub const ADOPT: &str = "nopea.io/adopt";
/// Annotation in Git: an object whose immutable field changed may be deleted and created anew.
pub const REPLACE: &str = "nopea.io/replace";
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
///
/// ```
/// use nopea_core::{membership, model::{Marks, ObjectKey, RepoKey, Uid}, port::ParentRef};
///
/// let parent = ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u") };
/// let key = ObjectKey::new("", "ConfigMap", "shop", "a");
/// let label = Some(membership::part_of_id(&parent.repo));
/// let copied = Marks { part_of: label.clone(), ..Marks::default() };
/// assert!(!membership::is_member(&parent, &key, &copied));
/// let object = Some(membership::object_mark(&parent.uid, &key));
/// assert!(membership::is_member(&parent, &key, &Marks { part_of: label, object, ..copied }));
/// ```
pub fn is_member(parent: &ParentRef, key: &ObjectKey, marks: &Marks) -> bool {
    marks.part_of.as_ref().is_some_and(|id| *id == part_of_id(&parent.repo))
        && has_mark(parent, key, marks)
}

fn has_mark(parent: &ParentRef, key: &ObjectKey, marks: &Marks) -> bool {
    marks.object.as_ref().is_some_and(|mark| *mark == object_mark(&parent.uid, key))
}

/// Says whether an annotation of ours is `true`, `1` or `yes`.
pub(crate) fn is_set(object: &Value, name: &str) -> bool {
    annotation(object, name).is_some_and(|value| {
        ["true", "1", "yes"].iter().any(|yes| value.trim().eq_ignore_ascii_case(yes))
    })
}

/// A label of an object.
pub(crate) fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(name)?.as_str()
}

/// An annotation of an object.
pub(crate) fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

#[cfg(test)]
mod tests;
