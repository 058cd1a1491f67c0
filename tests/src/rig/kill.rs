//! Ports that die at their n-th call, as a process does: from that moment on no call does anything or is
//! ever answered, whatever the engine still has under way. Knows nothing of what the calls mean.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use nopea_core::{
    model::Observation,
    port::{
        Applied, Applier, Apply, Claim, ClusterView, Delete, Follow, GitSource, Look, Open, Parent,
        ParentRef, ParentState, Publish, Refusal, Release, Resolve, Resolved, Scopes,
        ScopesRequest, SourceError, SourceTree, StatusSink, Survey, TryCreate, ViewStream,
    },
};
use nopea_engine::Ports;
use tokio::sync::Notify;

/// When, of its fatal call, a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the world hears of it.
    Before,
    /// After it was done, before its answer came.
    After,
}

/// How a process will die, and whether it has. Clones share it.
///
/// Renders and notices are not counted: they touch nothing, so that to die at one is to die at the call
/// after it.
#[derive(Clone, Debug)]
pub struct Kill(Arc<State>);

#[derive(Debug)]
struct State {
    at: usize,
    moment: Moment,
    calls: AtomicUsize,
    died: Notify,
}

impl Kill {
    /// Kills at the call of this number, counted from 1.
    pub fn at(call: usize, moment: Moment) -> Self {
        let (calls, died) = (AtomicUsize::new(0), Notify::new());
        Self(Arc::new(State { at: call, moment, calls, died }))
    }

    /// The same ports, mortal.
    pub fn wrap(&self, ports: Ports) -> Ports {
        let Ports { git, renderer, applier, view, parent, status, events } = ports;
        Ports {
            git: Arc::new(Mortal { inner: git, kill: self.clone() }),
            renderer,
            applier: Arc::new(Mortal { inner: applier, kill: self.clone() }),
            view: Arc::new(Mortal { inner: view, kill: self.clone() }),
            parent: Arc::new(Mortal { inner: parent, kill: self.clone() }),
            status: Arc::new(Mortal { inner: status, kill: self.clone() }),
            events,
        }
    }

    /// Waits for the death.
    pub async fn died(&self) {
        self.0.died.notified().await;
    }

    /// How many calls were begun.
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Counts a call; says whether it is the fatal one. After that one no call returns from here.
    async fn enter(&self) -> bool {
        let number = self.0.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if number < self.0.at {
            return false;
        }
        if number > self.0.at || self.0.moment == Moment::Before {
            self.die();
            pending::<()>().await;
        }
        true
    }

    fn die(&self) {
        self.0.died.notify_one();
    }

    /// Makes a call, or dies of it.
    async fn call<T>(&self, call: impl Future<Output = T> + Send) -> T {
        let fatal = self.enter().await;
        let answer = call.await;
        if fatal {
            self.die();
            pending::<()>().await;
        }
        answer
    }
}

/// A port that dies with the others.
struct Mortal<P: ?Sized> {
    inner: Arc<P>,
    kill: Kill,
}

#[async_trait]
impl GitSource for Mortal<dyn GitSource> {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        self.kill.call(self.inner.resolve(request)).await
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        self.kill.call(self.inner.open(request)).await
    }
}

#[async_trait]
impl Applier for Mortal<dyn Applier> {
    async fn apply(&self, request: &Apply) -> Result<Applied, Refusal> {
        self.kill.call(self.inner.apply(request)).await
    }

    async fn release(&self, request: &Release) -> Result<Box<Observation>, Refusal> {
        self.kill.call(self.inner.release(request)).await
    }

    async fn delete(&self, request: &Delete) -> Result<(), Refusal> {
        self.kill.call(self.inner.delete(request)).await
    }

    async fn try_create(&self, request: &TryCreate) -> Result<(), Refusal> {
        self.kill.call(self.inner.try_create(request)).await
    }
}

#[async_trait]
impl ClusterView for Mortal<dyn ClusterView> {
    async fn scopes(&self, request: &ScopesRequest) -> Result<Scopes, Refusal> {
        self.kill.call(self.inner.scopes(request)).await
    }

    async fn look(&self, request: &Look) -> Result<Option<Box<Observation>>, Refusal> {
        self.kill.call(self.inner.look(request)).await
    }

    async fn follow(&self, request: &Follow) -> Result<ViewStream, Refusal> {
        self.kill.call(self.inner.follow(request)).await
    }

    async fn survey(&self, request: &Survey) -> Result<Vec<Observation>, Refusal> {
        self.kill.call(self.inner.survey(request)).await
    }
}

#[async_trait]
impl Parent for Mortal<dyn Parent> {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        self.kill.call(self.inner.read(request)).await
    }

    async fn claim(&self, request: &Claim) -> Result<(), Refusal> {
        self.kill.call(self.inner.claim(request)).await
    }

    async fn release(&self, request: &ParentRef) -> Result<(), Refusal> {
        self.kill.call(self.inner.release(request)).await
    }
}

#[async_trait]
impl StatusSink for Mortal<dyn StatusSink> {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        self.kill.call(self.inner.publish(request)).await
    }
}
