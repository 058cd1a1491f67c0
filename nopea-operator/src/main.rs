//! The binary `nopea-operator`: hands the command line over. Must not know what is run.

mod args;
mod connect;
mod declarations;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod install;
mod log;
mod metrics;
mod object;
mod reach;
mod refusal;
mod run;
mod serve;
mod table;
mod wire;

fn main() -> std::process::ExitCode {
    run::run()
}
