//! Free ports on loopback, below those that the system hands out to clients: a connection that goes out
//! between the choice and the start of a component cannot take one.

use std::{
    net::TcpListener,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};

const FIRST: u16 = 20_000;
const COUNT: u16 = 9_000;

/// As many different free ports as asked for. Others may look at the same moment: where the search starts
/// differs from call to call.
pub(super) fn free<const N: usize>() -> Result<[u16; N]> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let start = since.as_nanos() / 1_000 + u128::from(process::id()) * 37;
    let listeners: Vec<_> = (0..u128::from(COUNT))
        .filter_map(|step| u16::try_from((start + step * 7) % u128::from(COUNT)).ok())
        .filter_map(|offset| TcpListener::bind(("127.0.0.1", FIRST + offset)).ok())
        .take(N)
        .collect();
    let ports: Vec<_> = listeners.iter().filter_map(|it| it.local_addr().ok()).collect();
    let ports: Vec<_> = ports.iter().map(std::net::SocketAddr::port).collect();
    ports.try_into().ok().with_context(|| format!("find {N} free ports on loopback"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_can_be_bound() {
        let ports = free::<3>().unwrap();
        let bound = ports.map(|port| TcpListener::bind(("127.0.0.1", port)));
        assert!(bound.iter().all(Result::is_ok));
    }
}
