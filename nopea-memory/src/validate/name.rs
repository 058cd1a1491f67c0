//! Names, labels and keys.

use serde_json::Value;

use super::Errors;
use crate::{answer::FieldError, json, kinds::Kind};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
     characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
     'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters \
     or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
     regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or \
     '-', start with an alphabetic character, and end with an alphanumeric character (e.g. \
     'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, \
     '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
     'my_value',  or '12345', regex used for validation is \
     '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must \
     start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
     regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const DATA_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' \
     (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
     '[-._a-zA-Z0-9]+')";

pub(super) fn metadata(kind: &Kind, object: &Value, errors: &mut Errors) {
    let name = json::text(object, &["metadata", "name"]);
    if let Some(detail) = wrong_name(kind, name) {
        errors.push(FieldError::invalid("metadata.name", format!("{name:?}"), &detail));
    }
    labels(object, &["metadata", "labels"], errors);
    for (key, _) in json::entries(object, &["metadata", "annotations"]) {
        if let Some(detail) = wrong_key(&key.to_lowercase()) {
            errors.push(FieldError::invalid("metadata.annotations", format!("{key:?}"), &detail));
        }
    }
    let size: usize = json::entries(object, &["metadata", "annotations"])
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > 262_144 {
        let detail = "may not be more than 262144 bytes";
        errors.push(FieldError::invalid("metadata.annotations", "\"\"", detail));
    }
}

/// Labels, wherever they stand.
pub(super) fn labels(object: &Value, path: &[&str], errors: &mut Errors) {
    let field = path.join(".");
    for (key, value) in json::entries(object, path) {
        if let Some(detail) = wrong_key(key) {
            errors.push(FieldError::invalid(&field, format!("{key:?}"), &detail));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            let detail = "must be no more than 63 bytes";
            errors.push(FieldError::invalid(&field, format!("{value:?}"), detail));
        } else if !value.is_empty() && !is_name_part(value) {
            errors.push(FieldError::invalid(&field, format!("{value:?}"), VALUE));
        }
    }
}

pub(super) fn data_keys(object: &Value, list: &str, errors: &mut Errors) {
    for (key, _) in json::entries(object, &[list]) {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let field = format!("{list}[{key}]");
        if key.len() > 253 {
            let detail = "must be no more than 253 bytes";
            errors.push(FieldError::invalid(&field, format!("{key:?}"), detail));
        } else if key.is_empty() || !key.bytes().all(letter) {
            errors.push(FieldError::invalid(&field, format!("{key:?}"), DATA_KEY));
        }
    }
}

fn wrong_name(kind: &Kind, name: &str) -> Option<String> {
    match (&*kind.id.group, &*kind.id.kind) {
        ("", "Service") => {
            let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
            long(name, 63).or_else(|| (!(is_label(name) && starts)).then(|| LABEL_1035.to_owned()))
        }
        ("", "Namespace") => long(name, 63).or_else(|| (!is_label(name)).then(|| LABEL.to_owned())),
        ("rbac.authorization.k8s.io", _) => {
            let bad = matches!(name, "." | "..") || name.contains(['/', '%']);
            bad.then(|| "may not contain '/' or '%'".to_owned())
        }
        ("batch", "CronJob") if name.len() > 52 => {
            Some("must be no more than 52 characters".to_owned())
        }
        _ => long(name, 253)
            .or_else(|| (!name.split('.').all(is_label)).then(|| SUBDOMAIN.to_owned())),
    }
}

fn long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} bytes"))
}

/// Whether a text is a label of the domain name system.
pub(super) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The fault of a text that is no such label.
pub(super) fn label_error(field: &str, text: &str) -> Option<FieldError> {
    let detail = long(text, 63).or_else(|| (!is_label(text)).then(|| LABEL.to_owned()))?;
    Some(FieldError::invalid(field, format!("{text:?}"), &detail))
}

fn is_name_part(text: &str) -> bool {
    let edge = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn wrong_key(key: &str) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| prefix.len() > 253 || !prefix.split('.').all(is_label)) {
        return Some(format!("prefix part {SUBDOMAIN}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".to_owned());
    }
    (!is_name_part(name)).then(|| KEY.to_owned())
}
