//! A thousand repositories on a real control plane: what they cost beside a bare server-side apply of the
//! same objects, at rest, per commit and over a restart. Counts come from the API server's audit log, times
//! are told. `cargo xtask bench cluster`.
#![expect(clippy::print_stdout, reason = "it ends with the figures or a reason")]

#[path = "cluster/audit.rs"]
mod audit;
#[path = "cluster/bare.rs"]
mod bare;
#[path = "cluster/declared.rs"]
mod declared;
#[path = "cluster/operator.rs"]
mod operator;
#[path = "cluster/plane.rs"]
mod plane;
#[path = "../suite/costs/monorepo/units.rs"]
mod units;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use nopea_git::testing::{Repository, Server};
use tokio::time::sleep;

use self::{audit::Mark, declared::Declarations, operator::Operator, plane::Plane, units::OBJECTS};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(15);

/// What the operator costs
#[derive(Parser)]
struct Options {
    /// How many repositories, of four objects each
    #[arg(long, default_value_t = 1000)]
    units: usize,
    /// How many commits to one unit
    #[arg(long, default_value_t = 100)]
    commits: usize,
    /// How many seconds of idleness are watched
    #[arg(long, default_value_t = 300)]
    idle: u64,
    /// How often bare apply and NOPEA take turns, each on a fresh control plane
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// The program `nopea-operator`
    #[arg(long, env = "NOPEA_OPERATOR")]
    operator: PathBuf,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let objects = options.units * OBJECTS;
    println!("{} repositories, {objects} objects", options.units);
    let size = std::fs::metadata(&options.operator).context("read the operator")?.len();
    println!("binary size                         {:>9.1} MB", megabytes(size));
    let repository = Repository::new();
    for unit in 0..options.units {
        for (path, text) in units::files(unit) {
            repository.write(&path, text);
        }
    }
    repository.commit(&[]);
    for round in 1..=options.rounds {
        let bare = {
            let plane = Plane::start("bare")?;
            bare::apply(&plane.client().await?, options.units).await?
        };
        let last = round == options.rounds;
        let took = nopea(&options, &repository, last).await?;
        println!("round {round}: bare apply                {:>9.1} s", bare.as_secs_f64());
        println!("round {round}: NOPEA until all Ready     {:>9.1} s", took.as_secs_f64());
        println!("round {round}: ratio                     {:>9.2}", took.div_duration_f64(bare));
    }
    Ok(())
}

async fn nopea(options: &Options, repository: &Repository, all: bool) -> Result<Duration> {
    let plane = Plane::start("nopea")?;
    let client = plane.client().await?;
    let git = Server::start(repository.root()).await;
    let declarations = Declarations::install(&client).await?;
    let data = tempfile::tempdir().context("make a folder for mirrors")?;
    let start = || Operator::start(&options.operator, &plane, data.path());
    if all {
        let begun = Instant::now();
        let mut operator = start()?;
        operator.ready().await?;
        println!("start to /readyz, empty cluster     {:>9.0} ms", millis(begun.elapsed()));
        operator.stop().await?;
    }
    declarations.declare(git.url("app/.git").expose(), options.units).await?;
    let mark = Mark::now(&plane)?;
    let begun = Instant::now();
    let mut operator = start()?;
    declarations.all_ready(options.units, PATIENCE).await?;
    let took = begun.elapsed();
    if !all {
        operator.stop().await?;
        return Ok(took);
    }
    sleep(Duration::from_secs(5)).await;
    println!("first sync, requests                {}", mark.since()?);
    println!("first sync, peak memory (VmHWM)     {:>9.1} MiB", operator.peak_mib()?);
    println!("first sync, processor time          {:>9.1} s", operator.cpu()?.as_secs_f64());
    idle(options, &plane, &git, &operator).await?;
    commits(options, &plane, repository, &declarations).await?;
    nothing(&plane, repository, &declarations).await?;
    operator.stop().await?;
    let mark = Mark::now(&plane)?;
    let begun = Instant::now();
    let mut operator = start()?;
    operator.ready().await?;
    operator.synced(options.units, PATIENCE).await?;
    println!("restart until all are Synced        {:>9.1} s", begun.elapsed().as_secs_f64());
    sleep(Duration::from_secs(5)).await;
    let asked = mark.since()?;
    println!("restart, requests                   {asked}");
    println!("restart, peak memory (VmHWM)        {:>9.1} MiB", operator.peak_mib()?);
    ensure!(asked.writes() == 0, "a restart wrote");
    operator.stop().await?;
    Ok(took)
}

/// Nothing happens: what does that cost?
async fn idle(options: &Options, plane: &Plane, git: &Server, operator: &Operator) -> Result<()> {
    // what the first sync left to be done ends, and two polls go by
    sleep(Duration::from_secs(10)).await;
    let look_ups = || git.count("POST /app/.git/git-upload-pack");
    let (mark, cpu, before) = (Mark::now(plane)?, operator.cpu()?, look_ups());
    let watched = Duration::from_secs(options.idle);
    sleep(watched).await;
    let cpu = operator.cpu()?.saturating_sub(cpu);
    let share = 100.0 * cpu.div_duration_f64(watched);
    println!("idle for {} s, requests            {}", options.idle, mark.since()?);
    println!("idle, look-ups of the ref           {:>9}", look_ups() - before);
    println!("idle, share of a core               {share:>9.2} %");
    println!("idle, resident memory               {:>9.1} MiB", operator.resident_mib()?);
    Ok(())
}

/// One unit changes, again and again.
async fn commits(
    options: &Options,
    plane: &Plane,
    repository: &Repository,
    declarations: &Declarations,
) -> Result<()> {
    let mut times = Vec::new();
    let mark = Mark::now(plane)?;
    let mut most = 0;
    for number in 0..options.commits {
        let unit = (number * 7) % options.units;
        let level = format!("level-{number}");
        let (path, text) = units::deployment(unit, &level);
        repository.commit(&[(&path, &text)]);
        let watched = declarations.watch(unit).await?;
        let (one, begun) = (Mark::now(plane)?, Instant::now());
        declarations.notify(unit, &level).await?;
        watched.until_live(&level, PATIENCE).await?;
        times.push(begun.elapsed());
        declarations.acknowledged(unit, &level, PATIENCE).await?;
        most = most.max(one.since()?.total());
    }
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| millis(*time))
    };
    println!("commit to one unit, notified -> live: p50 {:.0} ms, p99 {:.0} ms", at(50), at(99));
    println!("commit to one unit, requests of all {}", mark.since()?);
    println!("commit to one unit, most requests   {most:>9}");
    Ok(())
}

/// A commit touches no unit's inputs.
async fn nothing(
    plane: &Plane,
    repository: &Repository,
    declarations: &Declarations,
) -> Result<()> {
    repository.commit(&[("README.md", "nothing of any unit\n")]);
    let mark = Mark::now(plane)?;
    declarations.notify(0, "nothing").await?;
    declarations.acknowledged(0, "nothing", PATIENCE).await?;
    let asked = mark.since()?;
    println!("commit that touches no unit         {asked}");
    ensure!(asked.writes() == 0, "it wrote");
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
