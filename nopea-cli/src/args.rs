//! The command line as clap reads it. Must not know what its values are for.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::size;

/// Continuous delivery for Kubernetes: what the cluster runs is what the commit says
#[derive(Debug, Parser)]
#[command(name = "nopea", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 the cluster is not what the commit says, \
                        2 could not even try, 130 interrupted.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the main job on a small repository and an embedded cluster, in a few seconds
    Demo,
    /// Syncs a commit to the cluster
    Sync(SyncArguments),
    /// Shows what a sync would do, without a write
    #[command(after_help = "Exit codes: 0 nothing to do, 1 changes, 2 faults.")]
    Plan(PlanArguments),
    /// Prints the manifests of a commit; needs no cluster
    Render(RenderArguments),
    /// Prints the version
    Version,
    /// Prints the completion script of a shell
    Completion {
        /// Of which shell
        shell: Shell,
    },
}

/// Where manifests come from.
#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// A url (https, http, file), or a folder: a repository's HEAD, or the files of one that is none
    #[arg(value_name = "URL|DIR")]
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) reference: ReferenceArguments,
    /// The folder of the commit
    #[arg(long, value_name = "DIR", default_value = "", hide_default_value = true)]
    pub(crate) path: String,
    /// Read the files of a local folder as they stand, committed or not
    #[arg(long)]
    pub(crate) worktree: bool,
    /// Send all requests for Git through this proxy
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

/// Which commit; by default the one that HEAD names.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ReferenceArguments {
    /// The newest commit of a branch
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,
    /// The commit of a tag
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Option<String>,
    /// The highest tag that is a semantic version in this range, such as ^1.2
    #[arg(long, value_name = "RANGE")]
    pub(crate) semver: Option<String>,
    /// A commit, by all of its digits
    #[arg(long, value_name = "ID")]
    pub(crate) commit: Option<String>,
    /// A reference by its full name, such as refs/pull/1/head
    #[arg(long = "ref", value_name = "NAME")]
    pub(crate) full: Option<String>,
}

/// What a commit may cost.
#[expect(clippy::struct_field_names, reason = "the names of the flags")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// Bytes of one manifest file
    #[arg(long, value_name = "SIZE", default_value = "16Mi", value_parser = size::bytes)]
    pub(crate) max_file_size: u64,
    /// Bytes of all manifest files, what aliases repeat included
    #[arg(long, value_name = "SIZE", default_value = "64Mi", value_parser = size::bytes)]
    pub(crate) max_render_size: u64,
    /// Objects of a render
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) max_objects: usize,
    /// Levels of nested maps, lists and folders
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub(crate) max_depth: usize,
    /// How many times its own size aliases may add to a file
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_alias_growth: u64,
    /// Bytes of one fetch, or of a folder
    #[arg(long, value_name = "SIZE", default_value = "512Mi", value_parser = size::bytes)]
    pub(crate) max_source_size: u64,
}

/// How the commit meets the cluster.
#[derive(Debug, Args)]
pub(crate) struct ClusterArguments {
    /// The name under which the objects belong together; by default the source's
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The namespace of objects that name none; by default the context's
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) target_namespace: Option<String>,
    /// Delete what the commit no longer names
    #[arg(long, value_name = "BOOL", default_value_t = true)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub(crate) prune: bool,
    /// How long the whole may take
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = size::timeout)]
    pub(crate) timeout: Duration,
    /// Let exactly the prune list of this digest through
    #[arg(long, value_name = "DIGEST")]
    pub(crate) approve: Option<String>,
    /// Refuse absent namespaces and kinds without a schema, as a real cluster does
    #[arg(long, conflicts_with_all = ["context", "kubeconfig"])]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) real: RealArguments,
    /// How to print the result
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}

/// Which real cluster; the embedded one where neither is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct RealArguments {
    /// A real cluster: this context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// A real cluster: the current context of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) cluster: ClusterArguments,
    /// Wait until the objects are ready
    #[arg(long, value_name = "BOOL", default_value_t = true)]
    #[arg(action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub(crate) wait: bool,
    /// Go on with every new commit and put back what others change, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// How long to wait between two look-ups
    #[arg(long, value_name = "DURATION", default_value = "10s", requires = "watch")]
    #[arg(value_parser = size::interval)]
    pub(crate) interval: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) cluster: ClusterArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// How to print the manifests
    #[arg(short, long, value_enum, default_value_t = RenderFormat::Yaml)]
    pub(crate) output: RenderFormat,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For both.
    Yaml,
}

/// How manifests are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderFormat {
    /// Documents, each under the place it was written at.
    Yaml,
    /// A document a line.
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
    fn a_flag_that_is_on_can_be_turned_off() {
        let read = |extra: &[&str]| {
            let words = ["nopea", "sync", "x"].iter().chain(extra);
            match Arguments::try_parse_from(words).map(|read| read.command) {
                Ok(Command::Sync(sync)) => Some((sync.cluster.prune, sync.wait)),
                _ => None,
            }
        };
        assert_eq!(read(&[]), Some((true, true)));
        assert_eq!(read(&["--prune=false", "--wait=false"]), Some((false, false)));
        assert_eq!(read(&["--prune", "--wait"]), Some((true, true)));
        assert_eq!(read(&["--branch", "a", "--tag", "b"]), None);
    }
}
