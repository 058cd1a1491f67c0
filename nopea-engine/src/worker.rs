//! One incarnation of a repository: wait for one input, step, carry out each effect.
//!
//! Knows nothing of how it is restarted, and decides nothing.

use std::sync::Arc;

use nopea_core::{
    model::{Commit, Declared, Timestamp},
    reconcile::{self, Attempt, Event, Input},
};
use tokio::{
    task::coop::consume_budget,
    time::{Instant, sleep_until},
};

use crate::{entry::Entry, follow::Followed, request::Ended, request::Requests, shared::Shared};

/// One incarnation.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) requests: Requests,
    pub(crate) followed: Followed,
    /// The one wish to be woken.
    pub(crate) wake: Option<Instant>,
    /// The last ones seen, for the log.
    pub(crate) attempt: Attempt,
    pub(crate) commit: Option<Commit>,
    /// Whether the machine said that the repository has come to its end.
    pub(crate) retired: bool,
    declaration: Declaration,
    /// The time of the last input.
    last: Timestamp,
}

/// What is declared, as far as this incarnation has heard.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) declared: Declared,
    pub(crate) gone: bool,
}

/// Why an incarnation ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The repository has come to its end.
    Retired,
    /// The engine stops.
    Stopping,
    /// Something panicked, during this.
    Crashed(&'static str),
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, entry: Arc<Entry>, declaration: Declaration) -> Self {
        Self {
            shared,
            entry,
            requests: Requests::default(),
            followed: Followed::default(),
            wake: None,
            attempt: Attempt::default(),
            commit: None,
            retired: false,
            declaration,
            last: Timestamp::default(),
        }
    }

    /// The newest declaration that was heard.
    pub(crate) fn into_declaration(self) -> Declaration {
        self.declaration
    }

    /// Runs until the repository, the engine or this incarnation ends.
    pub(crate) async fn run(&mut self) -> End {
        let at = self.not_earlier(self.shared.clock.now());
        let (mut state, effects) = reconcile::start(self.declaration.declared.clone(), at);
        self.carry_out_all(effects);
        if self.declaration.gone {
            state = self.step(state, Input { at, event: Event::Undeclared });
        }
        while !self.retired {
            let Input { at, event } = match self.next().await {
                Ok(input) => input,
                Err(end) => return end,
            };
            let replaced = self.note(&event);
            let event = if replaced { Event::Undeclared } else { event };
            state = self.step(state, Input { at, event });
        }
        End::Retired
    }

    fn step(&mut self, state: reconcile::State, input: Input) -> reconcile::State {
        let (state, effects) = reconcile::step(state, input);
        self.carry_out_all(effects);
        state
    }

    /// The time of an input: never earlier than that of the one before.
    fn not_earlier(&mut self, at: Timestamp) -> Timestamp {
        self.last = self.last.max(at);
        self.last
    }

    fn carry_out_all(&mut self, effects: Vec<reconcile::Effect>) {
        for effect in effects {
            self.carry_out(effect);
        }
    }

    /// One input. Answers go before the alarm, the alarm before the mail: only the mail can be
    /// flooded, and what is open is bounded.
    async fn next(&mut self) -> Result<Input, End> {
        let (came, event) = loop {
            consume_budget().await;
            let wake = self.wake;
            tokio::select! {
                biased;
                () = self.shared.stopping.cancelled() => return Err(End::Stopping),
                ended = self.requests.next() => match ended {
                    Ended::Answered(event) => break (None, event),
                    Ended::Silent => {}
                    Ended::Panicked(name) => return Err(End::Crashed(name)),
                },
                () = alarm(wake) => {
                    self.wake = None;
                    break (None, Event::Woke);
                }
                heard = self.entry.mailbox.next() => break heard,
            }
        };
        let came = came.unwrap_or_else(|| self.shared.clock.now());
        Ok(Input { at: self.not_earlier(came), event })
    }

    /// Keeps what a next incarnation needs; says whether another object bears the name now: that
    /// one is a repository of its own, and this one is declared no more.
    fn note(&mut self, event: &Event) -> bool {
        if let Event::Declared(declared) = event {
            let replaced = self.declaration.declared.uid != declared.uid;
            self.declaration = Declaration { declared: Declared::clone(declared), gone: false };
            return replaced;
        }
        self.declaration.gone |= matches!(event, Event::Undeclared);
        false
    }
}

async fn alarm(wake: Option<Instant>) {
    match wake {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
