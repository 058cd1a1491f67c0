//! The front door of this repository's tasks: `cargo xtask`. It starts what `task` names.

mod bench;
mod ci;
mod cluster;
mod codegen;
mod task;
mod terminal;
mod tidy;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    terminal::exit_code(task::run())
}
