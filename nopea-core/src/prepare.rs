//! Makes manifests ready to send: scopes, namespaces, names, normal form, our marks (design section 6).
//!
//! Pure: what the cluster serves is an argument. All faults of a set come in one answer, each with
//! its object and its place. Knows nothing of what lives in the cluster.

mod builtin;
mod contradiction;
mod dependency;
mod mark;
mod name;
mod normalise;
mod scope;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

pub use self::builtin::{is_built_in, is_custom_resource_definition};
pub(crate) use self::scope::defined_kind;
use crate::{
    fault::{Code, Fault},
    membership,
    model::{GroupKind, Hash, Manifest, ObjectKey},
    port::{ParentRef, Scopes},
};

/// A manifest that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Namespace filled, in normal form, with our labels and annotation: `body` is what is sent.
    pub manifest: Manifest,
    /// The digest of the body and its apiVersion: equal intents need no apply.
    pub intent: Hash,
    /// Whether Git lets an object of somebody else be taken over.
    pub adopt: bool,
    /// Whether Git lets the object be deleted and created anew.
    pub replace: bool,
    /// What `nopea.io/depends-on` names.
    pub depends_on: Vec<ObjectKey>,
}

/// A complete set of manifests that are ready to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreparedSet {
    /// The objects, sorted by key, no key twice.
    pub objects: Vec<Prepared>,
    /// What was left out of the manifests, and where.
    pub warnings: Vec<Fault>,
}

/// What manifests are prepared for.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Whose members they become.
    pub parent: &'a ParentRef,
    /// The namespace of namespaced objects that name none.
    pub default_namespace: &'a str,
    /// How the cluster serves the kinds of [`kinds`].
    pub scopes: &'a Scopes,
}

/// The kinds whose scopes must be asked for before [`prepare`].
///
/// ```
/// use nopea_core::prepare;
///
/// assert!(prepare::kinds(&[]).is_empty());
/// ```
pub fn kinds(manifests: &[Manifest]) -> BTreeSet<GroupKind> {
    manifests.iter().map(|manifest| manifest.key.kind.clone()).collect()
}

/// Prepares a set.
///
/// A kind is known where the cluster serves it or a `CustomResourceDefinition` of the set defines
/// it; of the two the latter decides, as it will stand when the object is applied.
///
/// # Errors
///
/// All that is wrong with the set, in the order of the manifests; then nothing is prepared.
///
/// ```
/// use std::sync::Arc;
/// use nopea_core::{
///     model::{Manifest, ObjectKey, Origin, RepoKey, Uid},
///     port::{ParentRef, Scope, Scopes},
///     prepare::{self, Setting},
/// };
/// use serde_json::json;
///
/// let manifest = Manifest {
///     key: ObjectKey::new("", "ConfigMap", "", "a"),
///     api_version: "v1".into(),
///     body: Arc::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})),
///     origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
/// };
/// let scope = Scope { namespaced: true, versions: vec!["v1".into()] };
/// let scopes = Scopes::from([(manifest.key.kind.clone(), scope)]);
/// let parent = ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u") };
/// let setting = Setting { parent: &parent, default_namespace: "shop", scopes: &scopes };
/// let set = prepare::prepare(&[manifest], &setting).unwrap();
/// assert_eq!(&*set.objects[0].manifest.key.namespace, "shop");
/// assert!(prepare::prepare(&[set.objects[0].manifest.clone()], &setting).is_err(), "marks are ours");
/// ```
pub fn prepare(manifests: &[Manifest], setting: &Setting<'_>) -> Result<PreparedSet, Vec<Fault>> {
    let scopes = scope::with_definitions(setting.scopes, manifests);
    let part_of = membership::part_of_id(&setting.parent.repo);
    let mut faults = Vec::new();
    let mut set = PreparedSet::default();
    let mut places: BTreeMap<ObjectKey, &Manifest> = BTreeMap::new();
    for manifest in manifests {
        let mut wrong = Vec::new();
        let key = scope::place(manifest, setting.default_namespace, &scopes, &mut wrong);
        let about = About { manifest, key: &key };
        if let Some(first) = places.get(&key) {
            wrong.push(about.fault(
                Code::DuplicateObject,
                format!("it is written at {} and again at {}", first.origin, manifest.origin),
            ));
        } else {
            places.insert(key.clone(), manifest);
        }
        name::check(&about, &mut wrong);
        mark::check(&about, &mut wrong);
        let depends_on = dependency::read(&about, &scopes, &mut wrong);
        let body = normalise::normalise(&about, &mut set.warnings, &mut wrong);
        if wrong.is_empty() {
            let body = mark::add(body, &key, setting.parent, &part_of);
            set.objects.push(prepared(manifest, key, body, depends_on));
        }
        faults.append(&mut wrong);
    }
    set.objects.sort_by(|a, b| a.manifest.key.cmp(&b.manifest.key));
    contradiction::check(&set.objects, &mut faults);
    if faults.is_empty() { Ok(set) } else { Err(faults) }
}

fn prepared(
    manifest: &Manifest,
    key: ObjectKey,
    body: Value,
    depends_on: Vec<ObjectKey>,
) -> Prepared {
    let api_version = Arc::clone(&manifest.api_version);
    Prepared {
        intent: intent(&api_version, &body),
        adopt: membership::is_set(&body, membership::ADOPT),
        replace: membership::is_set(&body, membership::REPLACE),
        depends_on,
        manifest: Manifest {
            key,
            api_version,
            body: Arc::new(body),
            origin: manifest.origin.clone(),
        },
    }
}

/// The digest of what is sent.
///
/// ```
/// use nopea_core::prepare::intent;
/// use serde_json::json;
///
/// assert_eq!(intent("v1", &json!({"a": 1, "b": 2})), intent("v1", &json!({"b": 2, "a": 1})));
/// assert_ne!(intent("v1", &json!({})), intent("v2", &json!({})));
/// ```
pub fn intent(api_version: &str, body: &Value) -> Hash {
    Hash::of_parts([&Hash::of_value(body).to_string(), api_version])
}

/// A manifest and the key that it gets.
#[derive(Clone, Copy, Debug)]
struct About<'a> {
    manifest: &'a Manifest,
    key: &'a ObjectKey,
}

impl About<'_> {
    /// A fault of this object at its place.
    fn fault(&self, code: Code, message: impl Into<crate::model::Text>) -> Fault {
        Fault::new(code, message).on(self.key.clone()).at(self.manifest.origin.clone())
    }

    /// A part of the body.
    fn get(&self, pointer: &str) -> Option<&Value> {
        self.manifest.body.pointer(pointer)
    }
}

#[cfg(test)]
mod tests;
