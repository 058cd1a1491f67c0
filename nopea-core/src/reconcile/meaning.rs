//! What a refusal means for what is known of its object, whatever else it says.

use crate::{
    classify::{self, Verdict},
    model::ObjectKey,
    port::Refusal,
};

/// What a refusal says about the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is not as it was judged: judge its newest state.
    Moved,
    /// It does not exist, or its kind does not.
    Gone,
    /// Nothing: the request was not granted.
    Refused,
}

/// Reads the meaning of a refusal of a request about `key`.
pub(super) fn meaning(refusal: &Refusal, key: &ObjectKey) -> Meaning {
    match classify::verdict_of(refusal, key) {
        Verdict::Conflict | Verdict::AlreadyExists | Verdict::UidMismatch => Meaning::Moved,
        Verdict::Absent | Verdict::KindNotServed => Meaning::Gone,
        Verdict::NamespaceMissing
        | Verdict::NamespaceTerminating
        | Verdict::Immutable
        | Verdict::Invalid
        | Verdict::SchemaFault
        | Verdict::VersionGone
        | Verdict::Forbidden
        | Verdict::TooLarge
        | Verdict::Busy
        | Verdict::Unreachable
        | Verdict::TimedOut
        | Verdict::Duplicate => Meaning::Refused,
    }
}
