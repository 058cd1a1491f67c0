//! The tables of experiments.md sections 1 to 10 as far as they are answers of a server.

mod immutable;
mod texts;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::{
    fault::{Code, Retry},
    model::{Manifest, ObjectKey, Origin},
};

fn status(code: u16, reason: &str, message: &str, causes: &[(&str, &str, &str)]) -> Refusal {
    let cause = |(reason, field, message): &(&str, &str, &str)| Cause {
        reason: (*reason).into(),
        field: (*field).into(),
        message: (*message).into(),
    };
    Refusal::Status(Box::new(ServerStatus {
        code,
        reason: reason.into(),
        message: message.into(),
        causes: causes.iter().map(cause).collect(),
        kind: "".into(),
        retry_after: None,
        typed: true,
    }))
}

fn plain(code: u16, text: &str) -> Refusal {
    let body = ServerStatus { code, message: text.into(), ..ServerStatus::default() };
    Refusal::Status(Box::new(body))
}

fn invalid(causes: &[(&str, &str, &str)]) -> Refusal {
    status(422, "Invalid", "it is invalid", causes)
}

/// A server status and what it means.
fn answers() -> Vec<(&'static str, Refusal, Verdict, Retry)> {
    use Retry::{Interval, Soon};
    let not_found = |message| status(404, "NotFound", message, &[]);
    let internal = |message| plain(500, message);
    let terminating =
        [("NamespaceTerminating", "metadata.namespace", "namespace n is being terminated")];
    vec![
        (
            "stale resourceVersion",
            status(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version",
                &[],
            ),
            Verdict::Conflict,
            Soon,
        ),
        (
            "field manager conflict",
            status(
                409,
                "Conflict",
                "Apply failed with 1 conflict",
                &[("FieldManagerConflict", ".data.a", "conflict with \"kubectl\"")],
            ),
            Verdict::Conflict,
            Soon,
        ),
        (
            "POST dry run of what exists",
            status(409, "AlreadyExists", "configmaps \"a\" already exists", &[]),
            Verdict::AlreadyExists,
            Soon,
        ),
        (
            "POST onto a dying object",
            status(
                409,
                "AlreadyExists",
                "object is being deleted: configmaps \"a\" already exists",
                &[],
            ),
            Verdict::AlreadyExists,
            Soon,
        ),
        (
            "uid of an absent object",
            status(
                409,
                "Conflict",
                "uid mismatch: the provided object specified uid u, and no existing object was found",
                &[],
            ),
            Verdict::UidMismatch,
            Soon,
        ),
        (
            "uid in the precondition of a delete",
            status(
                409,
                "Conflict",
                "The UID in the precondition (u) does not match the UID in record (v)",
                &[],
            ),
            Verdict::UidMismatch,
            Soon,
        ),
        (
            "uid of a recreated object",
            invalid(&[(
                "FieldValueInvalid",
                "metadata.uid",
                "Invalid value: \"u\": field is immutable",
            )]),
            Verdict::UidMismatch,
            Soon,
        ),
        (
            "namespace absent",
            not_found("namespaces \"x\" not found"),
            Verdict::NamespaceMissing,
            Interval,
        ),
        ("object absent", not_found("configmaps \"a\" not found"), Verdict::Absent, Interval),
        (
            "role of a binding absent",
            not_found("rolebindings.rbac.authorization.k8s.io \"norole\" not found"),
            Verdict::Absent,
            Interval,
        ),
        ("kind not served", plain(404, "404 page not found"), Verdict::KindNotServed, Interval),
        (
            "version not served",
            not_found("the server could not find the requested resource"),
            Verdict::KindNotServed,
            Interval,
        ),
        (
            "namespace terminating",
            status(403, "Forbidden", "forbidden", &terminating),
            Verdict::NamespaceTerminating,
            Interval,
        ),
        (
            "absent ServiceAccount of a Pod",
            status(
                403,
                "Forbidden",
                "error looking up service account n/a: serviceaccount \"a\" not found",
                &[],
            ),
            Verdict::Forbidden,
            Interval,
        ),
        (
            "RBAC escalation",
            status(
                403,
                "Forbidden",
                "attempting to grant RBAC permissions not currently held",
                &[],
            ),
            Verdict::Forbidden,
            Interval,
        ),
        ("quota", status(403, "Forbidden", "exceeded quota: q", &[]), Verdict::Forbidden, Interval),
        (
            "no credentials",
            status(401, "Unauthorized", "Unauthorized", &[]),
            Verdict::Forbidden,
            Interval,
        ),
        (
            "strict decoding",
            status(
                400,
                "BadRequest",
                "error strict decoding patch: yaml: line 4: key \"a\" already set in map",
                &[],
            ),
            Verdict::Invalid,
            Interval,
        ),
        (
            "generateName",
            status(400, "BadRequest", "name must be provided", &[]),
            Verdict::Invalid,
            Interval,
        ),
        (
            "kind that cannot be patched",
            status(405, "MethodNotAllowed", "the server does not allow this method", &[]),
            Verdict::Invalid,
            Interval,
        ),
        (
            "too large for the server",
            status(413, "RequestEntityTooLarge", "limit is 3145728", &[]),
            Verdict::TooLarge,
            Interval,
        ),
        (
            "too large for etcd",
            internal("etcdserver: request is too large"),
            Verdict::TooLarge,
            Interval,
        ),
        (
            "unknown field",
            internal(
                "failed to create typed patch object (t/d4; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
            ),
            Verdict::SchemaFault,
            Interval,
        ),
        (
            "duplicate key",
            internal(
                "failed to create typed patch object (t/d; v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol=\"TCP\"]",
            ),
            Verdict::SchemaFault,
            Interval,
        ),
        (
            "wrong base64",
            internal(
                "failed to convert new object (t/s; /v1, Kind=Secret) to v1: illegal base64 data at input byte 0",
            ),
            Verdict::SchemaFault,
            Interval,
        ),
        (
            "version gone from its CRD",
            internal("request to convert CR to an invalid group/version: x.io/v1"),
            Verdict::VersionGone,
            Interval,
        ),
        (
            "webhook without its Service",
            status(
                500,
                "InternalError",
                "failed calling webhook \"w\": service \"absent\" not found",
                &[],
            ),
            Verdict::Busy,
            Soon,
        ),
        ("overload", status(429, "TooManyRequests", "too many requests", &[]), Verdict::Busy, Soon),
        ("APIService without a backend", plain(503, "service unavailable"), Verdict::Busy, Soon),
        (
            "gateway timeout",
            status(504, "Timeout", "request did not complete", &[]),
            Verdict::Busy,
            Soon,
        ),
        ("bad gateway", plain(502, ""), Verdict::Busy, Soon),
        ("expired", status(410, "Expired", "too old resource version", &[]), Verdict::Busy, Soon),
        (
            "no connection",
            Refusal::Unreachable("connection refused".into()),
            Verdict::Unreachable,
            Soon,
        ),
        ("no answer in time", Refusal::TimedOut(Duration::from_secs(30)), Verdict::TimedOut, Soon),
        ("a number that no API server sends", plain(302, ""), Verdict::Busy, Soon),
    ]
}

