//! Every other write: POST, PUT, patches, status and scale, and the rewriting of managedFields.

use std::sync::Arc;

use nopea_core::{
    model::{ObjectKey, Text},
    port::{Mode, Refusal},
};
use serde_json::Value;

use super::{Draft, Ownership, Server, Written, applying::check_names};
use crate::{
    answer, json,
    merge::{self, Write},
    schema::{DecodeError, Duplicates, decode, validate},
};

/// Who writes, and through what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    pub(crate) subresource: Option<&'a str>,
    pub(crate) mode: Mode,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(manager: &'a str) -> Self {
        Self { manager, subresource: None, mode: Mode::Real }
    }

    pub(crate) fn through(self, subresource: &'a str) -> Self {
        Self { subresource: Some(subresource), ..self }
    }
}

impl Server {
    /// `POST`, with `fieldValidation=Strict`.
    pub(crate) fn create(
        &mut self,
        key: &ObjectKey,
        api_version: &str,
        body: &Value,
        writer: Writer<'_>,
    ) -> Result<Written, Refusal> {
        let kind = self.kind_of(key, api_version)?;
        let served = kind.version(api_version).ok_or_else(answer::version_not_found)?;
        check_names(key, body)?;
        let problems = validate(&served.schema, body, Duplicates::Allowed);
        if !problems.is_empty() {
            return Err(strict_decoding(&kind.id.kind, api_version, &problems));
        }
        let object = decode(&served.schema, body.clone()).map_err(|error: DecodeError| {
            answer::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: {error}",
                kind.id.kind,
                version_of(api_version),
                kind.id.kind
            ))
        })?;
        let existing = self.store.get(key).map(|live| {
            let terminating = json::get(live, &["metadata", "deletionTimestamp"]).is_some();
            answer::already_exists(&kind, &key.name, terminating)
        });
        // What exists is noticed last, after validation: R28 lives by it.
        let mode = if existing.is_some() { Mode::Try } else { writer.mode };
        let draft = Draft {
            key: key.clone(),
            kind: Arc::clone(&kind),
            api_version: Text::clone(&served.api_version),
            live: None,
            object,
            uid: None,
            ownership: Ownership::Updated { manager: writer.manager, subresource: None },
            mode,
        };
        let written = self.finish(draft)?;
        existing.map_or(Ok(written), Err)
    }

    /// Any change of a live object that is no apply: the new state is what `change` leaves.
    pub(crate) fn edit(
        &mut self,
        key: &ObjectKey,
        api_version: &str,
        writer: Writer<'_>,
        change: impl FnOnce(&mut Value),
    ) -> Result<Written, Refusal> {
        let kind = self.kinds.find(&key.kind, api_version)?;
        let live = self.read(key, api_version);
        let live = live.ok_or_else(|| answer::not_found(&kind, &key.name))?;
        let mut object = Value::clone(&live);
        change(&mut object);
        let version = json::text(&object, &["metadata", "resourceVersion"]);
        if !version.is_empty() && version != json::text(&live, &["metadata", "resourceVersion"]) {
            return Err(answer::stale(&kind, &key.name));
        }
        let uid = json::text(&object, &["metadata", "uid"]);
        let uid = Some(Text::from(uid)).filter(|uid| !uid.is_empty());
        let ownership =
            Ownership::Updated { manager: writer.manager, subresource: writer.subresource };
        let (key, api_version, live) = (key.clone(), api_version.into(), Some(live));
        self.finish(Draft {
            key,
            kind,
            api_version,
            live,
            object,
            uid,
            ownership,
            mode: writer.mode,
        })
    }

    /// Replaces managedFields, locked by a version (R12).
    pub(crate) fn rewrite_entries(
        &mut self,
        key: &ObjectKey,
        api_version: &str,
        version: &str,
        entries: &Value,
    ) -> Result<Arc<Value>, Refusal> {
        let kind = self.kinds.find(&key.kind, api_version)?;
        let served = kind.version(api_version).ok_or_else(answer::version_not_found)?;
        let live = self.read(key, api_version);
        let live = live.ok_or_else(|| answer::not_found(&kind, &key.name))?;
        if version != json::text(&live, &["metadata", "resourceVersion"]) {
            return Err(answer::stale(&kind, &key.name));
        }
        let mut write = Write::new("nopea", api_version, &served.schema, self.now);
        write.versions = kind.versions_of_entries();
        let object = merge::patch_managed_fields(&live, entries.clone(), &write);
        if object == *live {
            return Ok(live);
        }
        Ok(self.save(key, object))
    }
}

fn version_of(api_version: &str) -> &str {
    api_version.rsplit('/').next().unwrap_or_default()
}

/// What a strict POST says: every unknown field, in order, or the first wrong type.
fn strict_decoding(kind: &str, api_version: &str, problems: &[crate::schema::Problem]) -> Refusal {
    let version = version_of(api_version);
    let wrong = problems.iter().find(|one| one.message != "field not declared in schema");
    let text = if let Some(problem) = wrong {
        format!("json: cannot unmarshal {problem}")
    } else {
        let list: Vec<String> =
            problems.iter().map(|one| format!("unknown field {:?}", indexed(&one.path))).collect();
        format!("strict decoding error: {}", list.join(", "))
    };
    answer::bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {kind}: {text}"
    ))
}

/// A path without its leading dot.
fn indexed(path: &str) -> &str {
    path.strip_prefix('.').unwrap_or(path)
}
