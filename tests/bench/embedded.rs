//! A monorepo of 1,000 units of four objects on the embedded cluster: what a first sync, a poll without
//! news, a commit to one unit and an idle unit cost. The counts are asserted, the times told.
//! `cargo xtask bench embedded`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it ends with the figures or a reason"
)]

#[path = "embedded/memory.rs"]
mod memory;
#[path = "../suite/costs/monorepo.rs"]
mod monorepo;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use futures::StreamExt as _;
use nopea_core::{
    model::{GroupKind, Text},
    port::{ClusterView as _, Follow, ViewEvent, ViewStream},
};
use nopea_engine::meter::Reading;
use tokio::time::sleep;

use self::{
    memory::Memory,
    monorepo::{Asked, Monorepo, OBJECTS, Running},
};

/// How long the counters stand still before everything is said to be at rest.
const CALM: Duration = Duration::from_millis(300);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// What the embedded engine costs
#[derive(Parser)]
struct Options {
    /// How many units
    #[arg(long, default_value_t = 1000)]
    units: usize,
    /// How many commits to one unit
    #[arg(long, default_value_t = 50)]
    commits: usize,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Options { units, commits, .. } = Options::parse();
    let mut monorepo = Monorepo::new(units, Duration::from_hours(1));
    println!("{units} units, {} objects", units * OBJECTS);
    let running = first_sync(&monorepo).await?;
    one_unit(&monorepo, &running, commits).await?;
    no_unit(&monorepo, &running).await?;
    running.engine.shutdown(PATIENCE).await;
    drop(running);
    monorepo.interval = Duration::from_secs(20);
    restart_and_poll(&monorepo).await
}

/// Waits until nothing was asked for a while; says when the last thing was.
async fn calm(running: &Running) -> Result<Instant> {
    let began = Instant::now();
    let (mut asked, mut last) = (running.asked(), began);
    while last.elapsed() < CALM {
        sleep(Duration::from_millis(10)).await;
        let now = running.asked();
        if now != asked {
            (asked, last) = (now, Instant::now());
        }
        ensure!(began.elapsed() < PATIENCE, "it does not come to rest: {asked:?}");
    }
    Ok(last)
}

