//! The requests of a watch, as kube-apiserver reads them.

use std::fmt::Write as _;

use http::Request;
use nopea_core::port::Refusal;

use crate::discovery::Resource;

/// After how long the server ends a watch, in seconds. It is opened again at once.
pub(super) const TIMEOUT_SECONDS: u32 = 290;

/// `applyset.kubernetes.io/part-of` (exists), escaped: one watch for all repositories, and a label
/// that changed shows as a change (experiments 1.7).
pub(crate) const MEMBERS: &str = "labelSelector=applyset.kubernetes.io%2Fpart-of";

/// From where a watch shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// What lives, then what changes (streaming list).
    Beginning,
    /// What changed since this version.
    Version(String),
}

/// Opens a watch.
pub(super) fn watch(
    resource: &Resource,
    selector: &str,
    from: &From,
) -> Result<Request<Vec<u8>>, Refusal> {
    let path = resource.path("", None);
    let begin = match from {
        From::Beginning => "sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned(),
        From::Version(version) => format!("resourceVersion={}", escape(version)),
    };
    let timeout = format!("timeoutSeconds={TIMEOUT_SECONDS}");
    let mut uri = format!("{path}?watch=true&allowWatchBookmarks=true&{timeout}&{begin}");
    if !selector.is_empty() {
        uri.push('&');
        uri.push_str(selector);
    }
    get(&uri, "application/json")
}

/// A `GET`.
pub(crate) fn get(uri: &str, accept: &str) -> Result<Request<Vec<u8>>, Refusal> {
    let request = Request::get(uri).header(http::header::ACCEPT, accept);
    request.body(Vec::new()).map_err(|error| Refusal::Unreachable(error.to_string().into()))
}

/// Escapes a value of a query.
pub(crate) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
