//! The front door of this repository's tasks: `cargo xtask ci | tidy | codegen`. It only names them;
//! what each does stands in its own file.

mod ci;
mod codegen;
mod tidy;
mod workspace;

use clap::Parser;

/// The tasks of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Everything that CI checks, and nothing that it does not
    Ci,
    /// The house rules that no compiler knows
    Tidy,
    /// Writes the files that are made from code
    Codegen(codegen::Options),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Ci => ci::run(),
        Task::Tidy => tidy::run(),
        Task::Codegen(options) => codegen::run(&options),
    }
}
