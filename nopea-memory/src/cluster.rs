//! The handle of an in-memory cluster: time, locks, and who runs what is due.
//! Must not know what requests mean.

mod builder;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use jiff::Timestamp;
use nopea_core::{
    model::ObjectKey,
    port::{Mode, Refusal},
};
use tokio::time::Instant;

pub use builder::Builder;

use crate::{
    inject::{Injected, Injector, Request, Requests, Verb},
    server::Server,
    settings::{EventOrder, Pace},
};

/// How long a held event stays behind its answer.
const HELD: Duration = Duration::from_millis(1);

/// An in-memory Kubernetes cluster. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryCluster {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    server: Mutex<Server>,
    pub(crate) injector: Injector,
    epoch: Timestamp,
    started: Instant,
    connected: Mutex<bool>,
    scheduled: Mutex<Option<Timestamp>>,
}

impl Default for MemoryCluster {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryCluster {
    /// A strict cluster with controllers.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A cluster that behaves otherwise.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The faults on demand.
    pub fn faults(&self) -> &Injector {
        &self.shared.injector
    }

    /// How many requests were made through the ports.
    pub fn requests(&self) -> Requests {
        self.shared.injector.requests()
    }

    /// Every request that was made through the ports.
    pub fn request_log(&self) -> Vec<Request> {
        self.shared.injector.log()
    }

    /// Counts from zero again.
    pub fn reset_requests(&self) {
        self.shared.injector.reset();
    }

    /// Ends every watch as a 410 does: each lists anew.
    pub fn expire_watches(&self) {
        self.shared.with(|server| server.watches.expire());
    }

    /// Cuts the cluster off: every request gets no answer and watches stand still.
    pub fn disconnect(&self) {
        *self.shared.connected() = false;
    }

    /// Ends [`disconnect`](Self::disconnect); every watch lists anew.
    pub fn reconnect(&self) {
        *self.shared.connected() = true;
        self.expire_watches();
    }

    /// Says whether watches hear of writes before their writers.
    pub fn event_order(&self, order: EventOrder) {
        self.shared.with(|server| {
            server.watches.flush();
            server.watches.set_order(order);
        });
    }

    /// Lets the controllers do what is due by now.
    pub fn tick(&self) {
        let now = self.shared.now();
        self.shared.with(|server| server.run_due(now));
    }

    /// What time it is in the cluster.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        self.epoch + crate::server::signed(self.started.elapsed())
    }

    fn connected(&self) -> MutexGuard<'_, bool> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_connected(&self) -> bool {
        *self.connected()
    }

    /// Looks at the server without changing it.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&Server) -> T) -> T {
        look(&self.server.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something with the server, and has done what follows from it.
    pub(crate) fn with<T>(self: &Arc<Self>, act: impl FnOnce(&mut Server) -> T) -> T {
        let now = self.now();
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.now = now;
        let answer = act(&mut server);
        self.follow_up(&mut server);
        answer
    }

    fn follow_up(self: &Arc<Self>, server: &mut Server) {
        let runtime = tokio::runtime::Handle::try_current().ok();
        if server.settings.pace == Pace::Immediate
            || runtime.is_none() && server.settings.pace != Pace::OnTick
        {
            let horizon = if runtime.is_none() {
                server.now + crate::server::signed(Duration::from_secs(1))
            } else {
                server.now
            };
            server.run_due(horizon);
        }
        let Some(runtime) = runtime else {
            server.watches.flush();
            return;
        };
        if server.watches.is_holding() {
            let weak = Arc::downgrade(self);
            runtime.spawn(async move {
                tokio::time::sleep(HELD).await;
                if let Some(shared) = Weak::upgrade(&weak) {
                    shared.with(|server| server.watches.flush());
                }
            });
        }
        if server.settings.pace != Pace::OnTick
            && let Some(at) = server.next_due()
        {
            self.schedule(&runtime, at);
        }
    }

    fn schedule(self: &Arc<Self>, runtime: &tokio::runtime::Handle, at: Timestamp) {
        let mut scheduled = self.scheduled.lock().unwrap_or_else(PoisonError::into_inner);
        // A task that is long overdue went down with its runtime.
        let lost = self.now() - crate::server::signed(Duration::from_secs(1));
        if scheduled.is_some_and(|earlier| earlier <= at && earlier > lost) {
            return;
        }
        *scheduled = Some(at);
        drop(scheduled);
        let span = Duration::try_from(at.duration_since(self.now())).unwrap_or(Duration::ZERO);
        let weak = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(span + Duration::from_millis(1)).await;
            if let Some(shared) = Weak::upgrade(&weak) {
                *shared.scheduled.lock().unwrap_or_else(PoisonError::into_inner) = None;
                let now = shared.now();
                shared.with(|server| server.run_due(now));
            }
        });
    }

    /// What every request through a port goes through first; the answer says whether it will be lost.
    pub(crate) async fn enter(
        &self,
        verb: Verb,
        key: Option<&ObjectKey>,
        mode: Mode,
    ) -> Result<Answer, Refusal> {
        let injected = self.injector.enter(Request { verb, key: cloned(key), mode });
        if !self.is_connected() {
            return Err(Refusal::Unreachable("the cluster is disconnected".into()));
        }
        match injected {
            None => Ok(Answer::Kept),
            Some(Injected::Latency(span)) => {
                tokio::time::sleep(span).await;
                Ok(Answer::Kept)
            }
            Some(Injected::Refuse(refusal)) => Err(refusal),
            Some(Injected::Disconnect) => {
                Err(Refusal::Unreachable("connection refused, as injected".into()))
            }
            Some(Injected::LostAnswer) => Ok(Answer::Lost),
            Some(Injected::Panic) => panicked(),
            Some(Injected::Hang) => std::future::pending().await,
        }
    }
}

fn cloned(key: Option<&ObjectKey>) -> Option<ObjectKey> {
    key.cloned()
}

#[expect(clippy::panic, reason = "tests ask for it")]
fn panicked() -> Result<Answer, Refusal> {
    panic!("a panic of the cluster, as injected")
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Kept,
    Lost,
}

impl Answer {
    /// Delivers an answer, or loses it.
    pub(crate) fn deliver<T>(self, answer: Result<T, Refusal>) -> Result<T, Refusal> {
        match self {
            Self::Kept => answer,
            Self::Lost => Err(Refusal::Unreachable("connection reset, as injected".into())),
        }
    }
}
