//! What a server's refusal means (experiments R27, R29, R30), and the fault that a user reads of it.
//!
//! Total over [`Refusal`]: whatever a server answers has a verdict. Knows no request and no state.

mod message;
mod report;
mod schema;
mod scrub;

pub use self::{
    report::{fault, schema_faults},
    schema::schema_paths,
};
use crate::{
    model::ObjectKey,
    port::{Cause, Refusal, ServerStatus},
};

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The object is not at the version that was given: judge its newest state.
    Conflict,
    /// The name is taken; of a `POST` dry run: the object would be accepted (R28).
    AlreadyExists,
    /// The object does not exist, or one that it names.
    Absent,
    /// The kind is not served, or not in this version.
    KindNotServed,
    /// The namespace does not exist. [`verdict_of`] tells it from a Namespace that is itself absent.
    NamespaceMissing,
    /// The namespace is being deleted (R24): neither drift nor fault, but a wait.
    NamespaceTerminating,
    /// The object was deleted or replaced by another of its name.
    UidMismatch,
    /// Only immutable fields stand in the way (R27): a replacement would do.
    Immutable,
    /// An error of the manifest, or of a policy's liking.
    Invalid,
    /// The manifest does not fit the schema: the list in the answer is partial (R16).
    SchemaFault,
    /// The object's bookkeeping names a version that its definition lost (R14).
    VersionGone,
    /// Not allowed.
    Forbidden,
    /// Larger than the server takes.
    TooLarge,
    /// Overloaded or failing: try again.
    Busy,
    /// No answer.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// Two items of a keyed list collide, one of them foreign (R13).
    Duplicate,
}

/// Judges a refusal.
///
/// ```
/// use nopea_core::{classify::{Verdict, verdict}, port::{Refusal, ServerStatus}};
///
/// let status = ServerStatus { code: 429, ..ServerStatus::default() };
/// assert_eq!(verdict(&Refusal::Status(Box::new(status))), Verdict::Busy);
/// ```
pub fn verdict(refusal: &Refusal) -> Verdict {
    let status = match refusal {
        Refusal::Status(status) => status,
        Refusal::Unreachable(_) => return Verdict::Unreachable,
        Refusal::TimedOut(_) => return Verdict::TimedOut,
    };
    match status.code {
        401 => Verdict::Forbidden,
        403 => forbidden(status),
        404 => not_found(status),
        409 => conflict(status),
        413 => Verdict::TooLarge,
        422 => unprocessable(status),
        500 => internal(status),
        408 | 410 | 429 => Verdict::Busy,
        400..=499 => Verdict::Invalid,
        _ => Verdict::Busy,
    }
}

/// Judges a refusal of a request for `key`: of a Namespace itself, "namespace not found" means that
/// the object is absent.
///
/// ```
/// use nopea_core::{classify::{Verdict, verdict_of}, model::ObjectKey, port::{Refusal, ServerStatus}};
///
/// let message = "namespaces \"shop\" not found".into();
/// let status = ServerStatus { code: 404, message, typed: true, ..ServerStatus::default() };
/// let refusal = Refusal::Status(Box::new(status));
/// let within = ObjectKey::new("", "ConfigMap", "shop", "a");
/// assert_eq!(verdict_of(&refusal, &within), Verdict::NamespaceMissing);
/// let itself = ObjectKey::new("", "Namespace", "", "shop");
/// assert_eq!(verdict_of(&refusal, &itself), Verdict::Absent);
/// ```
pub fn verdict_of(refusal: &Refusal, key: &ObjectKey) -> Verdict {
    let verdict = verdict(refusal);
    let itself = key.kind.is("", "Namespace");
    if itself && verdict == Verdict::NamespaceMissing { Verdict::Absent } else { verdict }
}

