//! One `GitRepository` as the watch shows it: what it declares or why it cannot, and what of it
//! matters. Knows neither what was shown before nor what follows.

use std::collections::BTreeMap;

use kube::api::DynamicObject;
use nopea_core::model::{
    Declared, DeletionPolicy, InvalidSpec, Orders, RepoKey, SourceUrl, Spec, Text, Timestamp, Uid,
    spec::parse_duration,
};
use nopea_k8s::{GitRepository, GitRepositorySpec, declared};
use serde_json::{Value, json};

/// What annotations and finalizers of ours begin with.
const OURS: &str = "nopea.io/";
const APPLYSET_ID: &str = "applyset.kubernetes.io/id";
const APPLYSET_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";

/// An object of the watch.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) key: RepoKey,
    pub(crate) shown: Shown,
    pub(crate) reading: Reading,
}

/// What of an object matters: what else changes is its status, or nobody's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) uid: Uid,
    pub(crate) generation: i64,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) claim: Claim,
    annotations: BTreeMap<String, String>,
}

/// Which parts of the claim stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) finalizer: bool,
    id: bool,
    kinds: bool,
}

/// What an object declares.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// This.
    Good(Box<Declared>),
    /// Nothing that could be done.
    Bad {
        /// Every field that is wrong, and the way out.
        why: Text,
        /// As much as its removal needs.
        removal: Option<Box<Declared>>,
    },
}

impl Shown {
    /// Says whether another declaration is shown now; a claim declares nothing.
    pub(crate) fn declares_otherwise(&self, now: &Self) -> bool {
        *self != Self { claim: self.claim, ..now.clone() }
    }
}

impl Claim {
    /// Says whether a part that stood before is gone.
    pub(crate) fn lost_since(self, before: Self) -> bool {
        (before.finalizer && !self.finalizer)
            || (before.id && !self.id)
            || (before.kinds && !self.kinds)
    }
}

/// Reads an object; none where it has no name, which no server shows.
pub(crate) fn read(mut object: DynamicObject) -> Option<Seen> {
    object.metadata.managed_fields = None;
    let metadata = &object.metadata;
    let key = RepoKey::new(metadata.namespace.as_deref()?, metadata.name.as_deref()?);
    let has = |map: &Option<BTreeMap<String, String>>, name: &str| {
        map.as_ref().is_some_and(|map| map.contains_key(name))
    };
    let finalizers = metadata.finalizers.iter().flatten();
    let shown = Shown {
        uid: Uid::new(metadata.uid.as_deref()?),
        generation: metadata.generation.unwrap_or_default(),
        deleted_at: metadata
            .deletion_timestamp
            .as_ref()
            .map(|time| Timestamp(u64::try_from(time.0.as_millisecond()).unwrap_or_default())),
        claim: Claim {
            finalizer: finalizers.into_iter().any(|name| name.starts_with(OURS)),
            id: has(&metadata.labels, APPLYSET_ID),
            kinds: has(&metadata.annotations, APPLYSET_KINDS),
        },
        annotations: metadata
            .annotations
            .iter()
            .flatten()
            .filter(|(name, _)| name.starts_with(OURS))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    };
    let reading = match typed(&object) {
        Ok(object) => match declared(&object) {
            Ok((declared, _told_in_the_orders)) => Reading::Good(Box::new(declared)),
            Err(invalid) => bad(invalid.to_string(), &key, &shown, &object_spec(&object)),
        },
        Err(why) => {
            let spec = object.data.get("spec").cloned().unwrap_or_default();
            bad(why, &key, &shown, &spec)
        }
    };
    Some(Seen { key, shown, reading })
}

fn object_spec(object: &GitRepository) -> Value {
    serde_json::to_value(&object.spec).unwrap_or_default()
}

fn typed(object: &DynamicObject) -> Result<GitRepository, String> {
    let spec = object.data.get("spec").cloned().unwrap_or_else(|| json!({}));
    let read = serde_json::from_value::<GitRepositorySpec>(spec.clone());
    let spec = read.map_err(|error| mistyped(&spec, &error))?;
    let mut typed = GitRepository::new("", spec);
    typed.metadata = object.metadata.clone();
    Ok(typed)
}

/// Names every field that is wrong, not the first: those of a wrong type, each tried alone, then
/// those of a wrong value among the others.
fn mistyped(spec: &Value, first: &serde_json::Error) -> String {
    let help = "`kubectl explain gitrepository.spec` shows the types";
    let mut rest = json!({"url": "https://example.org"});
    let mut wrong = Vec::new();
    for (name, value) in spec.as_object().into_iter().flatten() {
        let mut alone = json!({"url": ""});
        if let Some(fields) = alone.as_object_mut() {
            fields.insert(name.clone(), value.clone());
        }
        match serde_json::from_value::<GitRepositorySpec>(alone) {
            Err(error) => wrong.push(format!("spec.{name} {value} cannot be: {error}; {help}")),
            Ok(_) => {
                if let Some(fields) = rest.as_object_mut() {
                    fields.insert(name.clone(), value.clone());
                }
            }
        }
    }
    let others = serde_json::from_value::<GitRepositorySpec>(rest).ok();
    if let Some(Err(invalid)) = others.as_ref().map(Spec::try_from) {
        wrong.push(invalid.to_string());
    }
    if spec.get("url").is_none() {
        wrong.push(format!("spec cannot be: {first}; {help}"));
    }
    wrong.join("; ")
}

fn bad(why: String, key: &RepoKey, shown: &Shown, spec: &Value) -> Reading {
    let removal = removal_spec(spec).map(|removal| {
        Box::new(Declared {
            key: key.clone(),
            uid: shown.uid.clone(),
            generation: shown.generation,
            spec: removal.into(),
            orders: Orders { refused: Some(why.as_str().into()), ..Orders::default() },
            deleted_at: shown.deleted_at,
        })
    });
    Reading::Bad { why: why.into(), removal: removal.ok() }
}

/// The fields that say how a repository goes. What cannot be read of them deletes nothing.
fn removal_spec(spec: &Value) -> Result<Spec, InvalidSpec> {
    let mut removal = Spec::new(SourceUrl::parse("unreadable:///")?);
    removal.deletion_policy = match spec.get("deletionPolicy").map(Value::as_str) {
        None | Some(Some("Delete")) => DeletionPolicy::Delete,
        Some(_) => DeletionPolicy::Orphan,
    };
    removal.suspend = spec.get("suspend").is_some_and(|suspend| suspend != &Value::Bool(false));
    let timeout = spec.get("timeout").and_then(Value::as_str);
    if let Some(Ok(timeout)) = timeout.map(|text| parse_duration("timeout", text)) {
        removal.timeout = timeout;
    }
    Ok(removal)
}

#[cfg(test)]
mod tests;
