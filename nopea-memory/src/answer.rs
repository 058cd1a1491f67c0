//! The words in which kube-apiserver refuses: codes, reasons, causes and texts (experiments 4-8).
//! Must not know when to refuse.

use std::fmt;

use nopea_core::{
    model::{GroupKind, Text},
    port::{Cause, Refusal, ServerStatus},
};

use crate::kinds::Kind;

/// Makes a refusal of its parts.
fn status(code: u16, reason: &str, message: impl Into<Text>) -> ServerStatus {
    ServerStatus {
        code,
        reason: reason.into(),
        message: message.into(),
        typed: true,
        ..ServerStatus::default()
    }
}

fn refuse(status: ServerStatus) -> Refusal {
    Refusal::Status(Box::new(status))
}

/// `404 page not found`: no such kind.
pub(crate) fn page_not_found() -> Refusal {
    refuse(ServerStatus { typed: false, ..status(404, "", "404 page not found") })
}

/// The kind is served, but not in this version.
pub(crate) fn version_not_found() -> Refusal {
    refuse(status(404, "NotFound", "the server could not find the requested resource"))
}

/// No object of that name.
pub(crate) fn not_found(kind: &Kind, name: &str) -> Refusal {
    let message = format!("{} {name:?} not found", kind.resource());
    refuse(ServerStatus { kind: Text::clone(&kind.plural), ..status(404, "NotFound", message) })
}

/// No namespace of that name.
pub(crate) fn namespace_not_found(name: &str) -> Refusal {
    let message = format!("namespaces {name:?} not found");
    refuse(ServerStatus { kind: "namespaces".into(), ..status(404, "NotFound", message) })
}

/// The name is taken.
pub(crate) fn already_exists(kind: &Kind, name: &str, terminating: bool) -> Refusal {
    let being = if terminating { "object is being deleted: " } else { "" };
    let message = format!("{being}{} {name:?} already exists", kind.resource());
    let plural = Text::clone(&kind.plural);
    refuse(ServerStatus { kind: plural, ..status(409, "AlreadyExists", message) })
}

/// The resourceVersion is not the newest.
pub(crate) fn stale(kind: &Kind, name: &str) -> Refusal {
    conflict(
        kind,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )
}

/// Another conflict.
pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Refusal {
    let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.resource());
    refuse(ServerStatus { kind: Text::clone(&kind.plural), ..status(409, "Conflict", message) })
}

/// An apply names a uid and there is no object.
pub(crate) fn uid_mismatch(kind: &Kind, name: &str, uid: &str) -> Refusal {
    let why = format!(
        "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
    );
    conflict(kind, name, &why)
}

/// A delete's precondition names another uid.
pub(crate) fn uid_precondition(kind: &Kind, name: &str, wanted: &str, found: &str) -> Refusal {
    let why = format!(
        "Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}: \
         The UID in the precondition ({wanted}) does not match the UID in record ({found}). \
         The object might have been deleted and then recreated"
    );
    conflict(kind, name, &why)
}

/// A delete's precondition names another resourceVersion.
pub(crate) fn version_precondition(kind: &Kind, name: &str, wanted: &str, found: &str) -> Refusal {
    let why = format!(
        "Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object \
         meta: {found}: The ResourceVersion in the precondition ({wanted}) does not match the \
         ResourceVersion in record ({found}). The object might have been modified"
    );
    conflict(kind, name, &why)
}

/// Other managers own fields of an unforced apply.
pub(crate) fn manager_conflict(causes: Vec<Cause>) -> Refusal {
    let several = if causes.len() == 1 { "conflict" } else { "conflicts" };
    let list: Vec<String> =
        causes.iter().map(|cause| format!("{}: {}", cause.message, cause.field)).collect();
    let message = format!("Apply failed with {} {several}: {}", causes.len(), list.join("\n"));
    refuse(ServerStatus { causes, ..status(409, "Conflict", message) })
}

