//! Which fields of two states of one object differ, for people: `nopea plan` and drift reports.
//!
//! Leaves out what the server keeps for itself. Knows no schema and no managedFields.

mod walk;

use serde_json::Value;

use crate::model::Text;
use walk::{Change, Walk};

/// The most paths that are listed.
pub const MAX_CHANGES: usize = 100;
/// The most characters that are shown of a value.
pub const MAX_VALUE: usize = 80;
/// Stands for a value that must not be shown.
pub const MASK: &str = "***";

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange {
    /// Where: `.spec.template.spec.containers[name="web"].image`.
    pub path: Text,
    /// What stood there, as JSON, shortened; none where nothing did.
    pub from: Option<Text>,
    /// What stands there now.
    pub to: Option<Text>,
}

/// The paths whose values differ, sorted, at most [`MAX_CHANGES`].
///
/// ```
/// let before = serde_json::json!({"spec": {"replicas": 1}, "status": {"replicas": 0}});
/// let after = serde_json::json!({"spec": {"replicas": 2}});
/// let paths = nopea_core::difference::fields(&before, &after);
/// assert_eq!(paths, [".spec.replicas".into()]);
/// ```
pub fn fields(before: &Value, after: &Value) -> Vec<Text> {
    walk(before, after).into_iter().map(|change| change.path.into()).collect()
}

/// The fields that differ with both values, sorted by path, at most [`MAX_CHANGES`].
///
/// Of a Secret (`secret`) neither data nor what may repeat it is shown.
///
/// ```
/// let before = serde_json::json!({"data": {"a": "MQ=="}});
/// let after = serde_json::json!({"data": {"a": "Mg=="}});
/// let change = nopea_core::difference::changes(&before, &after, true).remove(0);
/// assert_eq!((&*change.path, change.to.as_deref()), (".data.a", Some("***")));
/// ```
pub fn changes(before: &Value, after: &Value, secret: bool) -> Vec<FieldChange> {
    let shown = |change: Change<'_>| {
        let masked = secret && is_secret(&change.path);
        let show = |value: &Value| if masked { MASK.into() } else { shorten(value) };
        FieldChange {
            from: change.before.map(show),
            to: change.after.map(show),
            path: change.path.into(),
        }
    };
    walk(before, after).into_iter().map(shown).collect()
}

fn walk<'a>(before: &'a Value, after: &'a Value) -> Vec<Change<'a>> {
    let mut walk = Walk::default();
    walk.object(before, after);
    let mut found = walk.found;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.truncate(MAX_CHANGES);
    found
}

/// The annotation of kubectl repeats the whole object.
const LAST_APPLIED: &str = ".metadata.annotations.kubectl.kubernetes.io/last-applied-configuration";

fn is_secret(path: &str) -> bool {
    let data = path.starts_with(".data") || path.starts_with(".stringData");
    data || LAST_APPLIED.starts_with(path)
}

fn shorten(value: &Value) -> Text {
    let text = value.to_string();
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests;
