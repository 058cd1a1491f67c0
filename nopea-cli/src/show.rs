//! The result of a sync or plan for people and programs. Decides nothing.

use std::{fmt::Write as _, time::Duration};

use nopea_core::{
    fault::Fault,
    model::{Action, Intent, ObjectReport, RepoKey},
};
use nopea_engine::meter::Reading;
use serde::Serialize;

use crate::{
    args::Format,
    attempt::Outcome,
    fault::{Severity, text},
    output::{Output, plain},
    report::{self, Report},
    table::table,
    yaml::yaml,
};

/// Shows an outcome whole.
pub(crate) fn outcome(output: &Output, format: Format, key: &RepoKey, outcome: &Outcome) {
    faults(output, &outcome.gathered.warnings, Severity::Warning);
    match format {
        Format::Table => {
            objects(output, outcome);
            faults(output, &outcome.faults, Severity::Error);
            summary(output, outcome);
        }
        Format::Json | Format::Yaml => document(output, format, &Report::new(key, outcome)),
    }
}

/// Shows faults or warnings, one below the other.
pub(crate) fn faults(output: &Output, faults: &[Fault], severity: Severity) {
    for fault in faults {
        output.note(format!("{}\n", text(fault, severity, output.colour())));
    }
}

/// Prints a value for programs.
pub(crate) fn document(output: &Output, format: Format, value: &impl Serialize) {
    let written = match format {
        Format::Json => serde_json::to_string_pretty(value).map_err(|error| error.to_string()),
        Format::Table | Format::Yaml => {
            serde_json::to_value(value).map(|value| yaml(&value)).map_err(|error| error.to_string())
        }
    };
    match written {
        Ok(text) => output.result(text.trim_end()),
        Err(error) => output.note(format!("error: the result cannot be written: {error}")),
    }
}

fn objects(output: &Output, outcome: &Outcome) {
    let objects = outcome.gathered.in_order();
    if objects.is_empty() {
        return;
    }
    // what a refused object is refused for is said by its fault, in full
    let said = |object: &ObjectReport| match object.action {
        Action::Failed => None,
        Action::Created
        | Action::Configured
        | Action::Unchanged
        | Action::Pruned
        | Action::Skipped => report::message(object),
    };
    let has_messages = objects.iter().any(|object| said(object).is_some());
    let row = |object: &&ObjectReport| {
        let source = object.origin.as_ref();
        let mut row = vec![
            object.key.kind.to_string(),
            object.key.namespace.to_string(),
            object.key.name.to_string(),
            word(outcome.intent, object.action).to_owned(),
            source.map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default(),
        ];
        if has_messages {
            row.push(said(object).unwrap_or_default());
        }
        row
    };
    let rows: Vec<_> = objects.iter().map(row).collect();
    let mut header = vec!["KIND", "NAMESPACE", "NAME", "ACTION", "SOURCE"];
    if has_messages {
        header.push("MESSAGE");
    }
    output.result(format!("{}\n", table(&header, &rows)));
}

/// A plan speaks of what would be done.
fn word(intent: Intent, action: Action) -> &'static str {
    match (intent, action) {
        (Intent::Plan, Action::Created) => "create",
        (Intent::Plan, Action::Configured) => "update",
        (Intent::Plan, Action::Pruned) => "delete",
        (Intent::Plan | Intent::Sync, _) => report::action(action),
    }
}

fn summary(output: &Output, outcome: &Outcome) {
    let gathered = &outcome.gathered;
    let commit = gathered.commit.as_ref().map(nopea_core::model::Commit::short);
    let head = match (outcome.intent, outcome.failed, commit) {
        (Intent::Sync, false, Some(commit)) => format!("synced {commit}"),
        (Intent::Plan, false, Some(commit)) => format!("plan of {commit}"),
        (_, true, Some(commit)) => format!("failed {commit}"),
        (_, _, None) => "failed: no commit could be had".to_owned(),
    };
    let what = match counts(outcome) {
        none if none.is_empty() && outcome.failed => "nothing was written".to_owned(),
        none if none.is_empty() => "nothing to do".to_owned(),
        counts => counts,
    };
    let time = seconds(outcome.took);
    let what = if commit.is_some() { format!(": {what}") } else { String::new() };
    output.result(plain(&format!("{head}{what} ({time})")));
    if let (Intent::Plan, Some(digest)) = (outcome.intent, gathered.prune_digest) {
        output.result(format!("prune digest: {digest}"));
    }
    output.result(format!("requests: {}", requests(&outcome.requests)));
}

fn counts(outcome: &Outcome) -> String {
    let all = [
        Action::Created,
        Action::Configured,
        Action::Pruned,
        Action::Unchanged,
        Action::Skipped,
        Action::Failed,
    ];
    let gathered = &outcome.gathered;
    let is_idle = !gathered.changed() && !outcome.failed;
    let mut text = if is_idle { "nothing to do".to_owned() } else { String::new() };
    for action in all {
        let count = gathered.count(action);
        if count > 0 {
            let comma = if text.is_empty() { "" } else { ", " };
            let _infallible = write!(text, "{comma}{count} {}", counted(outcome.intent, action));
        }
    }
    if outcome.failed && !gathered.changed() && !text.is_empty() {
        text.push_str("; nothing was written");
    }
    text
}

fn counted(intent: Intent, action: Action) -> String {
    match (intent, action) {
        (Intent::Plan, Action::Created | Action::Configured | Action::Pruned) => {
            format!("to {}", word(intent, action))
        }
        (Intent::Plan | Intent::Sync, _) => word(intent, action).to_owned(),
    }
}

/// What was asked of the cluster, in words.
pub(crate) fn requests(reading: &Reading) -> String {
    let counted = [
        (reading.dry_run, "dry run", "dry runs"),
        (reading.apply, "apply", "applies"),
        (reading.delete, "delete", "deletes"),
        (reading.claim, "claim", "claims"),
        (reading.read + reading.list + reading.follow, "read", "reads"),
        (reading.status, "status", "statuses"),
    ];
    let said: Vec<_> = counted
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// A duration with two digits after the point.
pub(crate) fn seconds(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_words_and_none_is_a_word_too() {
        assert_eq!(requests(&Reading::default()), "none");
        let reading = Reading { dry_run: 2, apply: 1, list: 1, follow: 2, ..Reading::default() };
        assert_eq!(requests(&reading), "2 dry runs, 1 apply, 3 reads");
    }
}
