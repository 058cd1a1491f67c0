//! The endpoints over the loopback, beside an API server in the process.

use nopea_engine::{Engine, Settings, meter::Meter};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    fixture::{Reply, server, silent},
    metrics::{Sampled, Tally},
    reach::noted,
};

/// A running server of these endpoints; `replies` are what the API server answers.
async fn serving(listed: &Listed, replies: Vec<Reply>) -> std::net::SocketAddr {
    let mut registry = Registry::with_prefix("nopea");
    let _counted = Tally::register(&mut registry);
    let engine = Engine::new(silent().0, Settings::default());
    let meter = Arc::new(Meter::default());
    registry.register_collector(Box::new(Sampled { engine, meter }));
    let reach = Arc::new(Reach::default());
    let client = noted(server(replies).0, &reach);
    let told = Told { registry, listed: listed.clone(), reach, client };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router(told)).into_future());
    address
}

/// The status code and the rest of an answer.
async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

fn all_listed() -> Listed {
    let listed = Listed::default();
    listed.set();
    listed
}

#[tokio::test]
async fn a_process_whose_server_answers_nothing_is_alive_and_not_ready() {
    let address = serving(&all_listed(), vec![Reply::Broken]).await;
    assert_eq!(get(address, "/healthz").await.0, 200);
    let (code, answer) = get(address, "/readyz").await;
    assert_eq!(code, 503);
    assert!(answer.ends_with("the API server does not answer"), "{answer}");
}

#[tokio::test]
async fn ready_is_who_has_listed_the_declarations_and_reaches_the_server() {
    let listed = Listed::default();
    let address = serving(&listed, vec![Reply::List(vec![])]).await;
    let (code, answer) = get(address, "/readyz").await;
    assert_eq!(code, 503);
    assert!(answer.ends_with("not listed yet"), "{answer}");
    listed.set();
    assert_eq!(get(address, "/readyz").await.0, 200);
}

#[tokio::test]
async fn a_server_that_is_back_makes_ready_at_once() {
    let replies = vec![Reply::Broken, Reply::List(vec![])];
    let address = serving(&all_listed(), replies).await;
    assert_eq!(get(address, "/readyz").await.0, 503);
    assert_eq!(get(address, "/readyz").await.0, 200);
}

#[tokio::test]
async fn metrics_are_served_as_open_metrics() {
    let address = serving(&Listed::default(), Vec::new()).await;
    let (code, answer) = get(address, "/metrics").await;
    assert_eq!(code, 200);
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"));
    assert!(answer.contains("nopea_syncs_total{result=\"failed\"} 0"), "{answer}");
}

#[tokio::test]
async fn another_path_is_not_found() {
    assert_eq!(get(serving(&Listed::default(), Vec::new()).await, "/").await.0, 404);
}
