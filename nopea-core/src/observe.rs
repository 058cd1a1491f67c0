//! What one look at a live object tells, from the object alone: adapters call it and may then drop
//! the object. Whose the object is and whether it drifted is judged elsewhere.

pub mod tool;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use crate::{
    baseline, fields, handback, health,
    membership::{NAMESPACE, OBJECT, PART_OF, REPOSITORY, SUSPEND_HEAL},
    model::{Change, Marks, ObjectKey, Observation, ResourceVersion, Text, Uid},
    port::applier::FIELD_MANAGER,
};

/// A value that is no object of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object of the cluster lacks {field}")]
pub struct Malformed {
    /// What it lacks.
    pub field: &'static str,
}

/// Tells what a live object shows.
///
/// A dry run of a creation has no resourceVersion: it reads as an empty one. A `DELETED` event says
/// more than its object does: whoever got one sets `change`.
///
/// ```
/// let object = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata":
///     {"name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "7"}});
/// let seen = nopea_core::observe::observe(object.into()).unwrap();
/// assert_eq!(seen.key.to_string(), "ConfigMap shop/web");
/// assert!(seen.baseline.is_none());
/// ```
pub fn observe(object: Arc<Value>) -> Result<Observation, Malformed> {
    let seen = look(&object)?;
    Ok(Observation { object: Some(object), ..seen })
}

fn look(object: &Value) -> Result<Observation, Malformed> {
    let need =
        |at, field| text(object, at).filter(|text| !text.is_empty()).ok_or(Malformed { field });
    let api_version = need("/apiVersion", "apiVersion")?;
    let kind = need("/kind", "kind")?;
    let name = need("/metadata/name", "metadata.name")?;
    let uid = Uid::new(need("/metadata/uid", "metadata.uid")?);
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let namespace = text(object, "/metadata/namespace").unwrap_or_default();
    let terminating = text(object, "/metadata/deletionTimestamp").is_some();
    Ok(Observation {
        key: ObjectKey::new(group, kind, namespace, name),
        api_version: api_version.into(),
        uid,
        version: ResourceVersion::new(
            text(object, "/metadata/resourceVersion").unwrap_or_default(),
        ),
        change: if terminating { Change::Terminating } else { Change::Present },
        marks: marks(object),
        baseline: baseline::of(object),
        health: health::health(object),
        break_glass: breaks_glass(object),
        overlap: handback::overlaps(object),
        others: others(object),
        object: None,
    })
}

impl Observation {
    /// The same sighting without its object.
    #[must_use]
    pub fn without_object(self) -> Self {
        Self { object: None, ..self }
    }
}

/// The marks that an object carries.
///
/// ```
/// let object = serde_json::json!({"metadata": {"labels": {"nopea.io/repository": "shop"}}});
/// assert_eq!(nopea_core::observe::marks(&object).repository.as_deref(), Some("shop"));
/// ```
pub fn marks(object: &Value) -> Marks {
    let owned = |text: Option<&str>| text.map(Text::from);
    Marks {
        part_of: owned(label(object, PART_OF)),
        repository: owned(label(object, REPOSITORY)),
        namespace: owned(label(object, NAMESPACE)),
        object: owned(annotation(object, OBJECT)),
        tool: tool::tool(object),
    }
}

/// Says whether somebody asked NOPEA to keep its hands off this live object.
///
/// ```
/// let object = serde_json::json!({"metadata": {"annotations": {"nopea.io/suspend-heal": "yes"}}});
/// assert!(nopea_core::observe::breaks_glass(&object));
/// ```
pub fn breaks_glass(object: &Value) -> bool {
    annotation(object, SUSPEND_HEAL).is_some_and(|value| matches!(value, "true" | "1" | "yes"))
}

/// The server sorts entries by time, so the newest come first here. Who only reports how the object
/// does changed none of its fields.
fn others(object: &Value) -> Arc<[Text]> {
    let mut names: Vec<&str> = fields::entries(object)
        .filter(|entry| entry.subresource != "status")
        .map(|entry| entry.manager)
        .filter(|manager| !manager.is_empty() && *manager != FIELD_MANAGER)
        .collect();
    names.reverse();
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(*name)).map(Text::from).collect()
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str()
}

fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(name)?.as_str()
}

#[cfg(test)]
mod tests;
