//! The list of tasks, as the command line names them. What each does stands in its own file.

use anyhow::Result;
use clap::Parser;

use crate::{bench, ci, cluster, codegen, tidy};

/// The tasks of this repository
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Everything that CI checks, and nothing that it does not
    Ci,
    /// The house rules that no compiler knows
    Tidy,
    /// Writes the files that are made from code
    Codegen(codegen::Options),
    /// A control plane of Kubernetes on loopback
    #[command(subcommand)]
    Cluster(cluster::Options),
    /// What things cost: docs/benchmarks.md says how the figures came about
    Bench(bench::Options),
}

/// Runs the task that the command line names.
pub(crate) fn run() -> Result<()> {
    match Task::parse() {
        Task::Ci => ci::run(),
        Task::Tidy => tidy::run(),
        Task::Codegen(options) => codegen::run(&options),
        Task::Cluster(options) => cluster::run(&options),
        Task::Bench(options) => bench::run(&options),
    }
}
