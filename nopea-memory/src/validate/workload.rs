//! Pods, and the kinds that make them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, name};
use crate::{answer::FieldError, json};

/// A Pod's spec at this path.
pub(super) fn pod_spec(object: &Value, path: &str, errors: &mut Errors) {
    let parts: Vec<&str> = path.split('.').collect();
    let Some(spec) = json::get(object, &parts) else {
        errors.push(FieldError::required(&format!("{path}.containers"), ""));
        return;
    };
    if json::items(spec, &["containers"]).is_empty() {
        errors.push(FieldError::required(&format!("{path}.containers"), ""));
    }
    let volumes: BTreeSet<&str> = json::items(spec, &["volumes"])
        .iter()
        .map(|volume| json::text(volume, &["name"]))
        .collect();
    for list in ["initContainers", "containers"] {
        for (index, container) in json::items(spec, &[list]).iter().enumerate() {
            let field = format!("{path}.{list}[{index}]");
            one_container(container, &field, &volumes, errors);
        }
    }
}

fn one_container(container: &Value, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    let called = json::text(container, &["name"]);
    if called.is_empty() {
        errors.push(FieldError::required(&format!("{field}.name"), ""));
    } else {
        errors.extend(name::label_error(&format!("{field}.name"), called));
    }
    let image = json::text(container, &["image"]);
    if image.is_empty() {
        errors.push(FieldError::required(&format!("{field}.image"), ""));
    } else if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(&format!("{field}.image"), format!("{image:?}"), detail));
    }
    for (index, port) in json::items(container, &["ports"]).iter().enumerate() {
        let number = json::number(port, &["containerPort"]);
        let path = format!("{field}.ports[{index}].containerPort");
        match number {
            None => errors.push(FieldError::required(&path, "")),
            Some(1..=65_535) => {}
            Some(number) => {
                let detail = "must be between 1 and 65535, inclusive";
                errors.push(FieldError::invalid(&path, number, detail));
            }
        }
    }
    for (index, mount) in json::items(container, &["volumeMounts"]).iter().enumerate() {
        let volume = json::text(mount, &["name"]);
        if !volumes.contains(volume) {
            let body = format!("{volume:?}");
            let path = format!("{field}.volumeMounts[{index}].name");
            errors.push(FieldError::not_found(&path, body));
        }
    }
}

/// Kinds with a selector and a template.
pub(super) fn selecting(object: &Value, errors: &mut Errors) {
    let selector = json::get(object, &["spec", "selector"]);
    let labels = ["spec", "template", "metadata", "labels"];
    match selector {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(selector) => {
            let expressions = !json::items(selector, &["matchExpressions"]).is_empty();
            let wanted: Vec<_> = json::entries(selector, &["matchLabels"]).collect();
            if wanted.is_empty() && !expressions {
                let detail = "empty selector is invalid for deployment";
                errors.push(FieldError::invalid("spec.selector", "{}", detail));
            }
            let has = json::get(object, &labels);
            let matches =
                wanted.iter().all(|(key, value)| has.and_then(|has| has.get(*key)) == Some(*value));
            if !matches {
                let shown = has.map_or_else(|| "null".to_owned(), ToString::to_string);
                let detail = "`selector` does not match template `labels`";
                errors.push(FieldError::invalid("spec.template.metadata.labels", shown, detail));
            }
        }
    }
    name::labels(object, &labels, errors);
    pod_spec(object, "spec.template.spec", errors);
    let policy = json::text(object, &["spec", "template", "spec", "restartPolicy"]);
    if !matches!(policy, "" | "Always") {
        let field = "spec.template.spec.restartPolicy";
        errors.push(FieldError::unsupported(field, policy, &["Always"]));
    }
    if let Some(replicas) = json::number(object, &["spec", "replicas"]).filter(|count| *count < 0) {
        let detail = "must be greater than or equal to 0";
        errors.push(FieldError::invalid("spec.replicas", replicas, detail));
    }
}

/// A Job's spec at this path.
pub(super) fn job(object: &Value, path: &str, errors: &mut Errors) {
    let template = format!("{path}.template.spec");
    pod_spec(object, &template, errors);
    let parts: Vec<&str> = template.split('.').chain(["restartPolicy"]).collect();
    let policy = json::text(object, &parts);
    if !matches!(policy, "OnFailure" | "Never") {
        let field = format!("{template}.restartPolicy");
        errors.push(FieldError::required(&field, "valid values: \"OnFailure\", \"Never\""));
    }
}

pub(super) fn cron_job(object: &Value, errors: &mut Errors) {
    let schedule = json::text(object, &["spec", "schedule"]);
    if schedule.is_empty() {
        errors.push(FieldError::required("spec.schedule", ""));
    } else if !is_schedule(schedule) {
        let fields = schedule.split_whitespace().count();
        let detail = format!("expected exactly 5 fields, found {fields}: [{schedule}]");
        errors.push(FieldError::invalid("spec.schedule", format!("{schedule:?}"), &detail));
    }
    job(object, "spec.jobTemplate.spec", errors);
}

/// Whether a text reads as a cron schedule.
fn is_schedule(text: &str) -> bool {
    if text.starts_with('@') {
        return matches!(
            text,
            "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly"
        ) || text.starts_with("@every ");
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"*/,-?".contains(&byte);
    fields.len() == 5 && fields.iter().all(|field| field.bytes().all(letter))
}
