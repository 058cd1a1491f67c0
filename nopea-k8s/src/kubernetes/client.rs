//! Makes a client that leaves retries to the machine and does not hang on a silent connection.
//!
//! It reads no kubeconfig: which cluster is meant is the caller's choice.

use std::time::Duration;

use http::{HeaderValue, header::USER_AGENT};

use crate::refusal;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a write may take.
const WRITE: Duration = Duration::from_secs(30);
/// How long a connection may say nothing. The longest silence that means nothing is that of a watch
/// without events, which its own timeout of 290 seconds ends.
const SILENCE: Duration = Duration::from_secs(330);

/// Why no client can be made of a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// The credentials cannot be had. What the reason is made of may hold a token: it is left out.
    #[error("{reason}")]
    Credentials {
        /// Which part failed.
        reason: &'static str,
    },
    /// The configuration itself is not usable: certificates, proxy, headers.
    #[error("the configuration of the cluster is not usable")]
    Configuration {
        /// What is wrong with it.
        source: Box<kube::Error>,
    },
}

/// Makes a client of a configuration.
///
/// No request is ever repeated inside it; its user agent is `nopea/<version>` unless the
/// configuration has one. Connections grow with the requests and watches under way, which
/// [`Builder`](super::Builder) bounds. To be called inside of a tokio runtime.
pub fn client(mut config: kube::Config) -> Result<kube::Client, Unusable> {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.write_timeout = Some(WRITE);
    config.read_timeout = Some(SILENCE);
    if !config.headers.iter().any(|(name, _)| *name == USER_AGENT) {
        let agent = HeaderValue::from_static(concat!("nopea/", env!("CARGO_PKG_VERSION")));
        config.headers.push((USER_AGENT, agent));
    }
    if !has_sendable_token(&config.auth_info) {
        let reason =
            "the token of the kubeconfig cannot be sent: it holds a line break or the like";
        return Err(Unusable::Credentials { reason });
    }
    kube::Client::try_from(config).map_err(|error| match refusal::credentials(&error) {
        Some(reason) => Unusable::Credentials { reason },
        None => Unusable::Configuration { source: Box::new(error) },
    })
}

/// The client would panic at a token that is no header value. Its type hides the text from all but
/// serialisation.
fn has_sendable_token(credentials: &kube::config::AuthInfo) -> bool {
    let credentials = serde_json::to_value(credentials).unwrap_or_default();
    let token = credentials.get("token").and_then(serde_json::Value::as_str).unwrap_or_default();
    HeaderValue::from_str(token).is_ok()
}

#[cfg(test)]
mod tests;
