//! Against a real server on the loopback: order, retries, overflow and the end. No test measures time;
//! each waits for what it expects, within a bound.

use std::collections::VecDeque;

use nopea_core::model::{Commit, Delivery as Outcome, RepoKey, Timestamp, What};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::*;

const LONG: Duration = Duration::from_secs(30);

/// A request as the server read it.
struct Seen {
    head: String,
    event: Value,
}

/// Answers with the scripted statuses, then with 202, and shows what it read.
struct FakeServer {
    url: String,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl FakeServer {
    async fn start(statuses: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let (sender, seen) = mpsc::unbounded_channel();
        let mut statuses = VecDeque::from(statuses.to_vec());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let status = statuses.pop_front().unwrap_or("202 Accepted");
                if let Some(seen) = answer(stream, status).await {
                    let _receiver_may_be_gone = sender.send(seen);
                }
            }
        });
        Self { url, seen }
    }

    async fn next(&mut self) -> Seen {
        soon(self.seen.recv()).await.unwrap()
    }
}

/// One request per connection: the answer closes it.
async fn answer(stream: TcpStream, status: &str) -> Option<Seen> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?.split_once('\r')?.0.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(reply.as_bytes()).await.ok()?;
    Some(Seen { head, event: serde_json::from_slice(&body).ok()? })
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it did not happen in time")
}

fn config(url: &str) -> HttpConfig {
    HttpConfig {
        backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(5),
        ..HttpConfig::new(url, Producer::new("/nopea", "test").unwrap())
    }
}

/// A sync that ended at this millisecond, so that events can be told apart.
fn notice(at: u64) -> Notice {
    Notice {
        repo: RepoKey::new("shop", "web"),
        at: Timestamp(at),
        what: What::Synced {
            commit: Commit::parse(&"a".repeat(40)).unwrap(),
            previous: None,
            delivery: Outcome::Deployed,
            changes: nopea_core::model::Changes::default(),
            took: Duration::from_secs(1),
        },
    }
}

