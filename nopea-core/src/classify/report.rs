//! The fault that a user reads of a refusal.

use super::{Verdict, message, said, schema, scrub::scrub, verdict_of};
use crate::{
    fault::{Code, Fault},
    model::{Manifest, ObjectKey},
    port::{Refusal, ServerStatus},
};

/// How many complaints one fault lists.
const LISTED: usize = 10;

/// The fault of a refusal: code, retry (rule 9), a text that is the same each time, object, place.
///
/// ```
/// use nopea_core::{classify, fault::Code, model::ObjectKey, port::{Refusal, ServerStatus}};
///
/// let status = ServerStatus {
///     code: 404,
///     message: "namespaces \"shop\" not found".into(),
///     kind: "namespaces".into(),
///     typed: true,
///     ..ServerStatus::default()
/// };
/// let key = ObjectKey::new("", "ConfigMap", "shop", "a");
/// let fault = classify::fault(&Refusal::Status(Box::new(status)), None, &key);
/// assert_eq!(fault.code, Code::NamespaceMissing);
/// assert_eq!(&*fault.message, "namespace \"shop\" does not exist");
/// ```
pub fn fault(refusal: &Refusal, manifest: Option<&Manifest>, key: &ObjectKey) -> Fault {
    let verdict = verdict_of(refusal, key);
    let (text, retry_after) = match refusal {
        Refusal::Unreachable(_) | Refusal::TimedOut(_) => (refusal.to_string(), None),
        Refusal::Status(status) => {
            let clean = Refusal::Status(Box::new(scrub((**status).clone(), manifest)));
            let version = manifest.map_or("", |manifest| &manifest.api_version);
            (text(verdict, &clean, version, key), status.retry_after)
        }
    };
    let fault = Fault::new(code(verdict, said(refusal)), message::trim(&text))
        .on(key.clone())
        .retry_after(retry_after);
    match manifest {
        Some(manifest) => fault.at(manifest.origin.clone()),
        None => fault,
    }
}

/// One fault for each complaint of a schema refusal, so that what comes in parts reads as one list.
///
/// ```
/// use std::sync::Arc;
/// use nopea_core::{classify::schema_faults, model::{Manifest, ObjectKey, Origin}};
/// use nopea_core::port::{Refusal, ServerStatus};
///
/// let manifest = Manifest {
///     key: ObjectKey::new("apps", "Deployment", "t", "d"),
///     api_version: "apps/v1".into(),
///     body: Arc::new(serde_json::json!({})),
///     origin: Origin { file: "d.yaml".into(), line: 1, column: 1 },
/// };
/// let message = "failed to create typed patch object (t/d; apps/v1, Kind=Deployment): errors:\n  \
///                .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema";
/// let status = ServerStatus { code: 500, message: message.into(), ..ServerStatus::default() };
/// let faults = schema_faults(&Refusal::Status(Box::new(status)), &manifest);
/// assert_eq!(faults.len(), 2);
/// assert_eq!(&*faults[0].message, "spec.bar: field not declared in schema");
/// ```
pub fn schema_faults(refusal: &Refusal, manifest: &Manifest) -> Vec<Fault> {
    let whole = || vec![fault(refusal, Some(manifest), &manifest.key)];
    let Refusal::Status(status) = refusal else { return whole() };
    let clean = Refusal::Status(Box::new(scrub((**status).clone(), Some(manifest))));
    let complaints = schema::list(&clean);
    if complaints.is_empty() {
        return whole();
    }
    let told = complaints.into_iter().map(|(path, complaint)| {
        let text = format!("{path}: {complaint}");
        let fault = Fault::new(Code::UnknownField, message::trim(&text));
        fault.on(manifest.key.clone()).at(manifest.origin.clone())
    });
    told.collect()
}

fn code(verdict: Verdict, said: &str) -> Code {
    match verdict {
        Verdict::Conflict | Verdict::AlreadyExists | Verdict::UidMismatch => Code::Conflict,
        Verdict::KindNotServed => Code::KindUnknown,
        Verdict::NamespaceMissing => Code::NamespaceMissing,
        Verdict::NamespaceTerminating => Code::NamespaceTerminating,
        Verdict::Immutable => Code::Immutable,
        Verdict::Invalid if said.contains("strict decoding error") => Code::UnknownField,
        Verdict::Invalid if said.contains("error strict decoding") => Code::UnknownField,
        Verdict::Invalid | Verdict::Duplicate | Verdict::Absent => Code::Invalid,
        Verdict::SchemaFault => Code::UnknownField,
        Verdict::VersionGone => Code::VersionGone,
        Verdict::Forbidden => Code::Forbidden,
        Verdict::TooLarge => Code::RequestTooLarge,
        Verdict::Busy => Code::ClusterBusy,
        Verdict::Unreachable | Verdict::TimedOut => Code::ClusterUnreachable,
    }
}

fn text(verdict: Verdict, refusal: &Refusal, version: &str, key: &ObjectKey) -> String {
    let Refusal::Status(status) = refusal else { return refusal.to_string() };
    match verdict {
        Verdict::SchemaFault => schema_text(status, refusal),
        Verdict::KindNotServed if version.is_empty() => {
            format!("the cluster does not serve {}", key.kind)
        }
        Verdict::KindNotServed => format!("the cluster does not serve {} in {version}", key.kind),
        Verdict::NamespaceMissing => format!("namespace {:?} does not exist", key.namespace),
        Verdict::NamespaceTerminating => {
            format!("namespace {:?} is being deleted", key.namespace)
        }
        Verdict::UidMismatch => {
            "the object was deleted or replaced while it was written".to_owned()
        }
        Verdict::AlreadyExists => "the object appeared while it was written".to_owned(),
        Verdict::TooLarge => "the object is larger than the cluster takes".to_owned(),
        Verdict::VersionGone => {
            "the object's bookkeeping names a version that its CustomResourceDefinition no longer has"
                .to_owned()
        }
        Verdict::Immutable | Verdict::Invalid | Verdict::Duplicate => {
            let secret = key.kind.is("", "Secret");
            causes(status, secret).unwrap_or_else(|| body(status))
        }
        Verdict::Conflict | Verdict::Absent | Verdict::Forbidden | Verdict::Busy => body(status),
        Verdict::Unreachable | Verdict::TimedOut => refusal.to_string(),
    }
}

/// What the server said, or at least with which number.
fn body(status: &ServerStatus) -> String {
    if status.message.trim().is_empty() {
        format!("the cluster answered {} {}", status.code, status.reason).trim_end().to_owned()
    } else {
        status.message.to_string()
    }
}

fn schema_text(status: &ServerStatus, refusal: &Refusal) -> String {
    let complaints = schema::list(refusal);
    if complaints.is_empty() {
        return schema::after_head(&status.message).to_owned();
    }
    join(complaints.into_iter().map(|(path, complaint)| format!("{path}: {complaint}")).collect())
}

/// The causes, sorted; none where one of them names no field: a policy speaks in the message.
fn causes(status: &ServerStatus, secret: bool) -> Option<String> {
    if status.causes.is_empty() || status.causes.iter().any(|cause| cause.field.is_empty()) {
        return None;
    }
    let mut lines: Vec<_> = status
        .causes
        .iter()
        .map(|cause| format!("{}: {}", cause.field, message::cause(&cause.message, secret)))
        .collect();
    lines.sort();
    lines.dedup();
    Some(join(lines))
}

fn join(mut lines: Vec<String>) -> String {
    let rest = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    let text = lines.join("; ");
    if rest > 0 { format!("{text}; and {rest} more") } else { text }
}
