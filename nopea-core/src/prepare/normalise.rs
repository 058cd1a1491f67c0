//! The form in which an object is sent, so that it comes back as it was sent (experiments R11).
//!
//! What is left out is said in a warning. Unknown fields and custom resources stay as they are.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{About, is_built_in, is_custom_resource_definition};
use crate::{
    base64,
    fault::{Code, Fault},
    model::GroupKind,
};

/// What only the server writes; an exported manifest carries it.
const SERVER_METADATA: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];
/// Where a definition holds free JSON, in which a null may be meant.
const FREE_JSON: [&str; 3] = ["default", "enum", "example"];
/// How many paths one warning lists.
const LISTED: usize = 10;

/// The body in normal form.
pub(super) fn normalise(
    about: &About<'_>,
    warnings: &mut Vec<Fault>,
    wrong: &mut Vec<Fault>,
) -> Value {
    let mut body = (*about.manifest.body).clone();
    let Value::Object(object) = &mut body else { return body };
    let kind = &about.key.kind;
    let mut warn = |paths: Vec<String>, why: &str| {
        if !paths.is_empty() {
            let message = format!("left out {}: {why}", list(&paths));
            warnings.push(about.fault(Code::Normalised, message));
        }
    };
    warn(server_fields(object), "the server writes it");
    if is_built_in(&kind.group) {
        let mut paths = Vec::new();
        let free = is_custom_resource_definition(kind);
        drop_nulls(object, free, &mut String::new(), &mut paths);
        warn(paths, "null means unset, but would be kept as a field of ours");
    } else if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        let mut paths = Vec::new();
        drop_nulls(metadata, false, &mut "metadata".to_owned(), &mut paths);
        warn(paths, "null means unset, but would be kept as a field of ours");
    }
    warn(empty_bundles(kind, &mut body), "an empty caBundle would blank an injected one");
    let Value::Object(object) = &mut body else { return body };
    if kind.is("rbac.authorization.k8s.io", "ClusterRole") && object.contains_key("aggregationRule")
    {
        let rules = object.remove("rules").map(|_| "rules".to_owned());
        warn(rules.into_iter().collect(), "the aggregationRule fills it");
    }
    if kind.is("", "PersistentVolumeClaim") {
        let path = drop_empty(object.get_mut("spec"), "volumeName", "spec");
        warn(path.into_iter().collect(), "an empty one could not be bound");
    }
    if kind.is("", "Secret") {
        encode_string_data(about, object, wrong);
    }
    body
}

fn list(paths: &[String]) -> String {
    let shown = paths.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match paths.len().checked_sub(LISTED) {
        None | Some(0) => shown,
        Some(rest) => format!("{shown} and {rest} more"),
    }
}

fn server_fields(object: &mut Map<String, Value>) -> Vec<String> {
    let status = object.remove("status").map(|_| "status".to_owned());
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let metadata = metadata.into_iter().flat_map(|metadata| {
        SERVER_METADATA
            .iter()
            .filter_map(|field| metadata.remove(*field).map(|_| format!("metadata.{field}")))
    });
    metadata.chain(status).collect()
}

/// Drops null values of maps at any depth; a null in a list has a place and stays.
fn drop_nulls(
    map: &mut Map<String, Value>,
    free_json: bool,
    path: &mut String,
    dropped: &mut Vec<String>,
) {
    map.retain(|key, value| {
        if free_json && FREE_JSON.contains(&key.as_str()) {
            return true;
        }
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        let keep = !value.is_null();
        if keep {
            drop_nulls_below(value, free_json, path, dropped);
        } else {
            dropped.push(path.clone());
        }
        path.truncate(length);
        keep
    });
}

fn drop_nulls_below(
    value: &mut Value,
    free_json: bool,
    path: &mut String,
    dropped: &mut Vec<String>,
) {
    match value {
        Value::Object(map) => drop_nulls(map, free_json, path, dropped),
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let length = path.len();
                let _infallible = write!(path, "[{at}]");
                drop_nulls_below(item, free_json, path, dropped);
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn empty_bundles(kind: &GroupKind, body: &mut Value) -> Vec<String> {
    let webhooks = kind.is("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")
        || kind.is("admissionregistration.k8s.io", "MutatingWebhookConfiguration");
    if webhooks {
        let hooks = body.get_mut("webhooks").and_then(Value::as_array_mut);
        let each = |(at, hook): (usize, &mut Value)| {
            let path = format!("webhooks[{at}].clientConfig");
            drop_empty(hook.get_mut("clientConfig"), "caBundle", &path)
        };
        return hooks.into_iter().flatten().enumerate().filter_map(each).collect();
    }
    let (pointer, path) = if kind.is("apiregistration.k8s.io", "APIService") {
        ("/spec", "spec")
    } else if is_custom_resource_definition(kind) {
        ("/spec/conversion/webhook/clientConfig", "spec.conversion.webhook.clientConfig")
    } else {
        return Vec::new();
    };
    drop_empty(body.pointer_mut(pointer), "caBundle", path).into_iter().collect()
}

/// Drops `field` where it is an empty text, and says its path.
fn drop_empty(parent: Option<&mut Value>, field: &str, path: &str) -> Option<String> {
    let map = parent?.as_object_mut()?;
    map.get(field)?.as_str().filter(|text| text.is_empty())?;
    map.remove(field);
    Some(format!("{path}.{field}"))
}

/// Moves `stringData` into `data`, where it wins: the server would own it as a field that is never
/// there, and what Git drops from it would stay for ever.
fn encode_string_data(about: &About<'_>, secret: &mut Map<String, Value>, wrong: &mut Vec<Fault>) {
    let Some(Value::Object(plain)) = secret.get("stringData") else { return };
    let mut encoded = Map::new();
    for (key, value) in plain {
        match value.as_str() {
            Some(text) => {
                encoded.insert(key.clone(), Value::String(base64::encode(text.as_bytes())));
            }
            None => wrong.push(about.fault(
                Code::WrongType,
                format!("stringData {key:?}: the value must be a text: quote it"),
            )),
        }
    }
    secret.remove("stringData");
    if let Value::Object(data) = secret.entry("data").or_insert_with(|| Map::new().into()) {
        data.extend(encoded);
    } else {
        wrong.push(about.fault(Code::WrongType, "data must be a map of texts"));
    }
}