#[test]
fn every_answer_has_its_verdict_and_its_retry() {
    let key = ObjectKey::new("", "ConfigMap", "n", "a");
    for (name, refusal, expected, retry) in answers() {
        assert_eq!(verdict(&refusal), expected, "{name}");
        let fault = fault(&refusal, None, &key);
        assert_eq!(fault.retry, retry, "{name}");
        assert!(!fault.message.is_empty() && fault.message.chars().count() <= 302, "{name}");
        assert_eq!(fault.object.as_ref(), Some(&key), "{name}");
    }
}

#[test]
fn r13_a_port_beside_its_twin_is_a_duplicate() {
    let twin = ("FieldValueDuplicate", "spec.ports[1].name", "Duplicate value: \"http\"");
    assert_eq!(verdict(&invalid(&[twin])), Verdict::Duplicate);
    let typo = ("FieldValueRequired", "spec.ports[1].port", "Required value");
    assert_eq!(verdict(&invalid(&[twin, typo])), Verdict::Invalid);
}

#[test]
fn r30_what_passes_by_itself_at_a_gate() {
    let terminating = [("NamespaceTerminating", "", "")];
    let table = [
        (plain(404, "404 page not found"), true),
        (status(404, "NotFound", "the server could not find the requested resource", &[]), true),
        (
            plain(
                500,
                "failed to create typed patch object (n/a; x.io/v1, Kind=T): .spec.n: field not declared in schema",
            ),
            true,
        ),
        (
            plain(
                500,
                "failed to create typed patch object (n/a; x.io/v1, Kind=T): .spec.n: expected string, got number",
            ),
            false,
        ),
        (status(403, "Forbidden", "cannot create", &[]), true),
        (status(403, "Forbidden", "", &terminating), false),
        (status(404, "NotFound", "namespaces \"n\" not found", &[]), false),
        (invalid(&[("FieldValueInvalid", "spec.a", "no")]), false),
        (Refusal::Unreachable("refused".into()), false),
    ];
    for (refusal, expected) in table {
        assert_eq!(transient_at_gate(&refusal), expected, "{refusal:?}");
    }
}
