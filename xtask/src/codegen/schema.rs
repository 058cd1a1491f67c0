//! Makes the schema table of nopea-memory from Kubernetes' published `OpenAPI` v3 document.
//!
//! Kept of each definition: field names, types, list types with keys and their defaults, map types.
//! That is what server-side apply needs (the conversion follows kube-openapi's `schemaconv`).
//! It must not know how nopea-memory reads the table, only its grammar, which the table's head states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

use crate::terminal::say;

mod kinds;
#[cfg(test)]
mod tests;

use kinds::{KINDS, SUPPLEMENT};

/// The head of the table: its grammar, for whoever reads a diff of it.
const HEAD: &str = "\
# Made by `cargo xtask codegen` from the OpenAPI v3 document of Kubernetes 1.37. Do not edit.
# kind APIVERSION KIND PLURAL namespaced|cluster status|whole DEFINITION
# type DEFINITION[!] FIELD:TYPE ...            (! = atomic, replaced as one)
# TYPE: s string, n number, b boolean, a any scalar, y base64 bytes, q quantity, u untyped,
#       @DEFINITION (@!DEFINITION: here atomic, @~DEFINITION: here not), []TYPE atomic list, [*]TYPE set, [KEY,KEY=DEFAULT]TYPE keyed list,
#       {}TYPE map, {!}TYPE atomic map, +TYPE a struct that is written even when empty
";

/// Where the table is checked in, from the workspace's root.
pub(crate) const TABLE: &str = "nopea-memory/src/schema/table.txt";

/// Where the document is looked for when the command line names none, from the workspace's root.
pub(crate) const DEFAULT_INPUT: &str = "../shared/data/kubernetes-1.37-schemas.json";

/// The table's text, or none with one line that says so where there is no document: a fresh clone has
/// only the checked-in table.
///
/// # Errors
/// See [`generate`].
pub(crate) fn make(input: &Path) -> Result<Option<String>> {
    if input.exists() {
        return generate(input).map(Some);
    }
    say(&format!("codegen: {TABLE} is not checked: there is no {}", input.display()));
    Ok(None)
}

/// Generates the table's text from the document at `input`.
///
/// # Errors
/// When the document cannot be read, lacks a kind of the list, or holds a shape the grammar cannot say.
pub(crate) fn generate(input: &Path) -> Result<String> {
    let text = std::fs::read(input).with_context(|| format!("read {}", input.display()))?;
    let document: Map<String, Value> =
        serde_json::from_slice(&text).context("parse the document")?;
    let mut table = Table { document: &document, waiting: Vec::new(), named: BTreeMap::new() };
    let mut out = HEAD.to_owned();
    for kind in KINDS {
        let definition = table.find(kind.api_version, kind.name)?;
        let name = table.name(&definition)?;
        let scope = if kind.namespaced { "namespaced" } else { "cluster" };
        let status = if kind.status { "status" } else { "whole" };
        let (version, kind, plural) = (kind.api_version, kind.name, kind.plural);
        writeln!(out, "kind {version} {kind} {plural} {scope} {status} {name}")?;
    }
    let mut lines: BTreeSet<String> = SUPPLEMENT.iter().map(|&line| line.to_owned()).collect();
    while let Some(definition) = table.waiting.pop() {
        lines.insert(table.line(&definition)?);
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(out)
}

/// The document and the definitions met so far.
struct Table<'a> {
    document: &'a Map<String, Value>,
    waiting: Vec<String>,
    named: BTreeMap<String, String>,
}

