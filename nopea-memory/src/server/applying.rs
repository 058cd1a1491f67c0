//! Server-side apply as a request: what is refused before and after the merge.

use std::sync::Arc;

use nopea_core::{
    model::{ObjectKey, Text},
    port::{Cause, Mode, Refusal},
};
use serde_json::Value;

use super::{Draft, Ownership, Server, Written, finish::Length as _};
use crate::{
    answer, json,
    kinds::{Kind, Served},
    merge::{self, MergeError, OnConflict, Operation, Write},
    schema::{Problem, problems_text},
    settings::SchemaProblems,
    store::scramble,
};

/// The most bytes of a request's body.
const MOST_BYTES_OF_A_REQUEST: usize = 3_145_728;

/// `PATCH application/apply-patch+yaml`.
#[derive(Clone, Debug)]
pub(crate) struct ApplyRequest<'a> {
    /// The object that the URL names.
    pub(crate) key: &'a ObjectKey,
    /// The version that the URL names.
    pub(crate) api_version: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) manager: &'a str,
    pub(crate) on_conflict: OnConflict,
    pub(crate) mode: Mode,
}

impl Server {
    pub(crate) fn apply(&mut self, request: &ApplyRequest<'_>) -> Result<Written, Refusal> {
        let (key, mode) = (request.key, request.mode);
        if request.body.to_string_len() > MOST_BYTES_OF_A_REQUEST {
            return Err(answer::entity_too_large());
        }
        check_body(key, request.body)?;
        let kind = self.kind_of(key, request.api_version)?;
        let served = kind.version(request.api_version).ok_or_else(answer::version_not_found)?;
        let live = self.read(key, &served.api_version);
        let mut body = request.body.clone();
        let uid = json::remove(&mut body, &["metadata", "uid"]);
        let version = json::remove(&mut body, &["metadata", "resourceVersion"]);

        let schema = &served.schema;
        let mut write = Write::new(request.manager, &served.api_version, schema, self.now);
        write.versions = kind.versions_of_entries();
        let merged = merge::apply(live.as_deref(), &body, &write, request.on_conflict);
        let merged = merged.map_err(|error| self.merge_refusal(&error, key, &kind, served))?;

        let uid = uid.as_ref().and_then(Value::as_str);
        let version = version.as_ref().and_then(Value::as_str);
        match (&live, uid, version) {
            (None, Some(uid), _) => return Err(answer::uid_mismatch(&kind, &key.name, uid)),
            (Some(live), _, Some(version))
                if version != "0"
                    && version != json::text(live, &["metadata", "resourceVersion"]) =>
            {
                return Err(answer::stale(&kind, &key.name));
            }
            _ => {}
        }
        let draft = Draft {
            key: key.clone(),
            kind: Arc::clone(&kind),
            api_version: Text::clone(&served.api_version),
            live,
            object: merged,
            uid: uid.map(Text::from),
            ownership: Ownership::Merged,
            mode,
        };
        self.finish(draft)
    }

    fn merge_refusal(
        &self,
        error: &MergeError,
        key: &ObjectKey,
        kind: &Kind,
        served: &Served,
    ) -> Refusal {
        let place = if kind.namespaced {
            format!("{}/{}", key.namespace, key.name)
        } else {
            format!("/{}", key.name)
        };
        let what = format!("({place}; {}, Kind={})", served.api_version, kind.id.kind);
        match error {
            MergeError::Conflicts(conflicts) => answer::manager_conflict(
                conflicts
                    .0
                    .iter()
                    .map(|conflict| Cause {
                        reason: "FieldManagerConflict".into(),
                        field: merge::path_text(&conflict.path).into(),
                        message: manager_text(&conflict.manager).into(),
                    })
                    .collect(),
            ),
            MergeError::Untyped { problems } => {
                let problems = self.shown(problems);
                let text = problems_text(&problems);
                answer::internal(format!("failed to create typed patch object {what}: {text}"))
            }
            MergeError::UntypedLive { .. } => {
                answer::internal(format!("failed to create typed live object {what}: {error}"))
            }
            MergeError::Undecodable(_) => answer::internal(format!(
                "failed to convert new object {what} to proper version: {error}"
            )),
            MergeError::ManagedFieldsInBody => answer::bad_request(error.to_string()),
            MergeError::UnservedVersion { .. } | MergeError::Managers(_) => {
                answer::internal(error.to_string())
            }
        }
    }

    /// The problems that this call names.
    fn shown(&self, problems: &[Problem]) -> Vec<Problem> {
        match self.settings.problems {
            SchemaProblems::Complete => problems.to_vec(),
            SchemaProblems::Partial => {
                let seed = self.store.version().wrapping_add(problems.len() as u64);
                let number = scramble(seed ^ u64::try_from(self.now.as_millisecond()).unwrap_or(0));
                let count = problems.len().max(1) as u64;
                let start = usize::try_from(number % count).unwrap_or(0);
                let shown = usize::try_from(1 + (number >> 32) % count).unwrap_or(1);
                problems.iter().cycle().skip(start).take(shown).cloned().collect()
            }
        }
    }
}

fn manager_text(manager: &merge::Manager) -> String {
    let version = manager.api_version.as_deref().unwrap_or_default();
    match manager.operation {
        Operation::Apply => format!("conflict with {:?}", manager.name),
        Operation::Update => format!("conflict with {:?} using {version}", manager.name),
    }
}

/// What is wrong with a body before its kind is even looked at.
fn check_body(key: &ObjectKey, body: &Value) -> Result<(), Refusal> {
    if body.get("items").is_some_and(Value::is_array) && key.kind.kind.ends_with("List") {
        let version = json::text(body, &["apiVersion"]);
        return Err(answer::bad_request(format!(
            "invalid object type: {version}, Kind={}",
            key.kind.kind
        )));
    }
    if !body.is_object() {
        return Err(answer::bad_request("error decoding patch: the body is no object"));
    }
    check_names(key, body)
}

pub(super) fn check_names(key: &ObjectKey, body: &Value) -> Result<(), Refusal> {
    let name = json::text(body, &["metadata", "name"]);
    if name.is_empty() {
        return Err(answer::bad_request("metadata.name: name must be provided"));
    }
    if name != &*key.name {
        return Err(answer::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            key.name
        )));
    }
    let namespace = json::text(body, &["metadata", "namespace"]);
    if !namespace.is_empty() && namespace != &*key.namespace {
        return Err(answer::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}
