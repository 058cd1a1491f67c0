//! The simulation of the suite over as many seeds as are asked for, on all cores, until one fails.
//! `cargo xtask bench simulate`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what it is for")]

use std::{
    panic,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Parser;
use nopea_tests::simulate;

/// Random histories of the state machine
#[derive(Parser)]
struct Options {
    /// How many
    #[arg(long, default_value_t = 100_000)]
    sequences: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Default)]
struct Sum {
    sequences: u64,
    steps: usize,
    crashes: usize,
    deleted: usize,
    healed: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let end = options.from.saturating_add(options.sequences);
    let (next, broken) = (AtomicU64::new(options.from), AtomicU64::new(u64::MAX));
    let (sum, began) = (Mutex::new(Sum::default()), Instant::now());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut own = Sum::default();
        while broken.load(Ordering::Relaxed) == u64::MAX {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            match panic::catch_unwind(|| simulate::run(seed)) {
                Ok(outcome) => own.add(&outcome),
                Err(_told_already) => {
                    broken.fetch_min(seed, Ordering::Relaxed);
                }
            }
        }
        sum.lock().unwrap_or_else(PoisonError::into_inner).join(&own);
    };
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Sum { sequences, steps, crashes, deleted, healed } = sum;
    println!(
        "{sequences} sequences, {steps} steps, {crashes} crashes, {deleted} deletions, \
         {healed} heals, {:.1} s on {cores} cores",
        began.elapsed().as_secs_f64()
    );
    match broken.into_inner() {
        u64::MAX => ExitCode::SUCCESS,
        seed => {
            eprintln!("seed {seed} broke a rule: run again with --from {seed} --sequences 1");
            ExitCode::FAILURE
        }
    }
}

impl Sum {
    fn add(&mut self, outcome: &simulate::Outcome) {
        self.sequences += 1;
        self.steps += outcome.steps;
        self.crashes += outcome.crashes;
        self.deleted += outcome.deleted;
        self.healed += outcome.healed;
    }

    fn join(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.deleted += other.deleted;
        self.healed += other.healed;
    }
}
