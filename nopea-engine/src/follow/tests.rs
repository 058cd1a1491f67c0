//! Streams that end, are refused or overflow are opened anew; their kinds stay followed once.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt as _, stream};
use nopea_core::{
    port::{MockClusterView, ViewEvent},
    reconcile::Event,
};
use tokio::time::Instant;

use super::*;
use crate::{
    fixture::{Mocks, observation, repo},
    shared::lock,
};

fn kinds(names: &[&str], version: &str) -> BTreeMap<GroupKind, Text> {
    names.iter().map(|name| (GroupKind::new("", *name), version.into())).collect()
}

fn seen(name: &str, version: u64) -> ViewEvent {
    ViewEvent::Observed(observation(name, version))
}

fn start(view: MockClusterView, mailbox: usize) -> (Arc<Entry>, AbortHandle) {
    let shared = Mocks { view, ..Mocks::default() }.shared();
    let entry = Arc::new(Entry::new(repo("web"), mailbox, 8));
    let following = follow(shared, Arc::clone(&entry), kinds(&["ConfigMap"], "v1"));
    (entry, tokio::spawn(following).abort_handle())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_opened_anew_after_a_pause() {
    let mut view = MockClusterView::new();
    let opened = AtomicUsize::new(0);
    view.expect_follow().times(3).returning(move |_| {
        let number = opened.fetch_add(1, Ordering::Relaxed) as u64;
        let last = number == 2;
        let events = stream::iter([seen("a", number)]);
        Ok(if last { events.chain(stream::pending()).boxed() } else { events.boxed() })
    });
    let begin = Instant::now();
    let (entry, _task) = start(view, 8);
    for number in 0..3 {
        assert_eq!(entry.mailbox.next().await.1, Event::Observed(observation("a", number)));
    }
    assert_eq!(begin.elapsed().as_secs(), 2, "a stream that showed something resets the pause");
}

#[tokio::test(start_paused = true)]
async fn a_refused_follow_is_tried_again_with_growing_pauses() {
    let mut view = MockClusterView::new();
    let tries = AtomicUsize::new(0);
    view.expect_follow().times(4).returning(move |_| {
        if tries.fetch_add(1, Ordering::Relaxed) < 3 {
            Err(Refusal::Unreachable("down".into()))
        } else {
            Ok(stream::iter([seen("a", 1)]).chain(stream::pending()).boxed())
        }
    });
    let begin = Instant::now();
    let (entry, _task) = start(view, 8);
    assert_eq!(entry.mailbox.next().await.1, Event::Observed(observation("a", 1)));
    assert_eq!(begin.elapsed().as_secs(), 1 + 2 + 4);
}

#[tokio::test(start_paused = true)]
async fn an_overflow_is_a_relist_of_all_streams_of_that_repository() {
    let mut view = MockClusterView::new();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let opens = Arc::clone(&opened);
    view.expect_follow().returning(move |request| {
        lock(&opens).push(request.kinds.clone());
        Ok(stream::iter([seen("a", 1), seen("b", 1)]).chain(stream::pending()).boxed())
    });
    let (entry, _task) = start(view, 1);
    // nobody reads: the second sighting finds no room
    sleep(std::time::Duration::from_secs(8)).await;
    assert_eq!(lock(&opened).len(), 2);
    for name in ["a", "b"] {
        assert_eq!(entry.mailbox.next().await.1, Event::Observed(observation(name, 1)));
    }
}

#[tokio::test]
async fn a_kind_that_changes_its_version_is_followed_by_one_task() {
    let mut followed = Followed::default();
    let old = tokio::spawn(std::future::pending::<()>());
    let other = tokio::spawn(std::future::pending::<()>());
    assert_eq!(followed.add(kinds(&["A", "B"], "v1")), kinds(&["A", "B"], "v1"));
    followed.run_by(kinds(&["A", "B"], "v1"), old.abort_handle());
    followed.run_by(kinds(&["C"], "v1"), other.abort_handle());
    let mut merged = kinds(&["A"], "v1");
    merged.extend(kinds(&["B"], "v2"));
    assert_eq!(followed.add(kinds(&["B"], "v2")), merged);
    assert!(old.await.unwrap_err().is_cancelled());
    assert!(!other.is_finished());
}
