//! What a task says to who runs it. It knows no task.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the terminal")]

use std::process::ExitCode;

use anyhow::Result;

/// Prints a line.
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Prints why a task failed, without a backtrace: it is no defect of the task.
pub(crate) fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
