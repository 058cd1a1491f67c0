//! Services and Ingresses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, name};
use crate::{answer::FieldError, json};

pub(super) fn service(object: &Value, errors: &mut Errors) {
    let kind = json::text(object, &["spec", "type"]);
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&kind) {
        errors.push(FieldError::unsupported("spec.type", kind, &kinds));
    }
    let ports = json::items(object, &["spec", "ports"]);
    let headless = json::text(object, &["spec", "clusterIP"]) == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        errors.push(FieldError::required("spec.ports", ""));
    }
    if kind == "ExternalName" {
        super::require_text(object, "spec.externalName", errors);
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = |part: &str| format!("spec.ports[{index}].{part}");
        let called = json::text(port, &["name"]);
        if called.is_empty() {
            if ports.len() > 1 {
                errors.push(FieldError::required(&field("name"), ""));
            }
        } else if let Some(error) = name::label_error(&field("name"), called) {
            errors.push(error);
        } else if !names.insert(called) {
            errors.push(FieldError::duplicate(&field("name"), format!("{called:?}")));
        }
        let range = "must be between 1 and 65535, inclusive";
        match json::number(port, &["port"]) {
            Some(1..=65_535) => {}
            Some(number) => errors.push(FieldError::invalid(&field("port"), number, range)),
            None => errors.push(FieldError::invalid(&field("port"), 0, range)),
        }
        let node_port = json::number(port, &["nodePort"]).unwrap_or(0);
        if node_port != 0 && !(30_000..=32_767).contains(&node_port) {
            let detail = "provided port is not in the valid range. The range of valid ports is \
                          30000-32767";
            errors.push(FieldError::invalid(&field("nodePort"), node_port, detail));
        }
        if node_port != 0 && kind == "ClusterIP" {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(&field("nodePort"), detail));
        }
    }
}

pub(super) fn ingress(object: &Value, errors: &mut Errors) {
    let rules = json::items(object, &["spec", "rules"]);
    let default = json::get(object, &["spec", "defaultBackend"]);
    if rules.is_empty() && default.is_none() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        errors.push(FieldError::invalid("spec", "{}", detail));
    }
    for (rule_index, rule) in rules.iter().enumerate() {
        for (index, path) in json::items(rule, &["http", "paths"]).iter().enumerate() {
            let field = format!("spec.rules[{rule_index}].http.paths[{index}]");
            let kind = json::text(path, &["pathType"]);
            let kinds = ["Exact", "ImplementationSpecific", "Prefix"];
            if kind.is_empty() {
                errors.push(FieldError::required(
                    &format!("{field}.pathType"),
                    "pathType must be specified",
                ));
            } else if !kinds.contains(&kind) {
                errors.push(FieldError::unsupported(&format!("{field}.pathType"), kind, &kinds));
            }
            if matches!(kind, "Exact" | "Prefix") && !json::text(path, &["path"]).starts_with('/') {
                let value = format!("{:?}", json::text(path, &["path"]));
                errors.push(FieldError::invalid(
                    &format!("{field}.path"),
                    value,
                    "must be an absolute path",
                ));
            }
        }
    }
}
