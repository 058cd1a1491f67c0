//! Custom resources against their definition: required fields, bounds, enumerations, and the one
//! transition rule that is recognised, `self == oldSelf`. Other rules are not evaluated.

use serde_json::Value;

use super::Errors;
use crate::{answer::FieldError, json};

pub(super) fn values(open_api: &Value, object: &Value, live: Option<&Value>, errors: &mut Errors) {
    walk(open_api, object, live, "", errors);
}

fn walk(schema: &Value, value: &Value, live: Option<&Value>, path: &str, errors: &mut Errors) {
    rules(schema, value, live, path, errors);
    match value {
        Value::Object(fields) => {
            for name in json::items(schema, &["required"]).iter().filter_map(Value::as_str) {
                if fields.get(name).is_none_or(Value::is_null) {
                    errors.push(FieldError::required(&join(path, name), ""));
                }
            }
            let other = json::get(schema, &["additionalProperties"]);
            for (name, field) in fields {
                let declared = json::get(schema, &["properties", name]);
                if let Some(inner) = declared.or(other).filter(|_| !is_own(path, name)) {
                    let before = live.and_then(|live| live.get(name));
                    walk(inner, field, before, &join(path, name), errors);
                }
            }
        }
        Value::Array(items) => {
            bound(schema, "maxItems", items.len(), |count, most| count > most, path, errors);
            bound(schema, "minItems", items.len(), |count, least| count < least, path, errors);
            if let Some(inner) = json::get(schema, &["items"]) {
                for (index, item) in items.iter().enumerate() {
                    walk(inner, item, None, &format!("{path}[{index}]"), errors);
                }
            }
        }
        Value::String(text) => {
            let length = text.chars().count();
            bound(schema, "maxLength", length, |count, most| count > most, path, errors);
            bound(schema, "minLength", length, |count, least| count < least, path, errors);
            one_of(schema, text, path, errors);
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(0.0);
            for (name, word) in [("minimum", "greater"), ("maximum", "less")] {
                let Some(limit) = json::get(schema, &[name]).and_then(Value::as_f64) else {
                    continue;
                };
                if (name == "minimum" && number < limit) || (name == "maximum" && number > limit) {
                    let detail =
                        format!("{path} in body should be {word} than or equal to {limit}");
                    errors.push(FieldError::invalid(path, number, &detail));
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// `metadata` is checked as every object's is.
fn is_own(path: &str, name: &str) -> bool {
    path.is_empty() && name == "metadata"
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn rules(schema: &Value, value: &Value, live: Option<&Value>, path: &str, errors: &mut Errors) {
    for rule in json::items(schema, &["x-kubernetes-validations"]) {
        let text: String =
            json::text(rule, &["rule"]).chars().filter(|letter| !letter.is_whitespace()).collect();
        let fixed = matches!(&*text, "self==oldSelf" | "oldSelf==self");
        if fixed && live.is_some_and(|live| live != value) {
            let message = json::text(rule, &["message"]);
            let detail = if message.is_empty() {
                format!("failed rule: {}", json::text(rule, &["rule"]))
            } else {
                message.to_owned()
            };
            errors.push(FieldError::invalid(path, value, &detail));
        }
    }
}

fn bound(
    schema: &Value,
    name: &str,
    count: usize,
    broken: impl Fn(u64, u64) -> bool,
    path: &str,
    errors: &mut Errors,
) {
    let limit = json::get(schema, &[name]).and_then(Value::as_u64);
    if limit.is_some_and(|limit| broken(count as u64, limit)) {
        let limit = limit.unwrap_or(0);
        let detail = format!("{path} in body breaks {name} of {limit}");
        errors.push(FieldError::invalid(path, count, &detail));
    }
}

fn one_of(schema: &Value, text: &str, path: &str, errors: &mut Errors) {
    let allowed = json::items(schema, &["enum"]);
    if !allowed.is_empty() && !allowed.iter().any(|one| one.as_str() == Some(text)) {
        let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        errors.push(FieldError::unsupported(path, text, &names));
    }
}
