//! Documents -> objects: lists are flattened, and each object must say what it is.
//!
//! Checks only what makes an object an object: `apiVersion`, `kind`, `metadata.name` and the types
//! of `metadata`. What a cluster would make of it is for others.

use std::{collections::BTreeSet, sync::Arc};

use nopea_core::{
    fault::Code,
    model::{Manifest, ObjectKey, Origin, Text},
};
use serde_json::{Map, Value};

use crate::load::{Document, Path, Places, Problem, Span, Step, Syntax, locate};

/// The objects of a file and what is wrong with others.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    /// The objects, in the order of the file.
    pub(crate) manifests: Vec<Manifest>,
    /// What is wrong, with the object where it is known.
    pub(crate) problems: Vec<(Problem, Option<ObjectKey>)>,
}

/// The file that documents come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    /// Its path.
    pub(crate) path: &'a Text,
    /// Its text.
    pub(crate) text: &'a str,
    /// How it is written.
    pub(crate) syntax: Syntax,
    /// The deepest nesting that is read.
    pub(crate) depth: usize,
}

impl Objects {
    /// Takes the objects of a document.
    pub(crate) fn take(&mut self, document: Document, file: File<'_>) {
        let mut parts = Vec::new();
        flatten(document.value, Vec::new(), &mut parts);
        let mut issues = Vec::new();
        let keys: Vec<_> = parts.iter().map(|part| identify(part, &mut issues)).collect();
        let of_parts = parts.iter().map(|part| &part.path);
        let wanted: BTreeSet<Path> = of_parts
            .chain(issues.iter().map(|issue| &issue.path))
            .filter(|path| !path.is_empty())
            .cloned()
            .collect();
        let places = if wanted.is_empty() {
            Places::default()
        } else {
            locate(file.text, document.span, file.syntax, file.depth, &wanted)
        };
        for issue in issues {
            let place =
                if issue.on_key { places.key(&issue.path) } else { places.value(&issue.path) };
            let mut problem =
                Problem::new(issue.code, place.unwrap_or(document.span), issue.message);
            problem.help = issue.help;
            self.problems.push((problem, issue.object));
        }
        for (part, key) in parts.into_iter().zip(keys) {
            let Some((key, api_version)) = key else { continue };
            let Span { line, column, .. } = places.value(&part.path).unwrap_or(document.span);
            let origin = Origin { file: Arc::clone(file.path), line, column };
            self.manifests.push(Manifest { key, api_version, body: Arc::new(part.value), origin });
        }
    }
}

/// One object of a document.
struct Part {
    value: Value,
    path: Path,
}

/// Something wrong, at a path.
struct Issue {
    code: Code,
    message: String,
    help: Option<String>,
    path: Path,
    on_key: bool,
    object: Option<ObjectKey>,
}

/// A `List` is its items. Any kind that ends so is one if it has items; like kubectl, items of a
/// typed list need not say what they are. The loader bounds the recursion.
fn flatten(value: Value, path: Path, parts: &mut Vec<Part>) {
    let Value::Object(mut map) = value else {
        parts.push(Part { value, path });
        return;
    };
    let kind = map.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
    let listed = matches!(map.get("items"), Some(Value::Array(_) | Value::Null));
    let (Some(kind), true) = (kind, listed) else {
        parts.push(Part { value: Value::Object(map), path });
        return;
    };
    let kind = kind.to_owned();
    let version = map.get("apiVersion").cloned();
    let Some(Value::Array(items)) = map.remove("items") else { return };
    for (at, mut item) in items.into_iter().enumerate() {
        if let Value::Object(item) = &mut item
            && !kind.is_empty()
            && !item.contains_key("kind")
            && !item.contains_key("apiVersion")
        {
            item.insert("kind".to_owned(), Value::String(kind.clone()));
            if let Some(version) = &version {
                item.insert("apiVersion".to_owned(), version.clone());
            }
        }
        let mut path = path.clone();
        path.extend([Step::Key("items".to_owned()), Step::Index(at)]);
        flatten(item, path, parts);
    }
}

