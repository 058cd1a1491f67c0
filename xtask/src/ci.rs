//! `cargo xtask ci`: the steps that CI runs, in order, each with its time. A step that fails does not
//! hide what the later ones would have said. It knows which commands there are, not what they check.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{cluster, codegen, terminal::say, tidy, workspace};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 11] = [
    ("fmt", || cargo(&["fmt", "--all", "--check"])),
    ("tidy", tidy::run),
    ("clippy", || {
        let features = ["--features", "nopea-tests/cluster"];
        let options = ["clippy", "--workspace", "--all-targets", "--locked"];
        cargo(&[&options[..], &features, &["--", "-Dwarnings"]].concat())
    }),
    ("doc", doc),
    ("test", || cargo(&["test"])),
    ("examples", examples),
    ("codegen", || codegen::run(&codegen::Options::checking())),
    ("deny", deny),
    ("release", || cargo(&["build", "--release", "--locked", "--bin", "nopea"])),
    ("demo", || cargo(&["run", "--release", "--bin", "nopea", "--", "demo"])),
    (CLUSTER, cluster_suite),
];

/// The one step that a machine may lack the means for.
const CLUSTER: &str = "cluster";
/// With the features of `cargo test`, so that nothing is built twice.
const SUITE: [&str; 7] =
    ["test", "--locked", "--workspace", "--features", "nopea-tests/cluster", "--test", "cluster"];

/// Builds the suite, and the operator that it starts beside the test that needs the same program.
fn cluster_suite() -> Result<()> {
    cargo(&[&SUITE[..], &["--test", "process", "--no-run"]].concat())?;
    let command = std::iter::once("cargo").chain(SUITE).map(Into::into);
    cluster::beside(None, &command.collect::<Vec<_>>())
}

struct Outcome {
    step: &'static str,
    took: Duration,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Skipped,
    Failed,
}

/// Runs every step; fails when one did.
pub(crate) fn run() -> Result<()> {
    let outcomes: Vec<_> = STEPS.iter().map(run_step).collect();
    say(&table(&outcomes));
    let failed: Vec<_> =
        outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!(
        "{}",
        failed.iter().map(|outcome| outcome.step).collect::<Vec<_>>().join(", ") + " failed"
    )
}

fn run_step((step, work): &Step) -> Outcome {
    say(&format!("\n=== {step}"));
    let start = Instant::now();
    let verdict = match (*step == CLUSTER).then(cluster::missing).flatten() {
        Some(reason) => skipped(&reason),
        None => judged(step, work()),
    };
    Outcome { step, took: start.elapsed(), verdict }
}

fn skipped(reason: &str) -> Verdict {
    say(&format!("skipped: {reason}"));
    Verdict::Skipped
}

fn judged(step: &str, result: Result<()>) -> Verdict {
    let Err(error) = result else { return Verdict::Passed };
    say(&format!("=== {step} failed: {error:#}"));
    Verdict::Failed
}

fn table(outcomes: &[Outcome]) -> String {
    let row = |outcome: &Outcome| {
        let verdict = match outcome.verdict {
            Verdict::Passed => "ok",
            Verdict::Skipped => "skipped",
            Verdict::Failed => "FAILED",
        };
        format!("{:<10} {:>8.1} s  {verdict}\n", outcome.step, outcome.took.as_secs_f64())
    };
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    let rows: String = outcomes.iter().map(row).collect();
    format!("\n{rows}{:<10} {:>8.1} s", "total", total.as_secs_f64())
}

fn doc() -> Result<()> {
    let mut command = workspace::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--locked"]);
    run_command(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Every example of every crate, because an example that is only compiled may well fail.
fn examples() -> Result<()> {
    for package in workspace::packages()? {
        for example in &package.examples {
            say(&format!("--- {} --example {}", package.name, example.name));
            let features = example.features.join(",");
            cargo(&[
                "run",
                "--package",
                &package.name,
                "--features",
                &features,
                "--example",
                &example.name,
            ])?;
        }
    }
    Ok(())
}

/// Which licences, bans and sources: `.deny.toml`, which says why advisories are not among them.
fn deny() -> Result<()> {
    let found = workspace::cargo().args(["deny", "--version"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        cargo(&["install", "--locked", "cargo-deny"]).context(
            "cargo-deny is not here and cannot be installed: install it and run this again",
        )?;
    }
    cargo(&["deny", "--locked", "--config", ".deny.toml", "check", "bans", "licenses", "sources"])
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run_command(workspace::cargo().args(arguments))
}

fn run_command(command: &mut Command) -> Result<()> {
    let status = command.status().context("start cargo")?;
    ensure!(status.success(), "`cargo {}`: {status}", arguments(command));
    Ok(())
}

fn arguments(command: &Command) -> String {
    command.get_args().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_step_its_time_and_its_verdict() {
        let outcome =
            |step, millis, verdict| Outcome { step, took: Duration::from_millis(millis), verdict };
        let table = table(&[
            outcome("fmt", 1_240, Verdict::Passed),
            outcome("test", 60_000, Verdict::Failed),
            outcome("cluster", 0, Verdict::Skipped),
        ]);
        assert_eq!(
            table.trim_start(),
            "fmt             1.2 s  ok\ntest           60.0 s  FAILED\n\
             cluster         0.0 s  skipped\ntotal          61.2 s"
        );
    }

    #[test]
    fn a_step_that_fails_is_an_outcome_not_an_end() {
        let outcome = run_step(&("broken", || bail!("no")));
        assert_eq!(outcome.verdict, Verdict::Failed);
    }
}
