//! The command line of the operator. Values only: what they are for is decided where they are wired.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use nopea_core::model::{InvalidSpec, spec::parse_duration};

/// Keeps a cluster equal to the Git repositories that its GitRepository objects name.
#[derive(Clone, Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "a terminal shows it, without markdown")]
#[command(name = "nopea-operator", version, about)]
pub(crate) struct Arguments {
    /// The folder of the Git mirrors, reused after a restart; without one they go with the process
    #[arg(long, value_name = "DIR", env = "NOPEA_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Where /healthz, /readyz and /metrics are served
    #[arg(long, value_name = "ADDRESS", env = "NOPEA_HEALTH_ADDR", default_value = "0.0.0.0:8080")]
    pub(crate) health_addr: SocketAddr,

    /// Serves the GitRepositories of this namespace alone; may be given several times
    #[arg(
        long = "watch-namespace",
        value_name = "NAMESPACE",
        env = "NOPEA_WATCH_NAMESPACE",
        value_delimiter = ','
    )]
    pub(crate) watch_namespaces: Vec<String>,

    /// How many repositories may be looked up, rendered or read from the cluster at once
    #[arg(long, value_name = "N", env = "NOPEA_MAX_CONCURRENT_SYNCS")]
    pub(crate) max_concurrent_syncs: Option<NonZeroUsize>,

    /// How lines of the log are written; RUST_LOG says which
    #[arg(long, value_name = "FORMAT", env = "NOPEA_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,

    /// Posts CDEvents to this url
    #[arg(long, value_name = "URL", env = "NOPEA_CDEVENTS_URL")]
    pub(crate) cdevents_url: Option<String>,

    /// The source of these events, a URI reference
    #[arg(
        long,
        value_name = "URI",
        env = "NOPEA_CDEVENTS_SOURCE",
        default_value = "/nopea-operator"
    )]
    pub(crate) cdevents_source: String,

    /// The environment of these events, such as the name of the cluster
    #[arg(
        long,
        value_name = "NAME",
        env = "NOPEA_CDEVENTS_ENVIRONMENT",
        default_value = "kubernetes"
    )]
    pub(crate) cdevents_environment: String,

    /// Lets GitRepositories read folders of this machine by file:// urls; for tests
    #[arg(long, env = "NOPEA_ALLOW_FILE_URLS")]
    pub(crate) allow_file_urls: bool,

    /// The proxy for requests to Git servers; the environment is not asked
    #[arg(long, value_name = "URL", env = "NOPEA_GIT_PROXY", hide_env_values = true)]
    pub(crate) git_proxy: Option<String>,

    /// How long one look-up or fetch may take
    #[arg(
        long,
        value_name = "DURATION",
        env = "NOPEA_GIT_TIMEOUT",
        default_value = "60s",
        value_parser = duration
    )]
    pub(crate) git_timeout: Duration,

    /// The context of the kubeconfig; in a cluster, its own service account is used
    #[arg(long, value_name = "NAME", env = "NOPEA_CONTEXT")]
    pub(crate) context: Option<String>,
}

fn duration(text: &str) -> Result<Duration, InvalidSpec> {
    parse_duration("--git-timeout", text)
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn namespaces_come_one_by_one_or_in_a_list() {
        let command = ["nopea-operator", "--watch-namespace", "a,b", "--watch-namespace", "c"];
        let arguments = Arguments::try_parse_from(command).unwrap();
        assert_eq!(arguments.watch_namespaces, ["a", "b", "c"]);
    }

    #[test]
    fn git_has_a_minute_unless_told_otherwise() {
        let time = |command: &[&str]| Arguments::try_parse_from(command).map(|it| it.git_timeout);
        assert_eq!(time(&["nopea-operator"]).unwrap(), Duration::from_mins(1));
        let given = time(&["nopea-operator", "--git-timeout", "3s"]);
        assert_eq!(given.unwrap(), Duration::from_secs(3));
        assert!(time(&["nopea-operator", "--git-timeout", "soon"]).is_err());
    }

    #[test]
    fn none_at_once_is_no_number_of_syncs() {
        let command = ["nopea-operator", "--max-concurrent-syncs", "0"];
        assert!(Arguments::try_parse_from(command).is_err());
    }
}
