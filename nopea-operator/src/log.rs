//! The log of the process: lines for people or JSON, on standard error. It knows nothing that is logged.

use tracing_subscriber::{EnvFilter, fmt};

use crate::args::LogFormat;

/// Without `RUST_LOG`: what this program says, and warnings of what it stands on; what a request
/// ended with is said by whoever made it.
const DEFAULT_FILTER: &str =
    "info,kube=warn,kube_client::client=off,hyper=warn,gix=warn,tower=warn";

/// Starts the log. A second call changes nothing.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| DEFAULT_FILTER.into());
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
