//! Admission policies that a set creates or changes, and what they will judge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    model::{GroupKind, ObjectKey},
    prepare::Prepared,
};

const GROUP: &str = "admissionregistration.k8s.io";

/// What a policy judges, by its `matchConstraints`.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    rules: Vec<Value>,
}

impl Policy {
    /// Says whether the policy judges objects of this kind. The resource of a kind is guessed by
    /// the rules of English plurals, which hold for every built-in kind.
    pub(super) fn matches(&self, key: &ObjectKey) -> bool {
        let plural = plural(&key.kind.kind);
        self.rules.iter().any(|rule| {
            let has = |field: &str, wanted: &str| {
                let items = rule.get(field).and_then(Value::as_array).into_iter().flatten();
                items.filter_map(Value::as_str).any(|item| item == wanted || item.starts_with('*'))
            };
            &*key.kind.group != GROUP
                && has("apiGroups", &key.kind.group)
                && has("resources", &plural)
        })
    }
}

/// The policies of the set of which the policy, a binding or a parameter changes.
pub(super) fn changing(
    objects: &[Prepared],
    changes: &BTreeMap<&ObjectKey, &Value>,
) -> Vec<Policy> {
    let mut names: BTreeSet<(&str, &str)> = BTreeSet::new();
    for object in objects {
        let key = &object.manifest.key;
        let body = &*object.manifest.body;
        let kind = &*key.kind.kind;
        if &*key.kind.group != GROUP {
            continue;
        }
        if kind.ends_with("AdmissionPolicy") && changes.contains_key(key) {
            names.insert((kind, &key.name));
        }
        let policy = body.pointer("/spec/policyName").and_then(Value::as_str);
        if let (Some(policy), Some(kind)) = (policy, kind.strip_suffix("Binding")) {
            let parameters = parameters(objects, kind, policy, body);
            if changes.contains_key(key) || changes.keys().any(|key| parameters.holds(key)) {
                names.insert((kind, policy));
            }
        }
    }
    let concerned = |object: &&Prepared| {
        let key = &object.manifest.key;
        &*key.kind.group == GROUP && names.contains(&(&*key.kind.kind, &*key.name))
    };
    objects.iter().filter(concerned).map(|object| policy(&object.manifest.body)).collect()
}

fn policy(body: &Value) -> Policy {
    let rules = body.pointer("/spec/matchConstraints/resourceRules").and_then(Value::as_array);
    Policy { rules: rules.cloned().unwrap_or_default() }
}

/// The objects that a binding hands to its policy.
#[derive(Clone, Debug, Default)]
struct Parameters {
    kind: Option<GroupKind>,
    name: Option<String>,
    namespace: Option<String>,
}

impl Parameters {
    fn holds(&self, key: &ObjectKey) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|it| it == is);
        self.kind.as_ref() == Some(&key.kind)
            && fits(&self.name, &key.name)
            && fits(&self.namespace, &key.namespace)
    }
}

fn parameters(objects: &[Prepared], kind: &str, policy: &str, binding: &Value) -> Parameters {
    let Some(reference) = binding.pointer("/spec/paramRef") else { return Parameters::default() };
    let text = |field| reference.get(field).and_then(Value::as_str).map(str::to_owned);
    let key = ObjectKey::new(GROUP, kind, "", policy);
    let found = objects.iter().find(|object| object.manifest.key == key);
    let kind = found.and_then(|object| object.manifest.body.pointer("/spec/paramKind"));
    let kind = kind.and_then(|kind| {
        let version = kind.get("apiVersion")?.as_str()?;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        Some(GroupKind::new(group, kind.get("kind")?.as_str()?))
    });
    Parameters { kind, name: text("name"), namespace: text("namespace") }
}

fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        Some(_) | None if lower.ends_with(['s', 'x']) || lower.ends_with("ch") => {
            // Endpoints are one resource already
            if lower == "endpoints" { lower } else { format!("{lower}es") }
        }
        Some(_) | None => format!("{lower}s"),
    }
}
