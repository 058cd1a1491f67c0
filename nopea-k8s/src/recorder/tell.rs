//! Which notices become Events, and in which words. Pure.

use nopea_core::{
    fault::{Code, Fault},
    model::What,
};

use crate::convert_status::cut;

/// The longest note that the API takes, in bytes.
const MAX_NOTE: usize = 1000;

/// The words of an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) warning: bool,
    pub(super) reason: &'static str,
    pub(super) action: &'static str,
    pub(super) note: String,
}

/// What to tell of a notice; nothing where the status says it, or nobody asks. A sync that went well is
/// one status write and no request more.
pub(super) fn told(what: &What) -> Option<Told> {
    match what {
        What::Failed { faults, .. } => failed(faults),
        What::Healed { key, by } => {
            let by = by.as_ref().map(|by| format!(", changed by {by}")).unwrap_or_default();
            Some(tell(false, "DriftHealed", "Heal", &format!("put {key} back{by}")))
        }
        What::Removed { left, .. } if !left.is_empty() => {
            let note = listed("these objects are left", left);
            Some(tell(true, "DeletionBlocked", "Delete", &note))
        }
        What::Started { .. }
        | What::Planned { .. }
        | What::Object(_)
        | What::Warned(_)
        | What::Synced { .. }
        | What::Removed { .. } => None,
    }
}

fn failed(faults: &[Fault]) -> Option<Told> {
    let first = faults.first()?;
    let more = match faults.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let note = format!("{first}{more}; {}", first.help);
    let held = matches!(first.code, Code::PruneHeld | Code::ForeignContents);
    let (reason, action) = if held { ("PruneHeld", "Prune") } else { ("SyncFailed", "Sync") };
    Some(tell(true, reason, action, &note))
}

fn listed(what: &str, faults: &[Fault]) -> String {
    let each = |fault: &Fault| match &fault.object {
        Some(key) => format!("{key}: {}", fault.message),
        None => fault.message.to_string(),
    };
    let all: Vec<String> = faults.iter().take(20).map(each).collect();
    let more = faults.len().saturating_sub(all.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{what}: {}{rest}", all.join("; "))
}

fn tell(warning: bool, reason: &'static str, action: &'static str, note: &str) -> Told {
    Told { warning, reason, action, note: cut(note, MAX_NOTE) }
}
