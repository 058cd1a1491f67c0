//! `nopea demo`: the main job on a small repository and an embedded cluster, each step checked.
//!
//! The engine, the renderer, Git and the tables are those of the other commands; only the
//! repository is made here. Nothing sleeps: each wait is for an event, and bounded.

mod repository;
mod stage;
mod steps;

use nopea_core::model::Orders;

use crate::{command::Failure, exit::Exit, output::Output, target::EMBEDDED};
use repository::Repository;
use stage::Stage;

/// Runs every step; ends well only where each did what it says.
pub(crate) async fn demo(output: &Output) -> Result<Exit, Failure> {
    let done = tokio::select! {
        done = play(output) => done?,
        _pressed = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
    };
    Ok(if done { Exit::Done } else { Exit::Differs })
}

async fn play(output: &Output) -> anyhow::Result<bool> {
    let began = std::time::Instant::now();
    output.result(format!("cluster: {EMBEDDED}"));
    output.result("source:  a repository of this demonstration, in a temporary folder");
    let mut stage = Stage::new(output, Repository::new()?, Orders::default())?;
    steps::first_sync(&mut stage).await?;
    steps::one_change(&mut stage).await?;
    steps::unchanged_poll(&mut stage).await;
    steps::removed_file(&mut stage).await?;
    steps::broken_commit(&mut stage).await?;
    steps::held_commit(&mut stage).await?;
    steps::manual_change(&mut stage).await;
    stage.session.end().await;
    let (checks, failed) = (stage.checks, stage.failed);
    let time = crate::show::seconds(began.elapsed());
    output.result(match failed {
        0 => format!("\nall {checks} checks hold ({time})"),
        failed => format!("\n{failed} of {checks} checks do not hold ({time})"),
    });
    Ok(failed == 0)
}
