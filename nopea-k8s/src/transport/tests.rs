//! Deadlines, bounds and the shapes of answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use serde_json::json;

use super::{fake::Reply, *};

fn get(path: &str) -> Request<Vec<u8>> {
    Request::builder().method(Method::GET).uri(path).body(Vec::new()).unwrap()
}

#[tokio::test]
async fn an_answer_is_its_code_and_its_body() {
    let (transport, record) = fake::transport(|seen| match &*seen.line {
        "GET /empty" => Reply::Raw(204, Vec::new(), Vec::new()),
        _ => Reply::Json(201, json!({"a": 1})),
    });
    let answer = transport.call(get("/made")).await.unwrap();
    assert_eq!(answer, Answer { code: 201, body: json!({"a": 1}) });
    let empty = transport.call(get("/empty")).await.unwrap();
    assert_eq!(empty, Answer { code: 204, body: Value::Null });
    assert_eq!(record.lines(), ["GET /made", "GET /empty"]);
}

#[tokio::test]
async fn a_refusal_is_asked_for_once() {
    let (transport, record) =
        fake::transport(|_| Reply::Raw(429, vec![("retry-after", "5")], b"slow down".to_vec()));
    let refusal = transport.call(get("/a")).await.unwrap_err();
    let Refusal::Status(status) = refusal else { panic!("{refusal:?}") };
    assert_eq!((status.code, status.retry_after), (429, Some(Duration::from_secs(5))));
    assert_eq!(record.lines().len(), 1, "when to try again is not the transport's to say");
}

#[tokio::test]
async fn a_broken_connection_is_no_answer() {
    let (transport, _record) = fake::transport(|_| Reply::Broken("connection reset by peer"));
    let refusal = transport.call(get("/a")).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unreachable("connection reset by peer".into()));
}

#[tokio::test]
async fn a_page_that_is_no_json_is_no_answer_of_an_api_server() {
    let (transport, _record) =
        fake::transport(|_| Reply::Raw(200, Vec::new(), b"<html>log in</html>".to_vec()));
    let refusal = transport.call(get("/a")).await.unwrap_err();
    assert!(matches!(&refusal, Refusal::Unreachable(text) if text.contains("API server")));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up_at_the_deadline() {
    let (client, _record) = fake::client(|_| Reply::Silence);
    let transport = Transport::new(client, Duration::from_secs(5), 1);
    let begun = tokio::time::Instant::now();
    let refusal = transport.call(get("/a")).await.unwrap_err();
    assert_eq!(refusal, Refusal::TimedOut(Duration::from_secs(5)));
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_free_place_makes_no_request_late() {
    let (client, record) = fake::client(|_| {
        Reply::Later(Duration::from_secs(4), Box::new(Reply::Json(200, json!({}))))
    });
    let transport = Transport::new(client, Duration::from_secs(5), 2);
    let calls = (0..10).map(|_| transport.call(get("/a")));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(record.lines().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_run_than_are_allowed() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    let service = tower::service_fn(move |_request: Request<Body>| {
        let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(http::Response::new(Body::empty()))
        }
    });
    let client = kube::Client::new(service, "default");
    let transport = Transport::new(client, Duration::from_secs(30), 3);
    futures::future::join_all((0..12).map(|_| transport.call(get("/a")))).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_frees_its_place() {
    let (client, _record) = fake::client(|seen| match &*seen.line {
        "GET /never" => Reply::Silence,
        _ => Reply::Json(200, json!({})),
    });
    let transport = Transport::new(client, Duration::from_secs(30), 1);
    let dropped = tokio::time::timeout(Duration::from_secs(1), transport.call(get("/never"))).await;
    assert!(dropped.is_err());
    transport.call(get("/a")).await.unwrap();
}
