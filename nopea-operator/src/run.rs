//! The life of the process: start, serve, stop. Must not know what the parts do.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;
use tokio::{
    net::TcpListener,
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use crate::{
    args::Arguments,
    connect::connect,
    log,
    serve::router,
    wire::{Operator, assemble},
};

/// How long open writes and statuses may take after a signal: Kubernetes kills after 30 s, and the
/// whole farewell is to be over in 10.
const WRITES: Duration = Duration::from_secs(8);
/// How long the receiver of events may take after that.
const EVENTS: Duration = Duration::from_secs(1);

/// Runs until a signal; says how the process ends.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    log::start(arguments.log_format);
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(arguments));
    // a thread that still waits for a Git server must not hold the end up
    runtime.shutdown_background();
    ended
}

async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let address = arguments.health_addr;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let reach = Arc::default();
    let (client, cluster) = connect(arguments, &reach).await?;
    let operator = assemble(arguments, cluster, client, reach)?;
    let Operator { engine, declarations, client, told, events, mirrors } = operator;
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, %address, "nopea-operator starts");
    let mut http = tokio::spawn(axum::serve(listener, router(told)).into_future());
    let namespaces = arguments.watch_namespaces.clone();
    let mut watching = tokio::spawn(declarations.run(client, namespaces));
    let ended = tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = &mut watching => Err(anyhow::anyhow!("the watch of GitRepositories ended unexpectedly")),
        _ = &mut http => Err(anyhow::anyhow!("the HTTP server ended unexpectedly")),
    };
    if let Ok(signal) = ended {
        tracing::info!(signal, "ending: nothing new is begun");
    }
    watching.abort();
    engine.shutdown(WRITES).await;
    if let Some(events) = events {
        events.close(EVENTS).await;
    }
    http.abort();
    drop(mirrors);
    ended.map(|_signal| tracing::info!("ended"))
}
