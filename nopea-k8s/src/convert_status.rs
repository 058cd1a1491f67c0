//! Between the status of the model and what stands on the API server, both ways: shown, and read
//! back after a restart. It bounds every text, so that a status fits into etcd whatever happened; what
//! the status says, core decides.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition as ApiCondition, Time};
use nopea_core::{
    fault::{Code, Fault},
    model::{
        Changes, Commit, Condition, ConditionStatus, ConditionType, Counts, GroupKind, Hash,
        HistoryEntry, ObjectKey, Origin, Phase, Status, Text, Timestamp,
        status::{MAX_FAULTS, MAX_HISTORY},
    },
};

use crate::status;

/// The longest message of a fault, in bytes.
const MAX_MESSAGE: usize = 2048;
/// The longest way out, in bytes.
const MAX_HELP: usize = 1024;
/// The longest message of a condition, in bytes: less than that of a fault, which it may repeat, so
/// that a cut fault still gives the same condition.
const MAX_CONDITION: usize = 1024;
/// The longest name, file or token, in bytes.
const MAX_NAME: usize = 1024;
/// What all faults may take, escaped: etcd stores 1.5 MiB, and managedFields and spec need some.
const MAX_FAULT_BYTES: usize = 256 * 1024;

/// `Synced`, of a commit that an annotation holds.
const PINNED: &str = "Pinned";

/// What stands for a status on the API server.
pub fn shown(status: &Status) -> status::GitRepositoryStatus {
    status::GitRepositoryStatus {
        phase: Some(phase(status)),
        observed_generation: Some(status.observed_generation),
        observed_commit: status.observed_commit.as_ref().map(ToString::to_string),
        applied_commit: status.applied_commit.as_ref().map(ToString::to_string),
        short_commit: status.applied_commit.as_ref().map(|commit| commit.short().to_owned()),
        pin: status.pin.as_ref().map(ToString::to_string),
        last_sync_time: status.last_sync_time.and_then(time),
        sync_token: status.sync_token.as_ref().map(|token| cut(token, MAX_NAME)),
        pending_prune: status.pending_prune.map(|digest| digest.to_string()),
        conditions: status
            .conditions
            .iter()
            .map(|one| condition(one, status.observed_generation))
            .collect(),
        objects: Some(status::Objects {
            total: count(status.objects.total),
            ready: count(status.objects.ready),
            drifted: count(status.objects.drifted),
            unhealthy: count(status.objects.unhealthy),
        }),
        faults: faults(&status.faults),
        fault_count: Some(count(status.fault_count)).filter(|count| *count > 0),
        history: status.history.iter().take(MAX_HISTORY).filter_map(entry).collect(),
        kinds: status.kinds.iter().map(ToString::to_string).collect(),
    }
}

/// The status that stands on the API server; none where nothing was ever shown. What cannot be read
/// is left out: it is shown anew.
pub fn restored(shown: &status::GitRepositoryStatus) -> Option<Status> {
    let phase = read_phase(shown.phase.as_deref()?)?;
    let commit = |text: &Option<String>| Commit::parse(text.as_deref()?).ok();
    let objects = shown.objects.unwrap_or_default();
    let faults: Vec<Fault> = shown.faults.iter().filter_map(read_fault).collect();
    Some(Status {
        phase,
        observed_generation: shown.observed_generation.unwrap_or_default(),
        observed_commit: commit(&shown.observed_commit),
        applied_commit: commit(&shown.applied_commit),
        last_sync_time: shown.last_sync_time.as_ref().map(timestamp),
        conditions: shown.conditions.iter().filter_map(read_condition).collect(),
        objects: Counts {
            total: size(objects.total),
            ready: size(objects.ready),
            drifted: size(objects.drifted),
            unhealthy: size(objects.unhealthy),
        },
        fault_count: shown.fault_count.map_or(faults.len(), size),
        faults,
        history: shown.history.iter().filter_map(read_entry).collect(),
        kinds: shown.kinds.iter().map(|kind| read_kind(kind)).collect(),
        sync_token: shown.sync_token.as_deref().map(Text::from),
        pin: commit(&shown.pin),
        pending_prune: shown.pending_prune.as_deref().and_then(Hash::parse),
    })
}

fn phase(status: &Status) -> String {
    match (status.phase, &status.pin) {
        (Phase::Synced, Some(_)) => PINNED.to_owned(),
        (phase, _) => phase.to_string(),
    }
}

fn read_phase(text: &str) -> Option<Phase> {
    let all = [
        Phase::Pending,
        Phase::Syncing,
        Phase::Synced,
        Phase::Failed,
        Phase::Suspended,
        Phase::Terminating,
    ];
    if text == PINNED {
        return Some(Phase::Synced);
    }
    all.into_iter().find(|phase| phase.to_string() == text)
}

