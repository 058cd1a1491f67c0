//! Compares what Git says with what lives, through our own managedFields entry and without a schema.
//!
//! Answers whether the live object stands as an apply would leave it. Knows no request; whether the
//! object is being deleted, or whose it is, is judged elsewhere.

mod spelling;
mod walk;

use serde_json::Value;

use crate::{
    baseline, fields,
    model::{Baseline, Text},
};
use walk::Walk;

/// The most paths that a verdict lists.
const MAX_PATHS: usize = 100;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The object stands as an apply would leave it. Its baseline, settled.
    Same(Baseline),
    /// These fields differ, or are no longer ours.
    Differs(Vec<Text>),
    /// These fields are written otherwise and may mean the same: a dry run tells.
    Unsure(Vec<Text>),
}

/// Compares `desired`, the body that would be sent, with the live object.
///
/// Same: every field of `desired` is in our entry and equal in `live`, and the entry names nothing
/// else. Where `desired` says `{}`, `[]` or null and something stands there, we are unsure: the entry
/// reads the same whether others filled it in, which is fine (R8), or Git has just emptied it.
///
/// ```
/// use nopea_core::verify::{Verdict, verify};
/// let desired = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
///     "metadata": {"name": "web"}, "data": {"a": "1"}});
/// let mut live = desired.clone();
/// assert!(matches!(verify(&desired, &live), Verdict::Differs(_)));
/// live["metadata"]["managedFields"] = serde_json::json!([{"manager": "nopea",
///     "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:a": {}}}}]);
/// assert!(matches!(verify(&desired, &live), Verdict::Same(_)));
/// live["data"]["a"] = "2".into();
/// assert_eq!(verify(&desired, &live), Verdict::Differs(vec![".data.a".into()]));
/// ```
pub fn verify(desired: &Value, live: &Value) -> Verdict {
    let Some(entry) = fields::ours(live) else {
        return Verdict::Differs(vec![".metadata.managedFields".into()]);
    };
    let version = desired.get("apiVersion").and_then(Value::as_str);
    if version != Some(entry.api_version)
        || version != live.get("apiVersion").and_then(Value::as_str)
    {
        return Verdict::Unsure(vec![".apiVersion".into()]);
    }
    let mut walk = Walk::default();
    walk.object(entry.fields, desired, live);
    if !walk.differs.is_empty() {
        return Verdict::Differs(listed(walk.differs));
    }
    if !walk.unsure.is_empty() {
        return Verdict::Unsure(listed(walk.unsure));
    }
    match baseline::of(live) {
        Some(baseline) => Verdict::Same(baseline::without(baseline, &walk.presence)),
        None => Verdict::Unsure(vec![".apiVersion".into()]),
    }
}

fn listed(paths: std::collections::BTreeSet<String>) -> Vec<Text> {
    paths.into_iter().take(MAX_PATHS).map(Text::from).collect()
}

#[cfg(test)]
mod tests;
