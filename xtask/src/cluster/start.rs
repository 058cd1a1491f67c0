//! The order in which a control plane comes up.

use std::path::Path;

use anyhow::Result;

use super::{
    binaries::{Binaries, Program},
    component::{self, Ports},
    layout,
    plane::Plane,
    port,
    ready::Server,
};

const ATTEMPTS: usize = 3;

/// Starts a control plane and waits until it answers, and until Pods can run where it has what they need.
pub(super) async fn start(binaries: &Binaries, dir: &Path) -> Result<Plane> {
    let mut attempt = 1;
    loop {
        let [etcd, peers, server] = port::free()?;
        match once(binaries, dir, Ports { etcd, peers, server }).await {
            // between the choice of a port and its use somebody else may have taken it
            Err(error) if attempt < ATTEMPTS && format!("{error:#}").contains("already in use") => {
                attempt += 1;
            }
            result => return result,
        }
    }
}

async fn once(binaries: &Binaries, dir: &Path, ports: Ports) -> Result<Plane> {
    let mut plane = Plane::new(dir)?;
    layout::write(dir, ports.server)?;
    launch(&mut plane, binaries, Program::Etcd, component::etcd(dir, ports))?;
    launch(&mut plane, binaries, Program::Apiserver, component::apiserver(dir, ports))?;
    let server = Server::answering(&plane).await?;
    let controllers = component::controllers(dir);
    let all = launch(&mut plane, binaries, Program::Controllers, controllers)?
        & launch(&mut plane, binaries, Program::Scheduler, component::scheduler(dir))?
        & launch(&mut plane, binaries, Program::Kwok, component::kwok(dir))?;
    if all {
        server.runs_pods(&plane).await?;
    }
    Ok(plane)
}

/// Starts a component where there is a program for it; says whether there is.
fn launch(
    plane: &mut Plane,
    binaries: &Binaries,
    program: Program,
    flags: Vec<String>,
) -> Result<bool> {
    let Some(mut argv) = binaries.command(program) else { return Ok(false) };
    argv.extend(flags);
    plane.start(program.name(), argv)?;
    Ok(true)
}