async fn synced(monorepo: &Monorepo, running: &Running) -> Result<Duration> {
    let began = Instant::now();
    while running.synced(monorepo.units)? < monorepo.units {
        sleep(Duration::from_millis(5)).await;
        ensure!(began.elapsed() < PATIENCE, "not all units are synced: {:?}", running.heard().why);
    }
    Ok(began.elapsed())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

async fn first_sync(monorepo: &Monorepo) -> Result<Running> {
    let (units, objects) = (count(monorepo.units), count(monorepo.units * OBJECTS));
    let running = monorepo.start();
    let cpu = memory::cpu();
    monorepo.declare(&running);
    let took = synced(monorepo, &running).await?;
    calm(&running).await?;
    let Asked { requests, rendered } = running.asked();
    ensure!(running.heard().failed == 0, "some attempts failed");
    ensure!(rendered == units, "{rendered} renders of {units} units");
    ensure!((requests.dry_run, requests.apply) == (objects, objects), "{requests:?}");
    let each = millis(took) / f64::from(u32::try_from(objects)?);
    println!(
        "first sync until all are Ready      {:>9.0} ms, {each:.2} ms an object",
        millis(took)
    );
    println!("  processor time                    {:>9.0} ms", millis(memory::cpu_since(cpu)));
    println!("  requests                          {requests:?}");
    Ok(running)
}

async fn one_unit(monorepo: &Monorepo, running: &Running, commits: usize) -> Result<()> {
    let (mut applied, mut rested, mut cpus) = (Vec::new(), Vec::new(), Vec::new());
    let mut look_ups = 0;
    for number in 0..commits {
        let unit = (number * 7) % monorepo.units;
        monorepo.change(unit, &format!("level-{number}"));
        calm(running).await?;
        let _earlier = running.heard();
        let (before, cpu, pushed) = (running.asked(), memory::cpu(), Instant::now());
        running.pushed();
        let last = calm(running).await?;
        let Asked { requests, rendered } = running.asked().since(&before);
        let heard = running.heard();
        let [(at, key)] = heard.written.as_slice() else {
            anyhow::bail!("one write, not {:?}", heard.written)
        };
        ensure!(*key == Monorepo::deployment(unit), "{key:?}");
        ensure!(rendered == 1, "{rendered} renders for one changed unit");
        ensure!((requests.dry_run, requests.apply) == (1, 1), "{requests:?}");
        ensure!(requests.open == 1, "{requests:?}");
        look_ups += requests.resolve;
        applied.push(at.duration_since(pushed));
        rested.push(last.duration_since(pushed));
        cpus.push(memory::cpu_since(cpu));
    }
    for times in [&mut applied, &mut rested, &mut cpus] {
        times.sort_unstable();
    }
    let at = |times: &[Duration], percent: usize| {
        times.get((times.len() * percent / 100).min(times.len() - 1)).map_or(0.0, |t| millis(*t))
    };
    println!("commit that touches one unit: 1 render, 1 dry run, 1 apply");
    // one that began in the millisecond of the push may have been before it, so another follows
    println!("  {commits} commits, {look_ups} look-ups");
    for (what, times) in [
        ("pushed -> applied", &applied),
        ("pushed -> all units at rest", &rested),
        ("processor time", &cpus),
    ] {
        println!("  {what:<32}  p50 {:>6.1} ms, p99 {:>6.1} ms", at(times, 50), at(times, 99));
    }
    Ok(())
}

async fn no_unit(monorepo: &Monorepo, running: &Running) -> Result<()> {
    monorepo.touch_nothing();
    calm(running).await?;
    let (before, cpu, pushed) = (running.asked(), memory::cpu(), Instant::now());
    running.pushed();
    let took = calm(running).await?.duration_since(pushed);
    let Asked { requests, rendered } = running.asked().since(&before);
    let (resolve, render) = (requests.resolve, requests.render);
    let looked = Reading { resolve, render, open: 1, ..Reading::default() };
    ensure!(rendered == 0 && requests == looked, "{requests:?}");
    println!("commit that touches no unit: 0 renders, 0 requests to the cluster");
    println!("  pushed -> all units at rest       {:>9.0} ms", millis(took));
    println!("  processor time                    {:>9.0} ms", millis(memory::cpu_since(cpu)));
    Ok(())
}

async fn restart_and_poll(monorepo: &Monorepo) -> Result<()> {
    // what the embedded cluster keeps for each watcher is its own
    let before = Memory::now();
    let watching = watched(monorepo).await?;
    let of_watches = Memory::now().since(&before);
    drop(watching);
    monorepo.cluster.reset_requests();
    let before = Memory::now();
    let running = monorepo.start();
    monorepo.declare(&running);
    let took = synced(monorepo, &running).await?;
    calm(&running).await?;
    let engine = Memory::now().since(&before);
    let asked = monorepo.cluster.requests();
    ensure!((asked.apply, asked.dry_run) == (0, 0), "{asked:?}");
    ensure!((asked.delete, asked.release) == (0, 0), "{asked:?}");
    println!("restart over what stands: 0 writes  {:>9.0} ms", millis(took));
    println!("memory of an idle unit, of {}", monorepo.units);
    println!("  engine and adapters               {:>9.1} KiB", engine.kib_each(monorepo.units));
    println!(
        "  of it the cluster's own watches   {:>9.1} KiB",
        of_watches.kib_each(monorepo.units)
    );
    println!(
        "  resident set, all                 {:>9.1} KiB",
        engine.resident_kib_each(monorepo.units)
    );
    unchanged_poll(monorepo, &running).await
}

/// Follows as an engine does, without one.
async fn watched(monorepo: &Monorepo) -> Result<Vec<ViewStream>> {
    let kinds = BTreeMap::from([
        (GroupKind::new("", "ServiceAccount"), Text::from("v1")),
        (GroupKind::new("", "Service"), Text::from("v1")),
        (GroupKind::new("apps", "Deployment"), Text::from("apps/v1")),
        (GroupKind::new("networking.k8s.io", "Ingress"), Text::from("networking.k8s.io/v1")),
    ]);
    let mut watching = Vec::new();
    for unit in 0..monorepo.units {
        let request = Follow { repo: Monorepo::key(unit), kinds: kinds.clone() };
        let mut stream = monorepo.cluster.follow(&request).await?;
        let mut listed = 0;
        while listed < kinds.len() {
            let event = stream.next().await.context("a watch ended")?;
            listed += usize::from(matches!(event, ViewEvent::Synced { .. }));
        }
        watching.push(stream);
    }
    Ok(watching)
}

async fn unchanged_poll(monorepo: &Monorepo, running: &Running) -> Result<()> {
    let before = running.asked();
    sleep(monorepo.interval).await;
    calm(running).await?;
    let asked = running.asked().since(&before);
    let look_up = Reading { resolve: 1, ..Reading::default() };
    ensure!(asked == Asked { requests: look_up, rendered: 0 }, "{asked:?}");
    println!("unchanged poll: 1 look-up, 0 renders, 0 requests");
    Ok(())
}