/// Says whether the refusal may be a passing state of what the attempt has just changed: a kind, a
/// schema or a role that the server has not taken up yet (R30).
///
/// ```
/// use nopea_core::{classify::transient_at_gate, port::{Refusal, ServerStatus}};
///
/// let text = ServerStatus { code: 404, message: "404 page not found".into(), ..ServerStatus::default() };
/// assert!(transient_at_gate(&Refusal::Status(Box::new(text))));
/// assert!(!transient_at_gate(&Refusal::Unreachable("refused".into())));
/// ```
pub fn transient_at_gate(refusal: &Refusal) -> bool {
    match verdict(refusal) {
        Verdict::KindNotServed | Verdict::Forbidden => true,
        Verdict::SchemaFault => said(refusal).contains("field not declared in schema"),
        Verdict::Conflict
        | Verdict::AlreadyExists
        | Verdict::Absent
        | Verdict::NamespaceMissing
        | Verdict::NamespaceTerminating
        | Verdict::UidMismatch
        | Verdict::Immutable
        | Verdict::Invalid
        | Verdict::VersionGone
        | Verdict::TooLarge
        | Verdict::Busy
        | Verdict::Unreachable
        | Verdict::TimedOut
        | Verdict::Duplicate => false,
    }
}

/// What the server said; empty where it said nothing.
fn said(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::Status(status) => &status.message,
        Refusal::Unreachable(_) | Refusal::TimedOut(_) => "",
    }
}

fn forbidden(status: &ServerStatus) -> Verdict {
    let terminating = status.causes.iter().any(|cause| &*cause.reason == "NamespaceTerminating");
    if terminating { Verdict::NamespaceTerminating } else { Verdict::Forbidden }
}

fn not_found(status: &ServerStatus) -> Verdict {
    let unserved = "the server could not find the requested resource";
    if !status.typed || status.message.contains(unserved) {
        Verdict::KindNotServed
    } else if &*status.kind == "namespaces" || status.message.starts_with("namespaces \"") {
        Verdict::NamespaceMissing
    } else {
        Verdict::Absent
    }
}

fn conflict(status: &ServerStatus) -> Verdict {
    let message = &*status.message;
    if &*status.reason == "AlreadyExists" {
        Verdict::AlreadyExists
    } else if message.contains("uid mismatch") || message.contains("UID in the precondition") {
        Verdict::UidMismatch
    } else {
        Verdict::Conflict
    }
}

fn unprocessable(status: &ServerStatus) -> Verdict {
    let all =
        |test: fn(&Cause) -> bool| !status.causes.is_empty() && status.causes.iter().all(test);
    if &*status.reason != "Invalid" {
        Verdict::Invalid
    } else if all(|cause| &*cause.field == "metadata.uid") {
        Verdict::UidMismatch
    } else if all(|cause| &*cause.reason == "FieldValueDuplicate") {
        Verdict::Duplicate
    } else if all(is_immutable) {
        Verdict::Immutable
    } else {
        Verdict::Invalid
    }
}

/// What API servers say of a field that only a new object can change (R27).
const IMMUTABLE: [&str; 6] = [
    "field is immutable",
    "is immutable after creation",
    "may not change once set",
    "may not be changed in an update",
    "updates to statefulset spec for fields other than",
    "pod updates may not change fields other than",
];

fn is_immutable(cause: &Cause) -> bool {
    let outside_metadata = &*cause.field != "metadata" && !cause.field.starts_with("metadata.");
    matches!(&*cause.reason, "FieldValueInvalid" | "FieldValueForbidden")
        && !cause.field.is_empty()
        && outside_metadata
        && IMMUTABLE.iter().any(|text| cause.message.contains(text))
}

fn internal(status: &ServerStatus) -> Verdict {
    let has = |text| status.message.contains(text);
    if has("to convert CR to an invalid group/version") {
        Verdict::VersionGone
    } else if has("failed to create typed patch object") || has("failed to convert new object") {
        Verdict::SchemaFault
    } else if has("etcdserver: request is too large") {
        Verdict::TooLarge
    } else {
        Verdict::Busy
    }
}

#[cfg(test)]
mod tests;
