//! Tells in the status of an object why it declares nothing that could be done, while no worker
//! does. It knows nothing of what is wrong.

use std::{collections::BTreeMap, sync::Arc};

use nopea_core::{
    backoff,
    model::RepoKey,
    port::{Parent, Publish, Refusal, StatusSink},
    reconcile::refused,
};
use nopea_engine::Clock;
use tokio::task::JoinHandle;

use crate::table::Refused;

/// The objects that are told why.
pub(crate) struct Refusals {
    ports: Ports,
    told: BTreeMap<RepoKey, JoinHandle<()>>,
}

/// What telling needs.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) status: Arc<dyn StatusSink>,
    pub(crate) clock: Clock,
}

impl Refusals {
    /// Nobody is told anything yet.
    pub(crate) fn new(ports: Ports) -> Self {
        Self { ports, told: BTreeMap::new() }
    }

    /// Tells, in the place of what was told before.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        let key = refused.parent.repo.clone();
        self.accept(&key);
        let task = tokio::spawn(tell(self.ports.clone(), refused));
        self.told.insert(key, task);
    }

    /// Tells no more: the status is somebody else's.
    pub(crate) fn accept(&mut self, key: &RepoKey) {
        if let Some(task) = self.told.remove(key) {
            task.abort();
        }
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        self.told.values().for_each(JoinHandle::abort);
    }
}

async fn tell(ports: Ports, refused: Refused) {
    let repository = refused.parent.repo.clone();
    tracing::warn!(%repository, "the spec cannot be: {}", refused.why);
    for failures in 1.. {
        let Err(refusal) = tell_once(&ports, &refused).await else { return };
        if is_gone(&refusal) {
            return;
        }
        tracing::warn!(%repository, %refusal, "could not publish the status");
        tokio::time::sleep(backoff::delay(failures, &refused.parent.uid)).await;
    }
}

async fn tell_once(
    ports: &Ports,
    Refused { parent, generation, why }: &Refused,
) -> Result<(), Refusal> {
    let known = ports.parent.read(parent).await?;
    let now = ports.clock.now();
    let status = refused(known.status.as_deref(), *generation, why, now);
    ports.status.publish(&Publish { parent: parent.clone(), status: Arc::new(status) }).await
}

fn is_gone(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Status(status) => status.code == 404,
        Refusal::Unreachable(_) | Refusal::TimedOut(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use nopea_core::{
        model::{Phase, Status, Uid},
        port::{MockParent, MockStatusSink, ParentRef, ParentState, ServerStatus},
    };
    use tokio::sync::mpsc;

    use super::*;

    fn bad(why: &str) -> Refused {
        let parent = ParentRef { repo: RepoKey::new("shop", "web"), uid: Uid::new("u") };
        Refused { parent, generation: 2, why: why.into() }
    }

    /// Ports whose status sink first gives these refusals; what it took comes out of the channel.
    fn ports(refusals: Vec<Refusal>) -> (Ports, mpsc::UnboundedReceiver<Arc<Status>>) {
        let (taken, statuses) = mpsc::unbounded_channel();
        let mut parent = MockParent::new();
        parent.expect_read().returning(|_| Ok(ParentState::default()));
        let mut sink = MockStatusSink::new();
        let refusals = std::sync::Mutex::new(refusals.into_iter());
        sink.expect_publish().returning(move |request| {
            if let Some(refusal) = refusals.lock().unwrap().next() {
                return Err(refusal);
            }
            taken.send(Arc::clone(&request.status)).unwrap();
            Ok(())
        });
        let (parent, status) = (Arc::new(parent), Arc::new(sink));
        (Ports { parent, status, clock: Clock::system() }, statuses)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_told_once_the_server_takes_it() {
        let (ports, mut statuses) = ports(vec![Refusal::Unreachable("gone".into())]);
        let mut refusals = Refusals::new(ports);
        refusals.refuse(bad("path cannot be"));
        let status = statuses.recv().await.unwrap();
        assert_eq!((status.phase, status.observed_generation), (Phase::Failed, 2));
        assert_eq!(&*status.conditions[0].message, "path cannot be");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_told_of_what_is_gone() {
        let gone = ServerStatus { code: 404, ..ServerStatus::default() };
        let (ports, mut statuses) = ports(vec![Refusal::Status(Box::new(gone))]);
        tell(ports, bad("path cannot be")).await;
        assert!(statuses.recv().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_accepted_meanwhile_is_told_no_more() {
        let (ports, mut statuses) = ports(Vec::new());
        let mut refusals = Refusals::new(ports);
        refusals.refuse(bad("path cannot be"));
        refusals.accept(&RepoKey::new("shop", "web"));
        drop(refusals);
        assert!(statuses.recv().await.is_none());
    }
}