/// A request that cannot be understood.
pub(crate) fn bad_request(message: impl Into<Text>) -> Refusal {
    refuse(status(400, "BadRequest", message))
}

/// A body that does not fit the schema: 500, without a reason and without causes.
pub(crate) fn internal(message: impl Into<Text>) -> Refusal {
    refuse(status(500, "", message))
}

/// What etcd says of more than 1.5 MiB.
pub(crate) fn too_large() -> Refusal {
    internal("etcdserver: request is too large")
}

/// What the server itself says of more than 3 MiB.
pub(crate) fn entity_too_large() -> Refusal {
    let message = "Request entity too large: limit is 3145728";
    refuse(status(413, "RequestEntityTooLarge", message))
}

/// New content in a namespace that is being deleted.
pub(crate) fn namespace_terminating(kind: &Kind, namespace: &str, name: &str) -> Refusal {
    let message = format!(
        "{} {name:?} is forbidden: unable to create new content in namespace {namespace} because it \
         is being terminated",
        kind.resource()
    );
    let cause = Cause {
        reason: "NamespaceTerminating".into(),
        field: "metadata.namespace".into(),
        message: format!("namespace {namespace} is being terminated").into(),
    };
    refuse(ServerStatus {
        causes: vec![cause],
        kind: Text::clone(&kind.plural),
        ..status(403, "Forbidden", message)
    })
}

/// Any other refusal of an admission.
pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Refusal {
    let message = format!("{} {name:?} is forbidden: {why}", kind.resource());
    refuse(ServerStatus { kind: Text::clone(&kind.plural), ..status(403, "Forbidden", message) })
}

/// Values that the server does not take.
pub(crate) fn invalid(kind: &GroupKind, name: &str, errors: &[FieldError]) -> Refusal {
    let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let text = match list.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let causes = errors.iter().map(FieldError::cause).collect();
    refuse(ServerStatus {
        causes,
        kind: Text::clone(&kind.kind),
        ..status(422, "Invalid", format!("{kind} {name:?} is invalid: {text}"))
    })
}

/// One value that the server does not take (`field.Error`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    reason: &'static str,
    field: String,
    body: String,
}

impl FieldError {
    pub(crate) fn invalid(field: &str, value: impl fmt::Display, detail: &str) -> Self {
        let body = format!("Invalid value: {value}: {detail}");
        Self { reason: "FieldValueInvalid", field: field.to_owned(), body }
    }

    pub(crate) fn immutable(field: &str, value: Option<&serde_json::Value>) -> Self {
        let value = value.map_or_else(|| "null".to_owned(), ToString::to_string);
        Self::invalid(field, value, "field is immutable")
    }

    pub(crate) fn required(field: &str, detail: &str) -> Self {
        let body = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self { reason: "FieldValueRequired", field: field.to_owned(), body }
    }

    pub(crate) fn forbidden(field: &str, detail: &str) -> Self {
        let body = format!("Forbidden: {detail}");
        Self { reason: "FieldValueForbidden", field: field.to_owned(), body }
    }

    pub(crate) fn duplicate(field: &str, value: impl fmt::Display) -> Self {
        let body = format!("Duplicate value: {value}");
        Self { reason: "FieldValueDuplicate", field: field.to_owned(), body }
    }

    pub(crate) fn not_found(field: &str, value: impl fmt::Display) -> Self {
        let body = format!("Not found: {value}");
        Self { reason: "FieldValueNotFound", field: field.to_owned(), body }
    }

    pub(crate) fn unsupported(field: &str, value: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|one| format!("{one:?}")).collect();
        let body = format!("Unsupported value: {value:?}: supported values: {}", list.join(", "));
        Self { reason: "FieldValueNotSupported", field: field.to_owned(), body }
    }

    fn cause(&self) -> Cause {
        Cause {
            reason: self.reason.into(),
            field: self.field.as_str().into(),
            message: self.body.as_str().into(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}
