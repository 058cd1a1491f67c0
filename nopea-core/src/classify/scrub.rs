//! Keeps the values of a Secret out of texts, whoever repeats them.

use serde_json::Value;

use crate::{base64, model::Manifest};

/// The shortest value that is looked for: shorter ones stand in any text by chance.
const SHORTEST: usize = 4;

/// Replaces every value of a Secret, encoded or not.
pub(super) fn scrub(text: &str, manifest: Option<&Manifest>) -> String {
    let mut text = text.to_owned();
    let Some(manifest) = manifest.filter(|manifest| manifest.key.kind.is("", "Secret")) else {
        return text;
    };
    let mut values = Vec::new();
    for field in ["data", "stringData"] {
        let map = manifest.body.get(field).and_then(Value::as_object);
        for value in map.into_iter().flat_map(|map| map.values()).filter_map(Value::as_str) {
            let plain = base64::decode(value).and_then(|bytes| String::from_utf8(bytes).ok());
            values.extend(plain);
            values.push(value.to_owned());
        }
    }
    values.retain(|value| value.len() >= SHORTEST);
    // the longest first: one value may hold another
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in values {
        text = text.replace(&value, "***");
    }
    text
}
