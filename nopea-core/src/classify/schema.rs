//! The list of schema faults in a `500 failed to create typed patch object`.
//!
//! It is partial and comes in another order each time, so it is sorted and never shown raw (R16).

use super::{Verdict, message, said, verdict};
use crate::{model::Text, port::Refusal};

/// The paths that a schema fault names, sorted, each once, without the leading dot:
/// `spec.containers[name="web"].foo`. Empty for any other refusal.
///
/// Repeating the dry run without them finds the next ones.
///
/// ```
/// use nopea_core::{classify::schema_paths, port::{Refusal, ServerStatus}};
///
/// let message = "failed to create typed patch object (t/d; apps/v1, Kind=Deployment): errors:\n  \
///                .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema";
/// let status = ServerStatus { code: 500, message: message.into(), ..ServerStatus::default() };
/// let paths = schema_paths(&Refusal::Status(Box::new(status)));
/// assert_eq!(paths.iter().map(|path| &**path).collect::<Vec<_>>(), ["spec.bar", "spec.foo"]);
/// ```
pub fn schema_paths(refusal: &Refusal) -> Vec<Text> {
    let mut paths: Vec<Text> = list(refusal).into_iter().map(|(path, _)| path.into()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Path and complaint of each line, sorted.
pub(super) fn list(refusal: &Refusal) -> Vec<(String, String)> {
    if verdict(refusal) != Verdict::SchemaFault {
        return Vec::new();
    }
    let mut list: Vec<_> = after_head(said(refusal)).lines().filter_map(line).collect();
    list.sort();
    list.dedup();
    list
}

/// What follows `failed to … (namespace/name; version, Kind=…): `.
pub(super) fn after_head(text: &str) -> &str {
    let rest = text.split_once("; ").and_then(|(_, rest)| rest.split_once("): "));
    rest.map_or(text, |(_, rest)| rest)
}

fn line(line: &str) -> Option<(String, String)> {
    let rest = line.trim().strip_prefix('.')?;
    let end = message::outside_quotes(rest, ": ")?;
    let path = rest.get(..end)?;
    let complaint = rest.get(end + 2..)?;
    // `expected string, got &value.valueUnstructured{Value:true}` shows the server's insides
    let complaint = complaint.split_once(", got &").map_or(complaint, |(said, _)| said);
    Some((path.to_owned(), complaint.trim().to_owned()))
}
