//! Faults on demand, and the count of what was asked. Must not know what requests mean.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use nopea_core::{
    model::ObjectKey,
    port::{Mode, Refusal},
};

/// What a request asks of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// An apply that is meant.
    Apply,
    /// An apply or a creation that is only tried.
    DryRun,
    /// A deletion.
    Delete,
    /// A rewriting of managedFields.
    Release,
    /// A look at one object, scopes, or a parent.
    Read,
    /// A survey.
    List,
    /// A follow.
    Watch,
    /// A claim, or its release.
    Claim,
    /// A status.
    Status,
}

/// One request through a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What was asked.
    pub verb: Verb,
    /// Of which object, where it was one.
    pub key: Option<ObjectKey>,
    /// Whether it was meant.
    pub mode: Mode,
}

/// How many requests of each kind were made through the ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Dry runs of applies, creations and deletions.
    pub dry_run: u64,
    /// Applies that were meant.
    pub apply: u64,
    /// Deletions that were meant.
    pub delete: u64,
    /// Rewritings of managedFields.
    pub release: u64,
    /// Looks, scopes and readings of parents.
    pub read: u64,
    /// Surveys.
    pub list: u64,
    /// Follows.
    pub watch: u64,
    /// Claims, and their releases.
    pub claim: u64,
    /// Statuses, written or not.
    pub status: u64,
}

impl Requests {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.dry_run
            + self.apply
            + self.delete
            + self.release
            + self.read
            + self.list
            + self.watch
            + self.claim
            + self.status
    }
}

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injected {
    /// It is answered this much later.
    Latency(Duration),
    /// It is refused.
    Refuse(Refusal),
    /// The connection breaks before the cluster hears of it.
    Disconnect,
    /// The cluster does it, and the answer is lost.
    LostAnswer,
    /// The call panics.
    Panic,
    /// The call never answers.
    Hang,
}

type Condition = Box<dyn Fn(&Request) -> bool + Send + Sync>;

struct Trap {
    when: When,
    injected: Injected,
}

enum When {
    /// At the request of this number, counted from 1 over all requests.
    Call(u64),
    /// At each request for which this holds, this many times.
    Holds(Condition, u64),
}

#[derive(Default)]
struct State {
    traps: Vec<Trap>,
    calls: u64,
    counts: Requests,
    log: Vec<Request>,
}

/// The faults that wait, and the requests that were made.
#[derive(Default)]
pub struct Injector(Mutex<State>);

impl fmt::Debug for Injector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Injector")
            .field("traps", &state.traps.len())
            .field("counts", &state.counts)
            .finish_non_exhaustive()
    }
}

impl Injector {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something go wrong at the request of this number from now on, counted from 1.
    pub fn at_call(&self, number: u64, injected: Injected) {
        let mut state = self.state();
        let number = state.calls + number;
        state.traps.push(Trap { when: When::Call(number), injected });
    }

    /// Lets something go wrong at the next `times` requests for which `condition` holds.
    pub fn whenever(
        &self,
        times: u64,
        condition: impl Fn(&Request) -> bool + Send + Sync + 'static,
        injected: Injected,
    ) {
        let when = When::Holds(Box::new(condition), times);
        self.state().traps.push(Trap { when, injected });
    }

    /// Forgets every fault that waits.
    pub fn clear(&self) {
        self.state().traps.clear();
    }

    pub(crate) fn requests(&self) -> Requests {
        self.state().counts
    }

    pub(crate) fn log(&self) -> Vec<Request> {
        self.state().log.clone()
    }

    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.counts = Requests::default();
        state.log.clear();
    }

    /// Counts a request, and says what goes wrong with it.
    pub(crate) fn enter(&self, request: Request) -> Option<Injected> {
        let mut state = self.state();
        state.calls += 1;
        let calls = state.calls;
        let counts = &mut state.counts;
        let counter = match (request.verb, request.mode) {
            (Verb::DryRun, _) | (Verb::Apply | Verb::Delete, Mode::Try) => &mut counts.dry_run,
            (Verb::Apply, Mode::Real) => &mut counts.apply,
            (Verb::Delete, Mode::Real) => &mut counts.delete,
            (Verb::Release, _) => &mut counts.release,
            (Verb::Read, _) => &mut counts.read,
            (Verb::List, _) => &mut counts.list,
            (Verb::Watch, _) => &mut counts.watch,
            (Verb::Claim, _) => &mut counts.claim,
            (Verb::Status, _) => &mut counts.status,
        };
        *counter += 1;
        let place = state.traps.iter_mut().position(|trap| match &mut trap.when {
            When::Call(number) => *number == calls,
            When::Holds(condition, left) => {
                let hit = *left > 0 && condition(&request);
                if hit {
                    *left -= 1;
                }
                hit
            }
        });
        state.log.push(request);
        let place = place?;
        let spent = match state.traps.get(place).map(|trap| &trap.when) {
            Some(When::Holds(_, left)) => *left == 0,
            Some(When::Call(_)) | None => true,
        };
        if spent {
            Some(state.traps.remove(place).injected)
        } else {
            state.traps.get(place).map(|trap| trap.injected.clone())
        }
    }
}
