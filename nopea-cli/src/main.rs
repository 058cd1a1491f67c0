//! The binary `nopea`: hands the command line to the command it names. Must not know what they do.

mod args;
mod attempt;
mod collect;
mod command;
mod demo;
mod exit;
mod fault;
mod output;
mod progress;
mod real;
mod reference;
mod render;
mod report;
mod show;
mod size;
mod sync;
mod table;
mod target;
mod watch;
mod wire;
mod yaml;

fn main() -> std::process::ExitCode {
    command::run().into()
}