/// Says what an object is, or adds what hinders to `issues`.
fn identify(part: &Part, issues: &mut Vec<Issue>) -> Option<(ObjectKey, Text)> {
    let before = issues.len();
    let mut check = Check { part, issues, object: None };
    let Value::Object(map) = &part.value else {
        let found = type_name(&part.value);
        let what = format!("a manifest is a map with apiVersion, kind and metadata, not {found}");
        check.issue(Code::WrongType, &[], false, what);
        return None;
    };
    let version = check.text(map, "apiVersion", &["apiVersion"]);
    let kind = check.text(map, "kind", &["kind"]);
    let metadata = match map.get("metadata") {
        Some(Value::Object(metadata)) => Some(metadata),
        None | Some(Value::Null) => {
            check.issue(Code::MissingField, &[], true, "metadata.name is missing");
            None
        }
        Some(other) => {
            let what = format!("metadata must be a map, not {}", type_name(other));
            check.issue(Code::WrongType, &["metadata"], true, what);
            None
        }
    };
    let name = metadata.and_then(|metadata| check.name(metadata));
    let namespace = metadata.map_or(Some(""), |metadata| check.namespace(metadata));
    let group = version.and_then(|version| check.group(version));
    let key = match (group, kind, namespace, name) {
        (Some(group), Some(kind), Some(namespace), Some(name)) => {
            Some(ObjectKey::new(group, kind, namespace, name))
        }
        _ => None,
    };
    check.object.clone_from(&key);
    if let Some(metadata) = metadata {
        check.texts(metadata, "labels");
        check.texts(metadata, "annotations");
    }
    (issues.len() == before).then_some(())?;
    Some((key?, version?.into()))
}

struct Check<'a> {
    part: &'a Part,
    issues: &'a mut Vec<Issue>,
    object: Option<ObjectKey>,
}

impl Check<'_> {
    fn issue(&mut self, code: Code, at: &[&str], on_key: bool, message: impl Into<String>) {
        let mut path = self.part.path.clone();
        path.extend(at.iter().map(|key| Step::Key((*key).to_owned())));
        let object = self.object.clone();
        self.issues.push(Issue { code, message: message.into(), help: None, path, on_key, object });
    }

    fn help(&mut self, help: &str) {
        if let Some(issue) = self.issues.last_mut() {
            issue.help = Some(help.to_owned());
        }
    }

    /// A text that must be there and not be empty.
    fn text<'v>(&mut self, map: &'v Map<String, Value>, key: &str, at: &[&str]) -> Option<&'v str> {
        let field = at.join(".");
        match map.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            None => {
                let around = at.split_last().map_or(at, |(_, around)| around);
                self.issue(Code::MissingField, around, true, format!("{field} is missing"));
                None
            }
            Some(Value::Null) => {
                self.issue(Code::MissingField, at, true, format!("{field} has no value"));
                None
            }
            Some(Value::String(_)) => {
                self.issue(Code::MissingField, at, true, format!("{field} is empty"));
                None
            }
            Some(other) => {
                self.wrong_type(other, &field, at);
                None
            }
        }
    }

    fn wrong_type(&mut self, found: &Value, field: &str, at: &[&str]) {
        let what = format!("{field} must be a text, not {}", type_name(found));
        self.issue(Code::WrongType, at, false, what);
        if found.is_boolean() {
            self.help(
                "quote it: yes, no, on, off, y and n without quotes are booleans to Kubernetes",
            );
        } else if found.is_number() {
            self.help("quote it: digits without quotes are a number");
        }
    }

    fn name<'v>(&mut self, metadata: &'v Map<String, Value>) -> Option<&'v str> {
        let unnamed = matches!(metadata.get("name"), None | Some(Value::Null));
        if unnamed && metadata.get("generateName").is_some_and(|name| !name.is_null()) {
            let at = ["metadata", "generateName"];
            self.issue(
                Code::GenerateName,
                &at,
                true,
                "metadata.generateName gives a new name with every apply",
            );
            return None;
        }
        self.text(metadata, "name", &["metadata", "name"])
    }

    fn namespace<'v>(&mut self, metadata: &'v Map<String, Value>) -> Option<&'v str> {
        match metadata.get("namespace") {
            None | Some(Value::Null) => Some(""),
            Some(Value::String(text)) => Some(text),
            Some(other) => {
                self.wrong_type(other, "metadata.namespace", &["metadata", "namespace"]);
                None
            }
        }
    }

    /// The group of an `apiVersion`: empty for `v1`.
    fn group<'v>(&mut self, version: &'v str) -> Option<&'v str> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        if version.is_empty() || version.contains('/') {
            let what = "apiVersion must be `version` or `group/version`";
            self.issue(Code::WrongType, &["apiVersion"], false, what);
            return None;
        }
        Some(group)
    }

    /// A map of texts; null stands for none, as it does to kubectl.
    fn texts(&mut self, metadata: &Map<String, Value>, field: &str) {
        match metadata.get(field) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                let wrong = map.iter().filter(|(_, value)| !value.is_string() && !value.is_null());
                for (key, value) in wrong {
                    let name = format!("metadata.{field}[{key:?}]");
                    self.wrong_type(value, &name, &["metadata", field, key]);
                }
            }
            Some(other) => {
                let what = format!("metadata.{field} must be a map, not {}", type_name(other));
                self.issue(Code::WrongType, &["metadata", field], true, what);
            }
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
