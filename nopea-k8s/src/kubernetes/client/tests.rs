//! What a client is made of, over a real socket on loopback.

use http::Request;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

fn config(listener: &TcpListener) -> kube::Config {
    let address = listener.local_addr().unwrap();
    kube::Config::new(format!("http://{address}").parse().unwrap())
}

/// Answers one request with 503 and gives what it read.
async fn refuse_one(listener: TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(socket.read_u8().await.unwrap());
    }
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
    socket.write_all(answer).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn asked(config: kube::Config, listener: TcpListener) -> (u16, String) {
    let client = client(config).unwrap();
    let request = Request::get("/version").body(kube::client::Body::empty()).unwrap();
    let (answer, read) = futures::future::join(client.send(request), refuse_one(listener)).await;
    (answer.unwrap().status().as_u16(), read.to_ascii_lowercase())
}

#[tokio::test]
async fn a_busy_server_is_told_at_once_and_asked_by_our_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (code, request) = asked(config(&listener), listener).await;
    assert_eq!(code, 503, "no retry hides what the server said");
    let agent = format!("user-agent: nopea/{}", env!("CARGO_PKG_VERSION"));
    assert!(request.contains(&agent), "{request}");
}

#[tokio::test]
async fn a_given_user_agent_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&listener);
    config.headers.push((USER_AGENT, HeaderValue::from_static("bench/1")));
    let (_, request) = asked(config, listener).await;
    assert!(request.contains("user-agent: bench/1"), "{request}");
    assert!(!request.contains("nopea"), "{request}");
}

#[tokio::test]
async fn an_unusable_token_is_named_without_its_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&listener);
    let kubeconfig: kube::config::AuthInfo =
        serde_json::from_value(serde_json::json!({"token": "s3cr3t\nsecond line"})).unwrap();
    config.auth_info = kubeconfig;
    let error = client(config).map(drop).unwrap_err();
    assert!(matches!(error, Unusable::Credentials { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("s3cr3t"));
}
