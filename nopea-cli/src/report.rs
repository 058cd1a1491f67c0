//! The result of a sync or plan for programs: stable names, in JSON and YAML. Prints nothing.

use nopea_core::{
    fault::Fault,
    model::{Action, Intent, ObjectReport, Phase, RepoKey},
};
use nopea_engine::meter::Reading;
use serde::Serialize;

use crate::attempt::Outcome;

/// The whole result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    repository: String,
    commit: Option<String>,
    phase: String,
    changed: bool,
    objects: Vec<ObjectEntry>,
    faults: Vec<FaultEntry>,
    requests: RequestsEntry,
    duration_ms: u64,
}

#[derive(Debug, Serialize)]
struct ObjectEntry {
    group: String,
    kind: String,
    namespace: String,
    name: String,
    action: &'static str,
    file: Option<String>,
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Debug, Serialize)]
struct FaultEntry {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    help: String,
}

/// What was asked of the cluster. Reads are looks, lists and watches that were opened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestsEntry {
    dry_run: u64,
    apply: u64,
    delete: u64,
    read: u64,
    status: u64,
}

impl Report {
    /// The report of an outcome.
    pub(crate) fn new(repository: &RepoKey, outcome: &Outcome) -> Self {
        let gathered = &outcome.gathered;
        let phase = match outcome.intent {
            _ if outcome.failed => Phase::Failed.to_string(),
            Intent::Sync => Phase::Synced.to_string(),
            Intent::Plan => "Planned".to_owned(),
        };
        Self {
            repository: repository.to_string(),
            commit: gathered.commit.as_ref().map(ToString::to_string),
            phase,
            changed: gathered.changed(),
            objects: gathered.in_order().into_iter().map(ObjectEntry::new).collect(),
            faults: outcome.faults.iter().map(FaultEntry::new).collect(),
            requests: RequestsEntry::new(&outcome.requests),
            duration_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl ObjectEntry {
    fn new(report: &ObjectReport) -> Self {
        Self {
            group: report.key.kind.group.to_string(),
            kind: report.key.kind.kind.to_string(),
            namespace: report.key.namespace.to_string(),
            name: report.key.name.to_string(),
            action: action(report.action),
            file: report.origin.as_ref().map(|origin| origin.file.to_string()),
            line: report.origin.as_ref().map(|origin| origin.line),
            message: message(report),
        }
    }
}

impl FaultEntry {
    fn new(fault: &Fault) -> Self {
        Self {
            code: fault.code.id(),
            message: fault.message.to_string(),
            object: fault.object.as_ref().map(ToString::to_string),
            file: fault.origin.as_ref().map(|origin| origin.file.to_string()),
            line: fault.origin.as_ref().map(|origin| origin.line),
            help: fault.help.to_string(),
        }
    }
}

impl RequestsEntry {
    fn new(reading: &Reading) -> Self {
        Self {
            dry_run: reading.dry_run,
            apply: reading.apply,
            delete: reading.delete,
            read: reading.read + reading.list + reading.follow,
            status: reading.status,
        }
    }
}

/// The word for what was done.
pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Created => "created",
        Action::Configured => "configured",
        Action::Unchanged => "unchanged",
        Action::Pruned => "pruned",
        Action::Skipped => "skipped",
        Action::Failed => "failed",
    }
}

/// What is to be said of an object: why, or which of its fields change.
pub(crate) fn message(report: &ObjectReport) -> Option<String> {
    let message = report.message.as_ref().map(ToString::to_string);
    let fields = (!report.fields.is_empty()).then(|| report.fields.join(", "));
    match (message, fields) {
        (Some(message), Some(fields)) => Some(format!("{message}: {fields}")),
        (message, fields) => message.or(fields),
    }
}