fn condition(one: &Condition, generation: i64) -> ApiCondition {
    ApiCondition {
        type_: one.kind.to_string(),
        status: match one.status {
            ConditionStatus::True => "True",
            ConditionStatus::False => "False",
            ConditionStatus::Unknown => "Unknown",
        }
        .to_owned(),
        reason: one.reason.to_string(),
        message: cut(&one.message, MAX_CONDITION),
        last_transition_time: time(one.since).unwrap_or(Time(jiff::Timestamp::UNIX_EPOCH)),
        observed_generation: Some(generation),
    }
}

fn read_condition(shown: &ApiCondition) -> Option<Condition> {
    let all = [
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
        ConditionType::Healthy,
        ConditionType::Drifted,
        ConditionType::Suspended,
    ];
    Some(Condition {
        kind: all.into_iter().find(|kind| kind.to_string() == shown.type_)?,
        status: match shown.status.as_str() {
            "True" => ConditionStatus::True,
            "False" => ConditionStatus::False,
            _ => ConditionStatus::Unknown,
        },
        reason: shown.reason.as_str().into(),
        message: shown.message.as_str().into(),
        since: timestamp(&shown.last_transition_time),
    })
}

fn faults(all: &[Fault]) -> Vec<status::Fault> {
    let mut room = MAX_FAULT_BYTES;
    let shown = all.iter().take(MAX_FAULTS).map(|fault| status::Fault {
        code: fault.code.id().to_owned(),
        message: cut(&fault.message, MAX_MESSAGE),
        object: fault.object.as_ref().map(|key| cut(&key.to_string(), MAX_NAME)),
        origin: fault.origin.as_ref().map(|origin| status::Origin {
            file: cut(&origin.file, MAX_NAME),
            line: origin.line.into(),
            column: origin.column.into(),
        }),
        help: cut(&fault.help, MAX_HELP),
    });
    let fits = |fault: &status::Fault| {
        let size = serde_json::to_vec(fault).map_or(usize::MAX, |bytes| bytes.len());
        let left = room.checked_sub(size);
        room = left.unwrap_or_default();
        left.is_some()
    };
    shown.take_while(fits).collect()
}

fn read_fault(shown: &status::Fault) -> Option<Fault> {
    let code = *Code::ALL.iter().find(|code| code.id() == shown.code)?;
    let mut fault = Fault::new(code, shown.message.as_str()).help(shown.help.as_str());
    if let Some(key) = shown.object.as_deref().and_then(read_key) {
        fault = fault.on(key);
    }
    if let Some(origin) = &shown.origin {
        fault = fault.at(Origin {
            file: origin.file.as_str().into(),
            line: u32::try_from(origin.line).unwrap_or_default(),
            column: u32::try_from(origin.column).unwrap_or_default(),
        });
    }
    Some(fault)
}

/// Reads `Deployment.apps shop/web`.
fn read_key(text: &str) -> Option<ObjectKey> {
    let (kind, place) = text.split_once(' ')?;
    let GroupKind { group, kind } = read_kind(kind);
    let (namespace, name) = place.split_once('/').unwrap_or(("", place));
    Some(ObjectKey::new(group, kind, namespace, name))
}

/// Reads `Deployment.apps`.
pub(crate) fn read_kind(text: &str) -> GroupKind {
    let (kind, group) = text.split_once('.').unwrap_or((text, ""));
    GroupKind::new(group, kind)
}

fn entry(one: &HistoryEntry) -> Option<status::HistoryEntry> {
    Some(status::HistoryEntry {
        commit: one.commit.to_string(),
        succeeded: one.succeeded,
        time: time(one.at)?,
        duration_ms: i64::try_from(one.took.as_millis()).unwrap_or(i64::MAX),
        created: count(one.changes.created),
        configured: count(one.changes.configured),
        unchanged: count(one.changes.unchanged),
        pruned: count(one.changes.pruned),
        skipped: count(one.changes.skipped),
        failed: count(one.changes.failed),
    })
}

fn read_entry(shown: &status::HistoryEntry) -> Option<HistoryEntry> {
    Some(HistoryEntry {
        commit: Commit::parse(&shown.commit).ok()?,
        succeeded: shown.succeeded,
        at: timestamp(&shown.time),
        took: Duration::from_millis(u64::try_from(shown.duration_ms).unwrap_or_default()),
        changes: Changes {
            created: size(shown.created),
            configured: size(shown.configured),
            unchanged: size(shown.unchanged),
            pruned: size(shown.pruned),
            skipped: size(shown.skipped),
            failed: size(shown.failed),
        },
    })
}

/// Whole seconds, as `metav1.Time` has them; none beyond what it can name.
fn time(at: Timestamp) -> Option<Time> {
    let seconds = i64::try_from(at.0 / 1000).ok()?;
    jiff::Timestamp::from_second(seconds).ok().map(Time)
}

fn timestamp(time: &Time) -> Timestamp {
    Timestamp(u64::try_from(time.0.as_millisecond()).unwrap_or_default())
}

fn count(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn size(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}

/// The text, shortened to so many bytes; cutting twice cuts once.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub(MARK.len()));
    let mut shortened = text.get(..end).unwrap_or_default().to_owned();
    shortened.push_str(MARK);
    shortened
}

#[cfg(test)]
mod tests;
