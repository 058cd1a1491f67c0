//! What Kubernetes allows as a name, a namespace, a label or an annotation.

use serde_json::{Map, Value};

use super::About;
use crate::{
    fault::{Code, Fault},
    model::GroupKind,
};

/// The bytes that all annotations of an object may have together.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// Kinds whose names may hold any character that a url path segment may.
const PATH_SEGMENTS: [(&str, &str); 3] = [
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("networking.k8s.io", "IPAddress"),
];
const SUBDOMAIN: &str = "must be at most 253 lower-case letters, digits, '-' and '.', and begin and end with a \
                         letter or digit";
const WORDS: &str =
    "use letters, digits, '-', '_' and '.'; a free text can be the value of an annotation";
const DNS_LABEL: &str = "must be at most 63 lower-case letters, digits and '-', and begin and end with a letter or digit";

/// Checks all names of an object.
pub(super) fn check(about: &About<'_>, wrong: &mut Vec<Fault>) {
    if let Some(rule) = broken_rule(&about.key.kind, &about.key.name) {
        let message = format!("metadata.name {:?} {rule}", about.key.name);
        wrong.push(about.fault(Code::InvalidName, message));
    }
    if !about.key.namespace.is_empty() && !is_dns_label(&about.key.namespace) {
        let message = format!("metadata.namespace {:?} {DNS_LABEL}", about.key.namespace);
        wrong.push(about.fault(Code::InvalidName, message));
    }
    if !about.get("/metadata").is_some_and(Value::is_object) {
        wrong.push(about.fault(Code::WrongType, "metadata must be a map"));
        return;
    }
    let each_label = |key: &str, value: &str, errors: &mut Vec<String>| {
        qualified(key, errors);
        if !is_label_value(value) {
            errors.push(format!(
                "value {value:?} must be at most 63 letters, digits, '-', '_' and '.', and begin \
                 and end with a letter or digit"
            ));
        }
    };
    texts(about, "labels", each_label, wrong);
    let mut size = 0_usize;
    let each_annotation = |key: &str, value: &str, errors: &mut Vec<String>| {
        size += key.len() + value.len();
        qualified(&key.to_ascii_lowercase(), errors);
    };
    texts(about, "annotations", each_annotation, wrong);
    if size > ANNOTATIONS_LIMIT {
        let message =
            format!("metadata.annotations has {size} bytes, more than {ANNOTATIONS_LIMIT}");
        let help = "keep large texts in a ConfigMap";
        wrong.push(about.fault(Code::InvalidName, message).help(help));
    }
}

/// Checks each text of `metadata.labels` or `metadata.annotations`.
fn texts(
    about: &About<'_>,
    field: &str,
    mut check: impl FnMut(&str, &str, &mut Vec<String>),
    wrong: &mut Vec<Fault>,
) {
    let empty = Map::new();
    let map = match about.get(&format!("/metadata/{field}")) {
        Some(Value::Object(map)) => map,
        None | Some(Value::Null) => &empty,
        Some(_) => {
            let message = format!("metadata.{field} must be a map of texts");
            wrong.push(about.fault(Code::WrongType, message));
            return;
        }
    };
    for (key, value) in map {
        match value {
            Value::String(text) => {
                let mut errors = Vec::new();
                check(key, text, &mut errors);
                for error in errors {
                    let message = format!("metadata.{field} {key:?}: {error}");
                    wrong.push(about.fault(Code::InvalidName, message).help(WORDS));
                }
            }
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                let message =
                    format!("metadata.{field} {key:?}: the value must be a text: quote it");
                wrong.push(about.fault(Code::WrongType, message));
            }
        }
    }
}

/// The rule that the name of an object of this kind breaks.
fn broken_rule(kind: &GroupKind, name: &str) -> Option<&'static str> {
    let path_segment = &*kind.group == "rbac.authorization.k8s.io"
        || kind.group.ends_with(".openshift.io")
        || PATH_SEGMENTS.iter().any(|(group, known)| kind.is(group, known));
    if path_segment {
        let right = !name.is_empty() && !matches!(name, "." | "..") && !name.contains(['/', '%']);
        return (!right).then_some("must not be '.' or '..' nor hold '/' or '%'");
    }
    if kind.is("", "Namespace") || kind.is("", "Service") {
        return (!is_dns_label(name)).then_some(DNS_LABEL);
    }
    (!is_subdomain(name)).then_some(SUBDOMAIN)
}

fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_segment(text)
}

/// RFC 1123: labels of lower-case letters, digits and dashes, joined by dots.
fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_segment)
}

fn is_segment(text: &str) -> bool {
    let edge = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_label_value(text: &str) -> bool {
    text.is_empty() || (text.len() <= 63 && is_word(text))
}

/// Letters, digits, `-`, `_` and `.`, a letter or digit at both ends.
fn is_word(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A key: an optional subdomain and a slash, then at most 63 characters of a word.
fn qualified(key: &str, errors: &mut Vec<String>) {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| !is_subdomain(prefix)) {
        errors.push(format!("the part before '/' {SUBDOMAIN}"));
    }
    if name.len() > 63 || !is_word(name) {
        errors.push(
            "the key must be at most 63 letters, digits, '-', '_' and '.', and begin and end with \
             a letter or digit; one prefix and '/' may stand before it"
                .to_owned(),
        );
    }
}
