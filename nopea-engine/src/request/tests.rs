//! How requests end: answered, cancelled, in a panic, with their incarnation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::*;

fn label(number: u64, writes: bool) -> Label {
    Label { name: "Port::verb", ticket: Some(Ticket(number)), attempt: None, writes }
}

async fn answer_after(seconds: u64) -> Option<Event> {
    sleep(Duration::from_secs(seconds)).await;
    Some(Event::Pushed)
}

/// Set when the future that holds it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_gives_no_answer() {
    let mut requests = Requests::default();
    requests.spawn(label(1, false), Span::none(), answer_after(1));
    requests.spawn(label(2, false), Span::none(), answer_after(2));
    requests.cancel(Ticket(1));
    assert_eq!(requests.next().await, Ended::Silent);
    assert_eq!(requests.next().await, Ended::Answered(Event::Pushed));
    assert!(requests.open.is_empty() && requests.tickets.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_with_the_name_of_the_request() {
    let mut requests = Requests::default();
    requests.spawn(label(1, false), Span::none(), async { panic!("meant") });
    assert_eq!(requests.next().await, Ended::Panicked("Port::verb"));
}

#[tokio::test(start_paused = true)]
async fn an_end_waits_until_no_request_runs() {
    let mut requests = Requests::default();
    let gone = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&gone));
    requests.spawn(label(1, true), Span::none(), async move {
        let _guard = guard;
        answer_after(1_000).await
    });
    tokio::task::yield_now().await;
    requests.end().await;
    assert!(gone.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_drain_awaits_writes_until_the_deadline_and_nothing_else() {
    let mut requests = Requests::default();
    let begin = Instant::now();
    requests.spawn(label(1, true), Span::none(), answer_after(3));
    requests.spawn(label(2, false), Span::none(), answer_after(100));
    requests.drain(begin + Duration::from_secs(10)).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(3));

    let begin = Instant::now();
    requests.spawn(label(3, true), Span::none(), answer_after(100));
    requests.drain(begin + Duration::from_secs(10)).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_later_attempt_gives_up_what_an_earlier_one_asked() {
    let mut requests = Requests::default();
    for number in [1, 2] {
        let label = Label { ticket: None, attempt: Some(Attempt(number)), ..label(0, false) };
        requests.spawn(label, Span::none(), answer_after(number));
    }
    requests.spawn(label(3, false), Span::none(), answer_after(3));
    requests.supersede(Attempt(2));
    assert_eq!(requests.next().await, Ended::Silent);
    assert_eq!(requests.next().await, Ended::Answered(Event::Pushed));
    assert_eq!(requests.next().await, Ended::Answered(Event::Pushed));
}
