//! What is coalesced, what keeps its order, and what a full mailbox does.

use std::sync::Arc;

use futures::FutureExt as _;
use tokio::task::yield_now;

use super::*;
use crate::fixture::{declared, object, observation};

const AT: Timestamp = Timestamp(1);

fn generation(generation: i64) -> Declared {
    Declared { generation, ..declared("web") }
}

fn kind() -> GroupKind {
    GroupKind::new("", "ConfigMap")
}

fn all(mailbox: &Mailbox) -> Vec<Event> {
    std::iter::from_fn(|| mailbox.next().now_or_never()).map(|(_, event)| event).collect()
}

#[test]
fn a_flood_of_pushes_is_one_event() {
    let mailbox = Mailbox::new(4);
    (0..10_000).for_each(|_| mailbox.pushed(AT));
    assert_eq!(all(&mailbox), [Event::Pushed]);
}

#[test]
fn of_many_declarations_the_newest_is_heard() {
    let mailbox = Mailbox::new(4);
    (1..=100).for_each(|number| mailbox.declared(generation(number), AT));
    assert_eq!(all(&mailbox), [Event::Declared(Box::new(generation(100)))]);
}

#[test]
fn a_declaration_after_the_end_of_another_is_heard_after_it() {
    let mailbox = Mailbox::new(4);
    mailbox.declared(generation(1), AT);
    mailbox.undeclared(AT);
    mailbox.declared(generation(2), AT);
    let heard = all(&mailbox);
    assert_eq!(heard, [Event::Undeclared, Event::Declared(Box::new(generation(2)))]);
}

#[test]
fn a_new_life_takes_the_newest_declaration_and_not_the_end_before_it() {
    let mailbox = Mailbox::new(4);
    mailbox.undeclared(AT);
    assert_eq!(mailbox.take_declared(), None);
    mailbox.declared(generation(2), AT);
    assert_eq!(mailbox.take_declared(), Some(generation(2)));
    assert_eq!(all(&mailbox), []);
}

#[test]
fn wishes_to_heal_add_up_and_all_swallows_some() {
    let mailbox = Mailbox::new(4);
    let keys = |names: &[&str]| names.iter().map(|name| object(name)).collect::<BTreeSet<_>>();
    mailbox.heal_requested(keys(&["a"]), AT);
    mailbox.heal_requested(keys(&["b"]), AT);
    assert_eq!(all(&mailbox), [Event::HealRequested(keys(&["a", "b"]))]);
    mailbox.heal_requested(keys(&[]), AT);
    mailbox.heal_requested(keys(&["b"]), AT);
    assert_eq!(all(&mailbox), [Event::HealRequested(keys(&[]))]);
}

#[test]
fn callers_are_heard_one_by_one_up_to_the_capacity() {
    let mailbox = Mailbox::new(2);
    assert_eq!(mailbox.sync_requested(Waiter(1), AT), Ok(()));
    assert_eq!(mailbox.sync_requested(Waiter(2), AT), Ok(()));
    assert_eq!(mailbox.sync_requested(Waiter(3), AT), Err(Full));
    let heard = all(&mailbox);
    assert_eq!(heard, [Event::SyncRequested(Waiter(1)), Event::SyncRequested(Waiter(2))]);
}

#[tokio::test]
async fn of_many_sightings_of_an_object_the_newest_is_heard() {
    let mailbox = Mailbox::new(2);
    for version in 1..=1_000 {
        mailbox.observe(ViewEvent::Observed(observation("a", version))).await;
    }
    assert_eq!(all(&mailbox), [Event::Observed(observation("a", 1_000))]);
}

#[tokio::test]
async fn what_closes_a_round_is_heard_after_what_it_closes() {
    let mailbox = Mailbox::new(8);
    mailbox.observe(ViewEvent::Observed(observation("a", 1))).await;
    mailbox.observe(ViewEvent::Synced { kind: kind(), live: BTreeSet::new() }).await;
    mailbox.observe(ViewEvent::Observed(observation("b", 1))).await;
    let live = BTreeSet::from([observation("a", 1).uid]);
    mailbox.observe(ViewEvent::Synced { kind: kind(), live: live.clone() }).await;
    let (a, b) = (observation("a", 1), observation("b", 1));
    let synced = Event::KindSynced { kind: kind(), live };
    assert_eq!(all(&mailbox), [Event::Observed(a), Event::Observed(b), synced]);
}

#[tokio::test]
async fn a_flood_of_sightings_does_not_keep_orders_from_being_heard() {
    let mailbox = Mailbox::new(8);
    for name in ["a", "b", "c"] {
        mailbox.observe(ViewEvent::Observed(observation(name, 1))).await;
    }
    mailbox.pushed(AT);
    let heard = all(&mailbox);
    assert!(heard.iter().take(2).any(|event| *event == Event::Pushed), "{heard:?}");
    assert_eq!(heard.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_holds_its_stream_up_until_there_is_room() {
    let mailbox = Arc::new(Mailbox::new(1));
    mailbox.observe(ViewEvent::Observed(observation("a", 1))).await;
    let sender = Arc::clone(&mailbox);
    let blocked = tokio::spawn(async move {
        sender.observe(ViewEvent::Observed(observation("b", 1))).await;
    });
    yield_now().await;
    assert!(!blocked.is_finished());
    assert_eq!(mailbox.next().await.1, Event::Observed(observation("a", 1)));
    assert_eq!(mailbox.next().await.1, Event::Observed(observation("b", 1)));
    blocked.await.unwrap();
    assert!(!mailbox.relists().has_changed().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_stays_full_gives_its_sightings_up_for_a_relist() {
    let mailbox = Mailbox::new(1);
    let relists = mailbox.relists();
    mailbox.pushed(AT);
    mailbox.observe(ViewEvent::Observed(observation("a", 1))).await;
    mailbox.observe(ViewEvent::Observed(observation("b", 1))).await;
    assert!(relists.has_changed().unwrap());
    assert_eq!(all(&mailbox), [Event::Pushed], "orders are not lost");
}

#[test]
fn an_order_says_when_it_came_and_the_newest_counts() {
    let mailbox = Mailbox::new(4);
    mailbox.pushed(Timestamp(5));
    mailbox.pushed(Timestamp(7));
    assert_eq!(mailbox.next().now_or_never(), Some((Some(Timestamp(7)), Event::Pushed)));
}