fn at(event: &Value) -> u64 {
    event["id"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn events_arrive_in_order_as_structured_cloudevents() {
    let mut server = FakeServer::start(&[]).await;
    let sink = HttpSink::start(config(&server.url)).unwrap();
    (1..=20).for_each(|number| sink.emit(&notice(number)));
    for number in 1..=20 {
        let seen = server.next().await;
        assert_eq!(at(&seen.event), number);
        assert_eq!(seen.event["specversion"], "1.0");
        assert_eq!(seen.event["data"]["context"]["specversion"], "0.5.1");
        assert!(seen.head.starts_with("post /events http/1.1"), "{}", seen.head);
        assert!(seen.head.contains("content-type: application/cloudevents+json"), "{}", seen.head);
    }
    let tally = soon(sink.close(LONG)).await;
    assert_eq!(tally, Tally { delivered: 20, dropped: 0, refused: 0 });
}

#[tokio::test]
async fn a_failing_receiver_is_tried_again_until_it_takes_the_event() {
    let failing = ["500 Oops", "503 Busy", "429 Slow Down"];
    let mut server = FakeServer::start(&failing).await;
    let sink = HttpSink::start(config(&server.url)).unwrap();
    sink.emit(&notice(1));
    for _ in 0..4 {
        assert_eq!(at(&server.next().await.event), 1);
    }
    assert_eq!(soon(sink.close(LONG)).await, Tally { delivered: 1, dropped: 0, refused: 0 });
}

#[tokio::test]
async fn tries_are_bounded_and_the_next_event_follows() {
    let mut server = FakeServer::start(&["500 Oops"; 3]).await;
    let sink = HttpSink::start(HttpConfig { attempts: 3, ..config(&server.url) }).unwrap();
    sink.emit(&notice(1));
    sink.emit(&notice(2));
    let seen: Vec<_> =
        [server.next().await, server.next().await, server.next().await, server.next().await]
            .map(|seen| at(&seen.event))
            .to_vec();
    assert_eq!(seen, [1, 1, 1, 2]);
    assert_eq!(soon(sink.close(LONG)).await, Tally { delivered: 1, dropped: 0, refused: 1 });
}

#[tokio::test]
async fn a_verdict_on_an_event_is_not_asked_for_twice() {
    for verdict in ["400 Bad Request", "404 Not Found", "308 Permanent Redirect"] {
        let mut server = FakeServer::start(&[verdict]).await;
        let sink = HttpSink::start(config(&server.url)).unwrap();
        sink.emit(&notice(1));
        sink.emit(&notice(2));
        assert_eq!(at(&server.next().await.event), 1, "{verdict}");
        assert_eq!(at(&server.next().await.event), 2, "{verdict}");
        let tally = soon(sink.close(LONG)).await;
        assert_eq!(tally, Tally { delivered: 1, dropped: 0, refused: 1 }, "{verdict}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_is_given_up_after_its_tries() {
    // bound and dropped at once: nobody listens there
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sink = HttpSink::start(config(&format!("http://{address}/"))).unwrap();
    sink.emit(&notice(1));
    assert_eq!(soon(sink.close(LONG)).await, Tally { delivered: 0, dropped: 0, refused: 1 });
}

#[tokio::test]
async fn a_receiver_that_hangs_never_blocks_and_its_overflow_is_counted() {
    // accepts no connection: requests wait for ever
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let sink = HttpSink::start(HttpConfig { capacity: 3, timeout: LONG, ..config(&url) }).unwrap();
    // this test has one thread and never yields here: if `emit` waited, it would wait for ever
    (1..=10).for_each(|number| sink.emit(&notice(number)));
    assert_eq!(sink.tally(), Tally { delivered: 0, dropped: 7, refused: 0 });
}

#[tokio::test]
async fn a_shutdown_ends_at_its_deadline_and_counts_what_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let sink = HttpSink::start(HttpConfig { timeout: LONG, ..config(&url) }).unwrap();
    (1..=3).for_each(|number| sink.emit(&notice(number)));
    let tally = soon(sink.close(Duration::from_millis(20))).await;
    assert_eq!(tally, Tally { delivered: 0, dropped: 3, refused: 0 });
}

#[tokio::test]
async fn a_notice_after_the_end_is_counted_as_dropped() {
    let server = FakeServer::start(&[]).await;
    let sink = HttpSink::start(config(&server.url)).unwrap();
    soon(sink.close(LONG)).await;
    sink.emit(&notice(1));
    assert_eq!(sink.tally(), Tally { delivered: 0, dropped: 1, refused: 0 });
}

#[tokio::test]
async fn what_is_queued_is_still_sent_after_the_sink_is_gone() {
    let mut server = FakeServer::start(&[]).await;
    let sink = HttpSink::start(config(&server.url)).unwrap();
    (1..=3).for_each(|number| sink.emit(&notice(number)));
    drop(sink);
    for number in 1..=3 {
        assert_eq!(at(&server.next().await.event), number);
    }
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_repeated() {
    for url in ["", "events", "ftp://me:secret@example.org/", "secret"] {
        let refused = HttpSink::start(config(url)).unwrap_err();
        assert!(matches!(refused, StartError::InvalidUrl), "{url}");
        assert!(!refused.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_password_in_the_url_is_never_shown() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://me:secret@{address}/secret")).unwrap();
    let receiver = Receiver {
        client: client(LONG).unwrap(),
        url,
        attempts: 1,
        backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
    };
    let event = Queued { id: "1".into(), kind: "a".into(), body: Vec::new() };
    let failure = soon(receiver.deliver(&event)).await.unwrap_err();
    let shown = format!("{failure} {failure:?}");
    assert!(shown.contains("no answer") && !shown.contains("secret"), "{shown}");
}
