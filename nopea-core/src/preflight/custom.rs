//! Custom resources against the schema that their `CustomResourceDefinition` in the same set brings
//! (R15, R30): no server can dry run them before that stands.
//!
//! Only what is certain is told: fields that are not declared, values of another type, values outside
//! an enum, and missing fields where no object of the kind can live yet. Defaults, CEL rules and
//! formats are left to the dry run at the gate.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    fault::{Code, Fault},
    model::GroupKind,
    port::Scopes,
    prepare::{Prepared, defined_kind, is_custom_resource_definition},
};

/// Finds what the definitions of the set refuse in the deferred custom resources of the set.
///
/// `served` are the kinds that the cluster knows by now: of others no object can live, so nobody else
/// can have set a required field.
pub(crate) fn schema_faults(
    objects: &[Prepared],
    deferred: &[bool],
    served: &Scopes,
) -> Vec<Fault> {
    let definitions: BTreeMap<GroupKind, &Value> = objects
        .iter()
        .filter(|object| is_custom_resource_definition(&object.manifest.key.kind))
        .filter_map(|object| Some((defined_kind(&object.manifest.body)?, &*object.manifest.body)))
        .collect();
    let deferred = objects.iter().zip(deferred).filter(|(_, deferred)| **deferred);
    let mut faults = Vec::new();
    for (object, _) in deferred {
        let manifest = &object.manifest;
        let version = manifest.api_version.rsplit('/').next().unwrap_or_default();
        let definition = definitions.get(&manifest.key.kind);
        let Some(schema) = definition.and_then(|definition| schema_of(definition, version)) else {
            continue;
        };
        let complete = !served.contains_key(&manifest.key.kind);
        let mut walk = Walk { complete, found: Vec::new() };
        walk.object(&manifest.body, schema, "", true);
        faults.extend(walk.found.into_iter().map(|(code, message)| {
            Fault::new(code, message).on(manifest.key.clone()).at(manifest.origin.clone())
        }));
    }
    faults
}

fn schema_of<'a>(definition: &'a Value, version: &str) -> Option<&'a Value> {
    let spec = definition.get("spec")?;
    if spec.get("preserveUnknownFields") == Some(&Value::Bool(true)) {
        return None;
    }
    let versions = spec.get("versions")?.as_array()?;
    let named = versions.iter().find(|one| one.get("name").is_some_and(|name| name == version))?;
    named.pointer("/schema/openAPIV3Schema")
}

struct Walk {
    /// Whether what is missing here is missing in the cluster as well.
    complete: bool,
    found: Vec<(Code, String)>,
}

impl Walk {
    fn value(&mut self, value: &Value, schema: &Value, path: &str) {
        // what null means depends on defaults and `nullable`
        if value.is_null() {
            return;
        }
        let text = |name| schema.get(name).and_then(Value::as_str);
        let int_or_string = is_set(schema, "x-kubernetes-int-or-string");
        if let Some(wanted) = text("type").filter(|wanted| !int_or_string && !fits(value, wanted)) {
            let message = format!("{path}: expected {wanted}, found {}", name_of(value));
            return self.found.push((Code::UnknownField, message));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let list: Vec<_> = allowed.iter().map(Value::to_string).collect();
            let message = format!("{path}: {value} is none of {}", list.join(", "));
            self.found.push((Code::Invalid, message));
        }
        let embedded = is_set(schema, "x-kubernetes-embedded-resource");
        if value.is_object() {
            self.object(value, schema, path, embedded);
        }
        if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
            for (at, item) in items.iter().enumerate() {
                self.value(item, schema, &format!("{path}[{at}]"));
            }
        }
    }

    /// An object; `resource` says that it has apiVersion, kind and metadata as well.
    fn object(&mut self, value: &Value, schema: &Value, path: &str, resource: bool) {
        let Some(fields) = value.as_object() else { return };
        let none = Map::new();
        let declared = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let others = schema.get("additionalProperties");
        let open = is_set(schema, "x-kubernetes-preserve-unknown-fields")
            || others == Some(&Value::Bool(true))
            || (declared.is_empty() && others.is_none());
        for (name, value) in fields {
            let inner = join(path, name);
            let standard = ["apiVersion", "kind", "metadata"].contains(&name.as_str());
            match declared.get(name).or_else(|| others.filter(|one| one.is_object())) {
                _ if resource && standard => {}
                Some(schema) => self.value(value, schema, &inner),
                None if open => {}
                None => {
                    let message = format!("{inner}: field not declared in schema");
                    self.found.push((Code::UnknownField, message));
                }
            }
        }
        self.missing(fields, schema, declared, path);
    }

    fn missing(
        &mut self,
        fields: &Map<String, Value>,
        schema: &Value,
        declared: &Map<String, Value>,
        path: &str,
    ) {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let filled = declared.get(name).is_some_and(|one| one.get("default").is_some());
            if self.complete && !filled && !fields.contains_key(name) {
                let message = format!("{}: required, and missing", join(path, name));
                self.found.push((Code::Invalid, message));
            }
        }
    }
}

fn is_set(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn fits(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => {
            let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
            value.is_i64() || value.is_u64() || whole
        }
        "number" => value.is_number(),
        _unknown => true,
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests;
