//! Keeps the values of a Secret out of texts, whoever repeats them.

use serde_json::Value;

use crate::{base64, model::Manifest, port::ServerStatus};

/// The shortest value that is looked for: shorter ones stand in any text by chance.
const SHORTEST: usize = 4;

/// The status with every value of the Secret replaced, encoded or not, whole or line by line.
///
/// Before anything is cut: half a value is still a secret.
pub(super) fn scrub(mut status: ServerStatus, manifest: Option<&Manifest>) -> ServerStatus {
    let values = values(manifest);
    if values.is_empty() {
        return status;
    }
    let hide = |text: &str| {
        values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "***"))
    };
    status.message = hide(&status.message).into();
    for cause in &mut status.causes {
        cause.message = hide(&cause.message).into();
    }
    status
}

/// What must not be repeated, the longest first: one value may hold another.
fn values(manifest: Option<&Manifest>) -> Vec<String> {
    let mut values = Vec::new();
    let Some(manifest) = manifest.filter(|manifest| manifest.key.kind.is("", "Secret")) else {
        return values;
    };
    for field in ["data", "stringData"] {
        let map = manifest.body.get(field).and_then(Value::as_object);
        for value in map.into_iter().flat_map(|map| map.values()).filter_map(Value::as_str) {
            let plain = base64::decode(value).and_then(|bytes| String::from_utf8(bytes).ok());
            for text in plain.as_deref().into_iter().chain([value]) {
                values.push(text.to_owned());
                values.extend(text.lines().map(|line| line.trim().to_owned()));
            }
        }
    }
    values.retain(|value| value.len() >= SHORTEST);
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}