impl Table<'_> {
    /// Finds the definition that serves a kind by its `x-kubernetes-group-version-kind`.
    fn find(&self, api_version: &str, kind: &str) -> Result<String> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let serves = |definition: &Value| {
            let list = definition.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
            let exact = list.filter(|list| list.len() == 1).and_then(|list| list.first());
            let is = |key: &str, value: &str| {
                exact.and_then(|one| one.get(key)).and_then(Value::as_str) == Some(value)
            };
            is("group", group) && is("version", version) && is("kind", kind)
        };
        let found = self.document.iter().find(|(_, definition)| serves(definition));
        let (name, _) = found.with_context(|| format!("no definition of {api_version} {kind}"))?;
        Ok(name.clone())
    }

    /// The short name of a definition; its line is made later.
    fn name(&mut self, definition: &str) -> Result<String> {
        let mut parts: Vec<&str> = definition.rsplit('.').take(3).collect();
        parts.reverse();
        let short = parts.join(".");
        match self.named.get(&short) {
            Some(full) if full == definition => {}
            Some(full) => bail!("{full} and {definition} share a short name"),
            None => {
                self.named.insert(short.clone(), definition.to_owned());
                self.waiting.push(definition.to_owned());
            }
        }
        Ok(short)
    }

    fn definition(&self, name: &str) -> Result<&Value> {
        self.document.get(name).with_context(|| format!("no definition {name}"))
    }

    /// The table's line of a struct definition.
    fn line(&mut self, definition: &str) -> Result<String> {
        let schema = self.definition(definition)?.clone();
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.with_context(|| format!("{definition} is no struct"))?;
        let mut line = format!("type {}", self.name(definition)?);
        if extension(&schema, "map-type") == Some("atomic") {
            line.push('!');
        }
        for (field, schema) in properties {
            let expression =
                self.expression(schema).with_context(|| format!("{definition}.{field}"))?;
            // A struct that is no pointer has an empty object as its default.
            let empty = schema.get("default").and_then(Value::as_object).is_some_and(Map::is_empty);
            let always = if empty { "+" } else { "" };
            write!(line, " {field}:{always}{expression}")?;
        }
        Ok(line)
    }

    /// The type expression of one schema.
    fn expression(&mut self, schema: &Value) -> Result<String> {
        if let Some(reference) = reference(schema) {
            return self.referred(&reference, schema);
        }
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        Ok(match (kind, format) {
            ("string", "") => "s".to_owned(),
            ("string", "byte") => "y".to_owned(),
            ("integer" | "number", _) => "n".to_owned(),
            ("boolean", _) => "b".to_owned(),
            ("string", _) => "a".to_owned(),
            ("array", _) => self.list(schema)?,
            ("object", _) => self.map(schema)?,
            ("", _) if schema.get("oneOf").is_some() => "a".to_owned(),
            ("", _) => "u".to_owned(),
            _ => bail!("type {kind} is not known"),
        })
    }

    fn referred(&mut self, target: &str, site: &Value) -> Result<String> {
        if target.ends_with("api.resource.Quantity") {
            return Ok("q".to_owned());
        }
        let schema = self.definition(target)?.clone();
        if schema.get("properties").is_none() {
            return self.expression(&schema);
        }
        let kind = match extension(site, "map-type") {
            Some("atomic") => "!",
            Some(_) => "~",
            None => "",
        };
        Ok(format!("@{kind}{}", self.name(target)?))
    }

    fn list(&mut self, schema: &Value) -> Result<String> {
        let items = schema.get("items").context("a list without items")?;
        let merged = extension(schema, "patch-strategy")
            .is_some_and(|strategy| strategy.starts_with("merge"));
        let keys: Vec<&str> =
            match (extension(schema, "list-type"), extension(schema, "patch-merge-key")) {
                (Some("map"), _) => keys_of(schema),
                (Some("set"), _) => vec!["*"],
                (None, Some(key)) if merged => vec![key],
                (None, None) if merged => vec!["*"],
                _ => Vec::new(), // atomic, as every list that says nothing
            };
        let item = reference(items).map(|name| self.definition(&name).cloned()).transpose()?;
        let default = |key: &&str| {
            let field = item.as_ref()?.pointer(&format!("/properties/{key}"))?;
            // A key that must be written has Go's zero value as its default, which is none.
            let default = field.get("default")?.as_str().filter(|text| !text.is_empty())?;
            Some(format!("{key}={default}"))
        };
        let keys: Vec<String> =
            keys.iter().map(|key| default(key).unwrap_or_else(|| (*key).to_owned())).collect();
        Ok(format!("[{}]{}", keys.join(","), self.expression(items)?))
    }

    fn map(&mut self, schema: &Value) -> Result<String> {
        if schema.get("properties").is_some() {
            bail!("a struct without a name is not supported");
        }
        let atomic = if extension(schema, "map-type") == Some("atomic") { "!" } else { "" };
        let element = match schema.get("additionalProperties") {
            Some(element @ Value::Object(_)) => self.expression(element)?,
            _ => "u".to_owned(), // a free-form object
        };
        Ok(format!("{{{atomic}}}{element}"))
    }
}

fn extension<'a>(schema: &'a Value, name: &str) -> Option<&'a str> {
    schema.get(format!("x-kubernetes-{name}")).and_then(Value::as_str)
}

fn keys_of(schema: &Value) -> Vec<&str> {
    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The definition a schema refers to, directly or as its only `allOf`.
fn reference(schema: &Value) -> Option<String> {
    let all = schema.get("allOf").and_then(Value::as_array).and_then(|all| all.first());
    let target = schema.get("$ref").or_else(|| all?.get("$ref"))?.as_str()?;
    target.rsplit('/').next().map(str::to_owned)
}
