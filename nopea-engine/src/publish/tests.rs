//! What reaches the sink, in which order, and what is tried again.

use std::time::Duration;

use async_trait::async_trait;
use nopea_core::{
    model::Status,
    port::{ServerStatus, StatusSink},
};
use tokio::time::sleep;

use super::*;
use crate::fixture::{Mocks, parent, repo, shared};

/// Answers each call as it was told, then with success; each takes a second.
#[derive(Default)]
struct Sink {
    answers: Mutex<Vec<Answer>>,
    shown: Mutex<Vec<i64>>,
}

#[derive(Clone, Copy)]
enum Answer {
    Refuse,
    Gone,
    Panic,
}

#[async_trait]
impl StatusSink for Sink {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        lock(&self.shown).push(request.status.observed_generation);
        sleep(Duration::from_secs(1)).await;
        let answer = lock(&self.answers).pop();
        match answer {
            None => Ok(()),
            Some(Answer::Refuse) => Err(Refusal::Unreachable("down".into())),
            Some(Answer::Gone) => Err(Refusal::Status(Box::new(ServerStatus {
                code: 404,
                ..ServerStatus::default()
            }))),
            Some(Answer::Panic) => panic!("meant"),
        }
    }
}

struct Stage {
    sink: Arc<Sink>,
    shared: Arc<Shared>,
    entry: Arc<Entry>,
}

impl Stage {
    fn new(answers: &[Answer]) -> Self {
        let sink = Arc::new(Sink::default());
        lock(&sink.answers).extend(answers);
        let ports = crate::Ports { status: Arc::<Sink>::clone(&sink), ..Mocks::default().ports() };
        let entry = Arc::new(Entry::new(repo("web"), 16, 8));
        Self { sink, shared: shared(ports, crate::Settings::default()), entry }
    }

    fn publish(&self, generation: i64) {
        let status = Arc::new(Status { observed_generation: generation, ..Status::default() });
        publish(&self.shared, &self.entry, Publish { parent: parent("web"), status });
    }

    async fn shown_in_the_end(&self) -> Vec<i64> {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        lock(&self.sink.shown).clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_a_newer_one_overtakes_is_never_written() {
    let stage = Stage::new(&[]);
    stage.publish(1);
    sleep(Duration::from_millis(100)).await;
    (2..=50).for_each(|generation| stage.publish(generation));
    assert_eq!(stage.shown_in_the_end().await, [1, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_status_is_tried_again_until_it_is_taken() {
    let stage = Stage::new(&[Answer::Refuse, Answer::Panic, Answer::Refuse]);
    stage.publish(1);
    assert_eq!(stage.shown_in_the_end().await, [1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_the_newest_status_is_tried() {
    let stage = Stage::new(&[Answer::Refuse]);
    stage.publish(1);
    sleep(Duration::from_millis(500)).await;
    stage.publish(2);
    assert_eq!(stage.shown_in_the_end().await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_status_whose_parent_is_gone_is_let_go() {
    let stage = Stage::new(&[Answer::Gone]);
    stage.publish(1);
    assert_eq!(stage.shown_in_the_end().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn the_last_words_of_a_repository_are_not_repeated() {
    let stage = Stage::new(&[Answer::Refuse, Answer::Refuse]);
    stage.publish(1);
    stage.entry.publisher.finish();
    assert_eq!(stage.shown_in_the_end().await, [1]);
}
