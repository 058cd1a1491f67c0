//! What nothing costs: a poll that finds nothing, a commit that touches one unit of many, a restart.
//! Counted at the ports, on time that the test decides.
#![expect(clippy::unwrap_used, reason = "a broken expectation of a test is told by a panic")]

mod monorepo;

use std::time::Duration;

use nopea_engine::meter::Reading;
use tokio::time::{advance, sleep};

use self::monorepo::{Asked, Monorepo, OBJECTS, Running};

const UNITS: usize = 50;
const INTERVAL: Duration = Duration::from_mins(5);

/// Long enough for everything but the next poll. Time is paused: it passes when all work is done.
async fn settle() {
    sleep(INTERVAL / 5).await;
}

/// A monorepo whose units are all synced and at rest.
async fn at_rest() -> (Monorepo, Running) {
    let monorepo = Monorepo::new(UNITS, INTERVAL);
    let running = monorepo.start();
    monorepo.declare(&running);
    settle().await;
    let heard = running.heard();
    assert_eq!((heard.failed, heard.why), (0, None));
    assert_eq!(running.synced(UNITS), Ok(UNITS));
    (monorepo, running)
}

/// A push to every unit. A look-up that begins within its millisecond may have been before it and
/// does not count, so the workers hear of it in the next one.
async fn push(running: &Running) {
    assert_eq!(running.pushed(), UNITS);
    advance(Duration::from_millis(1)).await;
    settle().await;
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_asks_for_each_object_once() {
    let (_monorepo, running) = at_rest().await;
    let Asked { requests, rendered } = running.asked();
    let objects = count(UNITS * OBJECTS);
    assert_eq!(rendered, count(UNITS));
    assert_eq!((requests.dry_run, requests.apply), (objects, objects));
    // what was pushed before it was declared counts, so a look-up of the same millisecond is too old
    assert_eq!((requests.resolve, requests.open), (2, 1));
    assert_eq!((requests.delete, requests.claim), (0, count(UNITS)));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_poll_is_one_look_up_for_all_units() {
    let (_monorepo, running) = at_rest().await;
    let before = running.asked();
    sleep(INTERVAL).await;
    let asked = running.asked().since(&before);
    let only_look_up = Reading { resolve: 1, ..Reading::default() };
    assert_eq!(asked, Asked { requests: only_look_up, rendered: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_touches_one_unit_is_one_render_one_dry_run_and_one_write() {
    let (monorepo, running) = at_rest().await;
    let before = running.asked();
    monorepo.change(7, "debug");
    push(&running).await;
    let Asked { requests, rendered } = running.asked().since(&before);
    assert_eq!(rendered, 1);
    assert_eq!((requests.dry_run, requests.apply, requests.delete), (1, 1, 0));
    assert_eq!((requests.resolve, requests.open, requests.claim), (1, 1, 0));
    let written: Vec<_> = running.heard().written.into_iter().map(|(_, key)| key).collect();
    assert_eq!(written, [Monorepo::deployment(7)]);
    let live = monorepo.cluster.get(&Monorepo::deployment(7)).unwrap();
    let level = live.pointer("/spec/template/spec/containers/0/env/0/value");
    assert_eq!(level.and_then(|level| level.as_str()), Some("debug"));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_touches_no_unit_writes_nothing() {
    let (monorepo, running) = at_rest().await;
    let (before, writes) = (running.asked(), monorepo.cluster.requests());
    let commit = monorepo.touch_nothing();
    push(&running).await;
    let asked = running.asked().since(&before);
    let looked = Reading { resolve: 1, open: 1, render: count(UNITS), ..Reading::default() };
    assert_eq!(asked, Asked { requests: looked, rendered: 0 });
    assert_eq!(monorepo.cluster.requests(), writes);
    assert_eq!(running.engine.sync_now(&Monorepo::key(3)).await, Ok(commit));
}

#[tokio::test(start_paused = true)]
async fn a_restart_over_what_stands_writes_nothing() {
    let (monorepo, running) = at_rest().await;
    running.engine.shutdown(Duration::from_secs(5)).await;
    drop(running);
    let (before, objects) = (monorepo.cluster.requests(), monorepo.cluster.dump());
    let running = monorepo.start();
    monorepo.declare(&running);
    settle().await;
    assert_eq!(running.synced(UNITS), Ok(UNITS));
    let after = monorepo.cluster.requests();
    assert_eq!((after.dry_run, after.apply), (before.dry_run, before.apply));
    assert_eq!((after.delete, after.release), (before.delete, before.release));
    assert_eq!(monorepo.cluster.dump(), objects);
}
