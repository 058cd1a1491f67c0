//! One row for each shape in which a server, a proxy or a connection says no.

use std::io;

use http::HeaderValue;
use serde_json::json;

use super::*;

fn answer(code: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> ServerStatus {
    let headers = headers.iter().map(|(name, value)| {
        (http::HeaderName::from_static(name), HeaderValue::from_static(value))
    });
    match of_answer(code, &headers.collect(), body) {
        Refusal::Status(status) => *status,
        silence @ (Refusal::Unreachable(_) | Refusal::TimedOut(_)) => panic!("{silence:?}"),
    }
}

fn typed(body: &Value) -> ServerStatus {
    let code = u16::try_from(body["code"].as_u64().unwrap()).unwrap();
    answer(code, &[], body.to_string().as_bytes())
}

#[test]
fn a_status_is_read_in_full() {
    let status = typed(&json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 422,
        "reason": "Invalid", "message": "Deployment.apps \"web\" is invalid",
        "details": {"name": "web", "group": "apps", "kind": "Deployment", "causes": [
            {"reason": "FieldValueInvalid", "message": "field is immutable", "field": "spec.selector"},
            {"message": "a policy's words"},
        ]},
    }));
    let cause = |reason: &str, message: &str, field: &str| Cause {
        reason: reason.into(),
        message: message.into(),
        field: field.into(),
    };
    let expected = ServerStatus {
        code: 422,
        reason: "Invalid".into(),
        message: "Deployment.apps \"web\" is invalid".into(),
        causes: vec![
            cause("FieldValueInvalid", "field is immutable", "spec.selector"),
            cause("", "a policy's words", ""),
        ],
        kind: "Deployment".into(),
        retry_after: None,
        typed: true,
    };
    assert_eq!(status, expected);
}

#[test]
fn a_status_without_reason_and_details_has_empty_ones() {
    let status = typed(&json!({
        "kind": "Status", "code": 500, "message": "failed to create typed patch object", "details": null,
    }));
    assert_eq!((status.code, &*status.reason, status.typed), (500, "", true));
    assert!(status.causes.is_empty() && status.kind.is_empty());
}

#[test]
fn a_plain_text_is_no_status() {
    let status = answer(404, &[], b"404 page not found\n");
    assert_eq!((status.code, &*status.message, status.typed), (404, "404 page not found", false));
    let other_json = answer(502, &[], br#"{"error": "bad gateway"}"#);
    assert_eq!((other_json.code, other_json.typed), (502, false));
    assert_eq!(answer(503, &[], b""), ServerStatus { code: 503, ..ServerStatus::default() });
}

#[test]
fn a_long_page_of_a_proxy_is_cut() {
    let page = "ä".repeat(10_000);
    assert_eq!(answer(502, &[], page.as_bytes()).message.chars().count(), TEXT_LIMIT);
}

#[test]
fn the_header_says_when_to_come_back_and_the_details_where_there_is_none() {
    let body = json!({"kind": "Status", "code": 429, "details": {"retryAfterSeconds": 7}});
    let seconds = |headers| answer(429, headers, body.to_string().as_bytes()).retry_after;
    assert_eq!(seconds(&[("retry-after", "3")]), Some(Duration::from_secs(3)));
    assert_eq!(seconds(&[]), Some(Duration::from_secs(7)));
    assert_eq!(seconds(&[("retry-after", "soon")]), Some(Duration::from_secs(7)));
    assert_eq!(
        answer(503, &[("retry-after", "1")], b"busy").retry_after,
        Some(Duration::from_secs(1))
    );
}

#[test]
fn a_broken_connection_is_told_by_its_causes_once_each() {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
    let error = kube::Error::Service(Box::new(refused));
    assert_eq!(of_error(&error), Refusal::Unreachable("connection refused".into()));
}

#[test]
fn the_output_of_a_credential_plugin_is_never_told() {
    let secret = "k8s-aws-v1.s3cr3t";
    let output = std::process::Output {
        status: std::process::ExitStatus::default(),
        stdout: secret.into(),
        stderr: secret.into(),
    };
    let failed = AuthError::AuthExecRun { cmd: format!("aws {secret}"), out: Box::new(output) };
    let told = reason(&kube::Error::Auth(failed));
    assert_eq!(told, "the credential plugin of the kubeconfig failed");
    let wrapped = kube::Error::Service(Box::new(AuthError::AuthExec(secret.to_owned())));
    assert_eq!(reason(&wrapped), "the credential plugin of the kubeconfig failed");
}
