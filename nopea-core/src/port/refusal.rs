//! Why a cluster did not do what it was asked, as a plain value that the machine can judge.

use std::time::Duration;

use crate::model::Text;

/// The answer that was no success.
///
/// Adapters report; what it means is decided by `crate::classify`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server answered with an error.
    #[error("{}", .0.message)]
    Status(Box<ServerStatus>),
    /// There was no answer.
    #[error("no answer from the cluster: {0}")]
    Unreachable(Text),
    /// The answer did not come in time.
    #[error("no answer from the cluster within {0:?}")]
    TimedOut(Duration),
}

/// A `metav1.Status`, or what stands for it where the body was plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerStatus {
    /// The HTTP status code.
    pub code: u16,
    /// `reason`; empty where the server gave none.
    pub reason: Text,
    /// `message`, or the plain text of the body.
    pub message: Text,
    /// `details.causes`.
    pub causes: Vec<Cause>,
    /// `details.kind`: the resource that it speaks of; empty where the server gave none.
    pub kind: Text,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// Whether the body was a `Status` object: a plain `404 page not found` is none.
    pub typed: bool,
}

/// One of `details.causes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// `reason`, such as `FieldValueInvalid`.
    pub reason: Text,
    /// `field`.
    pub field: Text,
    /// `message`.
    pub message: Text,
}
