//! The requests of one incarnation: each a task that dies with it, cancellable by its ticket.
//!
//! Knows nothing of what is asked; an answer is whatever event the task ends with.

use std::collections::HashMap;

use nopea_core::reconcile::{Attempt, Event, Ticket};
use tokio::{
    task::{AbortHandle, Id, JoinSet},
    time::{Instant, timeout_at},
};
use tracing::{Instrument as _, Span};

/// What a request is to its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The port's verb, for the log.
    pub(crate) name: &'static str,
    /// By what it can be cancelled.
    pub(crate) ticket: Option<Ticket>,
    /// The attempt that asks, where its number is all that the answer echoes.
    pub(crate) attempt: Option<Attempt>,
    /// Whether giving it up may leave a write half known.
    pub(crate) writes: bool,
}

/// How a request ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With an answer.
    Answered(Event),
    /// Without one: it was cancelled, or none was wanted.
    Silent,
    /// In a panic, which ends the incarnation.
    Panicked(&'static str),
}

/// The open requests of one incarnation. Dropping it aborts them.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    tasks: JoinSet<Option<Event>>,
    open: HashMap<Id, Open>,
    tickets: HashMap<Ticket, AbortHandle>,
}

#[derive(Debug)]
struct Open {
    label: Label,
    handle: AbortHandle,
}

impl Requests {
    /// Begins a request.
    pub(crate) fn spawn(
        &mut self,
        label: Label,
        span: Span,
        request: impl Future<Output = Option<Event>> + Send + 'static,
    ) -> AbortHandle {
        let handle = self.tasks.spawn(request.instrument(span));
        self.open.insert(handle.id(), Open { label, handle: handle.clone() });
        if let Some(ticket) = label.ticket {
            self.tickets.insert(ticket, handle.clone());
        }
        handle
    }

    /// Gives a request up.
    pub(crate) fn cancel(&mut self, ticket: Ticket) {
        if let Some(handle) = self.tickets.remove(&ticket) {
            handle.abort();
        }
    }

    /// Gives up what attempts before this one asked: their answers would change nothing, and a hung
    /// one would keep its permits.
    pub(crate) fn supersede(&self, attempt: Attempt) {
        for open in self.open.values() {
            if open.label.attempt.is_some_and(|asked| asked < attempt) {
                open.handle.abort();
            }
        }
    }

    /// The next end of a request; never where none is open.
    ///
    /// # Cancellation
    ///
    /// Loses nothing.
    pub(crate) async fn next(&mut self) -> Ended {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let (id, answer) = match ended {
            Ok((id, answer)) => (id, Ok(answer)),
            Err(error) => (error.id(), Err(error)),
        };
        let label = self.forget(id);
        match answer {
            Ok(Some(event)) => Ended::Answered(event),
            Ok(None) => Ended::Silent,
            Err(error) if error.is_panic() => {
                Ended::Panicked(label.map_or("a request", |label| label.name))
            }
            Err(_cancelled) => Ended::Silent,
        }
    }

    fn forget(&mut self, id: Id) -> Option<Label> {
        let label = self.open.remove(&id)?.label;
        if let Some(ticket) = label.ticket
            && self.tickets.get(&ticket).is_some_and(|handle| handle.id() == id)
        {
            self.tickets.remove(&ticket);
        }
        Some(label)
    }

    /// Waits for the open writes until `deadline`, gives up everything else, and ends.
    pub(crate) async fn drain(&mut self, deadline: Instant) {
        for open in self.open.values().filter(|open| !open.label.writes) {
            open.handle.abort();
        }
        let writes = async {
            while self.open.values().any(|open| open.label.writes) {
                self.next().await;
            }
        };
        if timeout_at(deadline, writes).await.is_err() {
            tracing::warn!("gave up writes that were open at the deadline");
        }
        self.end().await;
    }

    /// Cancels all requests and waits until none runs any more.
    pub(crate) async fn end(&mut self) {
        self.tasks.shutdown().await;
        self.open.clear();
        self.tickets.clear();
    }
}

#[cfg(test)]
mod tests;
