//! `cargo xtask bench`: builds the named benchmark of `tests/bench` optimised, and runs it. They are
//! targets of their own so that the other tasks need not build what they measure.

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};

use crate::workspace;

/// Which benchmark, and what to tell it.
#[derive(Args)]
pub(crate) struct Options {
    /// Which one
    #[arg(value_enum)]
    name: Name,
    /// Its own options; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// The loader against `serde_yaml`
    Loader,
    /// Random histories of the state machine
    Simulate,
    /// A monorepo of 1,000 units on the embedded cluster
    Embedded,
    /// A thousand repositories on a real control plane
    Cluster,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<()> {
    let name = match options.name {
        Name::Loader => "loader",
        Name::Simulate => "simulate",
        Name::Embedded => "embedded",
        Name::Cluster => "cluster",
    };
    let mut command = workspace::cargo();
    command.args(["bench", "--locked", "--package", "nopea-tests", "--bench", name]);
    if matches!(options.name, Name::Cluster) {
        operator()?;
        command.args(["--features", "cluster"]);
        command.env("NOPEA_XTASK", std::env::current_exe().context("find this program")?);
        command.env("NOPEA_OPERATOR", workspace::root().join("target/release/nopea-operator"));
    }
    command.arg("--");
    let status = command.args(&options.options).status().context("start cargo")?;
    ensure!(status.success(), "the benchmark {name}: {status}");
    Ok(())
}

/// Builds what a benchmark of a real cluster measures.
fn operator() -> Result<()> {
    let mut command = workspace::cargo();
    let status =
        command.args(["build", "--release", "--locked", "--bin", "nopea-operator"]).status();
    let status = status.context("start cargo")?;
    ensure!(status.success(), "the operator: {status}");
    Ok(())
}
