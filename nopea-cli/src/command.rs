//! From the command line to a command, and from its end to the shell. Must not know what commands do.

use std::io::Write as _;

use clap::{CommandFactory as _, Parser as _};
use nopea_core::fault::Fault;

use crate::{
    args::{Arguments, Command},
    demo,
    exit::Exit,
    fault::Severity,
    output::Output,
    render, show, sync,
};

/// Why a command could not even try.
pub(crate) enum Failure {
    /// Something that was typed cannot be.
    Fault(Fault),
    /// The machine does not play along.
    Machine(anyhow::Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Machine(error)
    }
}

/// Runs the command that the command line names.
pub(crate) fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // --help and --version come this way too; a reader that went away is no error
            let _broken_pipe = error.print();
            return if error.use_stderr() { Exit::Error } else { Exit::Done };
        }
    };
    log();
    let output = match arguments.command {
        Command::Demo => Output::together(),
        Command::Sync(_)
        | Command::Plan(_)
        | Command::Render(_)
        | Command::Version
        | Command::Completion { .. } => Output::new(),
    };
    let exit = match dispatch(arguments.command, &output) {
        Ok(exit) => exit,
        Err(Failure::Fault(fault)) => {
            show::faults(&output, &[fault], Severity::Error);
            Exit::Error
        }
        Err(Failure::Machine(error)) => {
            output.note(format!("error: {error:#}"));
            Exit::Error
        }
    };
    if output.failed() { Exit::Error } else { exit }
}

fn dispatch(command: Command, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Demo => block_on(demo::demo(output)),
        Command::Sync(arguments) => block_on(sync::sync(&arguments, output)),
        Command::Plan(arguments) => block_on(sync::plan(&arguments, output)),
        Command::Render(arguments) => block_on(render::render(&arguments, output)),
        Command::Version => {
            output.result(format!("nopea {}", env!("CARGO_PKG_VERSION")));
            Ok(Exit::Done)
        }
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "nopea", &mut script);
            script.flush().map_err(anyhow::Error::from)?;
            output.result(String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Done)
        }
    }
}

fn block_on(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(anyhow::Error::from)?;
    let result = runtime.block_on(command);
    // a thread that still reads Git is not waited for: its answer is not wanted any more
    runtime.shutdown_background();
    result
}

/// The engine's log goes to standard error where `RUST_LOG` asks for it.
fn log() {
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}
