//! Our labels and annotations: which ones Git must not set, and how ours are added.

use serde_json::{Map, Value};

use super::About;
use crate::{
    fault::{Code, Fault},
    membership::{
        NAMESPACE, OBJECT, PART_OF, REPOSITORY, SUSPEND_HEAL, annotation, label, object_mark,
    },
    model::ObjectKey,
    port::ParentRef,
};

/// Refuses marks that only we, or only people on the live object, may set.
pub(super) fn check(about: &About<'_>, wrong: &mut Vec<Fault>) {
    let body = &*about.manifest.body;
    for name in [REPOSITORY, NAMESPACE, PART_OF] {
        if label(body, name).is_some() {
            wrong.push(about.fault(Code::ReservedMark, format!("label {name} is NOPEA's own")));
        }
    }
    if annotation(body, OBJECT).is_some() {
        wrong.push(about.fault(Code::ReservedMark, format!("annotation {OBJECT} is NOPEA's own")));
    }
    if annotation(body, SUSPEND_HEAL).is_some() {
        let message = format!("annotation {SUSPEND_HEAL} stands in Git");
        wrong.push(about.fault(Code::BreakGlassInGit, message));
    }
}

/// Adds our labels and annotation, and writes the namespace.
pub(super) fn add(mut body: Value, key: &ObjectKey, parent: &ParentRef, part_of: &str) -> Value {
    let Value::Object(object) = &mut body else { return body };
    within(object, "metadata", |metadata| {
        if key.namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace".to_owned(), text(&key.namespace));
        }
        within(metadata, "labels", |labels| {
            labels.insert(REPOSITORY.to_owned(), text(&parent.repo.name));
            labels.insert(NAMESPACE.to_owned(), text(&parent.repo.namespace));
            labels.insert(PART_OF.to_owned(), text(part_of));
        });
        within(metadata, "annotations", |annotations| {
            annotations.insert(OBJECT.to_owned(), text(&object_mark(&parent.uid, key)));
        });
    });
    body
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

/// Changes the map under `name`, which is made anew where there is none.
fn within(map: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let slot = map.entry(name).or_insert(Value::Null);
    let mut inner = Map::new();
    if let Value::Object(known) = slot.take() {
        inner = known;
    }
    change(&mut inner);
    *slot = Value::Object(inner);
}
