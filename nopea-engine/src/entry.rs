//! What outlives the incarnations of a worker: its mailbox, its callers, its newest status.
//!
//! Knows no task and no port.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use nopea_core::{
    fault::{Code, Fault},
    model::{
        Commit, Condition, ConditionStatus, ConditionType, Phase, RepoKey, Status, Text, Timestamp,
    },
    port::ParentRef,
    reconcile::Waiter,
};
use tokio::sync::{Semaphore, oneshot};

use crate::{mailbox::Mailbox, publish::Publisher, shared::lock};

/// How a sync ended for somebody who waited.
pub(crate) type Reply = Result<Commit, Arc<[Fault]>>;

/// One repository of the engine.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: RepoKey,
    pub(crate) mailbox: Mailbox,
    /// Its share of the requests.
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) publisher: Publisher,
    shown: Mutex<Shown>,
    waiters: Mutex<BTreeMap<Waiter, oneshot::Sender<Reply>>>,
}

#[derive(Debug, Default)]
struct Shown {
    status: Arc<Status>,
    /// Whose status it is, once what the cluster remembers is known: before, publishing anything
    /// would overwrite it.
    parent: Option<ParentRef>,
}

impl Entry {
    pub(crate) fn new(key: RepoKey, mailbox: usize, requests: usize) -> Self {
        Self {
            key,
            mailbox: Mailbox::new(mailbox),
            requests: Arc::new(Semaphore::new(requests.max(1))),
            publisher: Publisher::default(),
            shown: Mutex::default(),
            waiters: Mutex::default(),
        }
    }

    /// The newest status.
    pub(crate) fn status(&self) -> Arc<Status> {
        Arc::clone(&lock(&self.shown).status)
    }

    /// Takes a newer status; says whether it differs.
    pub(crate) fn show(&self, status: &Arc<Status>) -> bool {
        let mut shown = lock(&self.shown);
        let differs = !Arc::ptr_eq(&shown.status, status) && shown.status != *status;
        shown.status = Arc::clone(status);
        differs
    }

    /// Another object bears the name now: nothing of the one before is its own.
    pub(crate) fn forget(&self) {
        *lock(&self.shown) = Shown::default();
    }

    /// What the cluster remembers of `parent` is known.
    pub(crate) fn restored(&self, parent: ParentRef, status: Option<&Arc<Status>>) {
        let mut shown = lock(&self.shown);
        shown.parent = Some(parent);
        if let Some(status) = status {
            shown.status = Arc::clone(status);
        }
    }

    /// The status of a repository whose worker crashed, and where it may be published.
    pub(crate) fn crashed(&self, fault: Fault, at: Timestamp) -> (Option<ParentRef>, Arc<Status>) {
        let shown = lock(&self.shown);
        let mut status = Status::clone(&shown.status);
        let is_ready = |condition: &&Condition| condition.kind == ConditionType::Ready;
        let since = match status.conditions.iter().find(is_ready) {
            Some(ready) if ready.status == ConditionStatus::False => ready.since,
            Some(_) | None => at,
        };
        status.phase = Phase::Failed;
        status.conditions.retain(|condition| !is_ready(&condition));
        let ready = Condition {
            kind: ConditionType::Ready,
            status: ConditionStatus::False,
            reason: "WorkerCrashed".into(),
            message: Text::clone(&fault.message),
            since,
        };
        status.conditions.insert(0, ready);
        status.faults = vec![fault];
        status.fault_count = 1;
        (shown.parent.clone(), Arc::new(status))
    }

    /// Somebody waits.
    pub(crate) fn wait(&self, waiter: Waiter) -> oneshot::Receiver<Reply> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiters).insert(waiter, sender);
        receiver
    }

    /// Somebody waits no longer.
    pub(crate) fn leave(&self, waiter: Waiter) {
        lock(&self.waiters).remove(&waiter);
    }

    /// Tells somebody how it ended.
    pub(crate) fn reply(&self, waiter: Waiter, reply: Reply) {
        if let Some(sender) = lock(&self.waiters).remove(&waiter) {
            let _gone_by_now = sender.send(reply);
        }
    }

    /// Tells everybody that the worker crashed: their wishes went with it.
    pub(crate) fn reply_to_all(&self, fault: &Fault) {
        self.mailbox.forget_callers();
        let waiters = std::mem::take(&mut *lock(&self.waiters));
        for sender in waiters.into_values() {
            let _gone_by_now = sender.send(Err(Arc::from([fault.clone()])));
        }
    }

    /// Nobody will be answered any more.
    pub(crate) fn drop_waiters(&self) {
        lock(&self.waiters).clear();
    }
}

/// The fault of a worker that ended while it did `what`.
pub(crate) fn worker_crashed(what: &str) -> Fault {
    Fault::new(Code::WorkerCrashed, format!("the worker ended unexpectedly in {what}"))
}
