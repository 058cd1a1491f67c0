//! Turns what was no success into a [`Refusal`]: HTTP answers, broken connections, bad credentials.
//!
//! It reports and never judges: what a refusal means is decided by `nopea_core::classify`. Whatever
//! could hold a credential (the output of a credential plugin, a parsed token) stays out of the text.

use std::{error::Error, time::Duration};

use http::{HeaderMap, header::RETRY_AFTER};
use kube::client::AuthError;
use nopea_core::{
    model::Text,
    port::{Cause, Refusal, ServerStatus},
};
use serde_json::Value;

/// The most characters that are kept of a body that is no `Status`, such as a proxy's error page.
const TEXT_LIMIT: usize = 500;

/// Reads an answer that was no success.
pub(crate) fn of_answer(code: u16, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let status = serde_json::from_slice(body).ok().filter(is_status);
    let mut status = match &status {
        Some(status) => of_status(status),
        None => ServerStatus { message: of_text(body), ..ServerStatus::default() },
    };
    status.code = code;
    status.retry_after = retry_after(headers).or(status.retry_after);
    Refusal::Status(Box::new(status))
}

/// Reads a request that got no answer.
pub(crate) fn of_error(error: &kube::Error) -> Refusal {
    Refusal::Unreachable(reason(error).into())
}

/// Makes a refusal of an answer that was none of a Kubernetes API server.
pub(crate) fn unreadable(what: &str) -> Refusal {
    Refusal::Unreachable(format!("{what} is not what a Kubernetes API server answers").into())
}

/// The chain of causes in one line, without what could hold a credential.
pub(crate) fn reason(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(credentials) = credentials(error) {
            return credentials.to_owned();
        }
        next = error.source();
        let text = error.to_string();
        // these print their source again, or say nothing beyond it
        let wraps = error.is::<kube::Error>() || text.starts_with("client error (");
        let needless = parts.iter().any(|part| part.contains(&text)) || (wraps && next.is_some());
        if !needless {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// What to say of credentials that could not be had; none where that is not what failed.
pub(crate) fn credentials(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let auth = match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Auth(auth)) => auth,
        Some(_) | None => error.downcast_ref::<AuthError>()?,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "kube adds ways to authenticate at will")]
    Some(match auth {
        AuthError::ReadTokenFile(..) => "the token file of the kubeconfig cannot be read",
        AuthError::AuthExecStart(_) => "the credential plugin of the kubeconfig cannot be started",
        AuthError::AuthExecRun { .. } | AuthError::AuthExec(_) | AuthError::AuthExecParse(_) => {
            "the credential plugin of the kubeconfig failed"
        }
        _ => "the credentials of the kubeconfig are not usable",
    })
}

fn is_status(body: &Value) -> bool {
    body.get("kind").and_then(Value::as_str) == Some("Status")
}

fn of_status(body: &Value) -> ServerStatus {
    let causes = body.pointer("/details/causes").and_then(Value::as_array);
    let cause = |cause: &Value| Cause {
        reason: text(cause, "/reason"),
        field: text(cause, "/field"),
        message: text(cause, "/message"),
    };
    let seconds = body.pointer("/details/retryAfterSeconds").and_then(Value::as_u64);
    ServerStatus {
        reason: text(body, "/reason"),
        message: text(body, "/message"),
        causes: causes.into_iter().flatten().map(cause).collect(),
        kind: text(body, "/details/kind"),
        retry_after: seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs),
        typed: true,
        ..ServerStatus::default()
    }
}

fn text(value: &Value, pointer: &str) -> Text {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().into()
}

fn of_text(body: &[u8]) -> Text {
    let text = String::from_utf8_lossy(body);
    text.trim().chars().take(TEXT_LIMIT).collect::<String>().into()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // kube-apiserver sends seconds, never a date
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
