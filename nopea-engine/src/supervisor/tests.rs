//! What a crash leaves behind: no request, no caller, and a status that says so.

use std::{collections::BTreeSet, sync::atomic::AtomicUsize};

use async_trait::async_trait;
use nopea_core::{
    fault::Code,
    model::{ConditionStatus, ConditionType, HistoryEntry, Phase, Status},
    port::{Claim, MockGitSource, Parent, ParentRef, ParentState, Refusal},
};

use super::*;
use crate::fixture::{Mocks, commit, declared, parent, repo};

/// A parent whose reads hang, and which knows how many do at once.
#[derive(Default)]
struct HangingParent {
    open: AtomicUsize,
    most: AtomicUsize,
    reads: AtomicUsize,
}

struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Parent for HangingParent {
    async fn read(&self, _request: &ParentRef) -> Result<ParentState, Refusal> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        let _open = Open(&self.open);
        std::future::pending().await
    }

    async fn claim(&self, _request: &Claim) -> Result<(), Refusal> {
        Err(Refusal::Unreachable("not asked".into()))
    }

    async fn release(&self, _request: &ParentRef) -> Result<(), Refusal> {
        Err(Refusal::Unreachable("not asked".into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_the_requests_of_the_old_incarnation_before_the_new_one_begins() {
    let mut git = MockGitSource::new();
    git.expect_resolve().returning(|_| panic!("meant"));
    let hanging = Arc::new(HangingParent::default());
    let ports = crate::Ports {
        parent: Arc::<HangingParent>::clone(&hanging),
        ..Mocks { git, ..Mocks::default() }.ports()
    };
    let shared = crate::fixture::shared(ports, crate::Settings::default());
    let entry = Arc::new(Entry::new(repo("web"), 16, 8));
    entry.mailbox.declared(declared("web"), shared.clock.now());
    supervise(&shared, &entry);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(hanging.open.load(Ordering::SeqCst), 0, "ended before the pause");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(hanging.reads.load(Ordering::SeqCst), 4, "at 0, 1, 3 and 7 seconds");
    assert_eq!(hanging.most.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_published_only_over_a_status_that_is_known() {
    for (known, published) in [(false, 0), (true, 1)] {
        let mut mocks = Mocks::default();
        mocks
            .status
            .expect_publish()
            .times(published)
            .withf(|request| request.parent == parent("web") && request.status.history.len() == 1)
            .returning(|_| Ok(()));
        let shared = mocks.shared();
        let entry = Arc::new(Entry::new(repo("web"), 16, 8));
        if known {
            let history = HistoryEntry {
                commit: commit('a'),
                succeeded: true,
                at: shared.clock.now(),
                took: Duration::ZERO,
                changes: nopea_core::model::Changes::default(),
            };
            let status = Status { history: Arc::from([history]), ..Status::default() };
            entry.restored(parent("web"), Some(&Arc::new(status)));
        }
        mourn(&shared, &entry, "Port::verb");
        let status = entry.status();
        assert_eq!((status.phase, status.fault_count), (Phase::Failed, 1));
        assert_eq!(status.faults.first().unwrap().code, Code::WorkerCrashed);
        let ready = status.condition(ConditionType::Ready).unwrap();
        assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, "WorkerCrashed"));
        shared.tasks.close();
        shared.tasks.wait().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_answers_whoever_waits_and_keeps_the_other_orders() {
    let shared = Mocks::default().shared();
    let entry = Arc::new(Entry::new(repo("web"), 16, 8));
    let waiter = shared.waiter();
    let reply = entry.wait(waiter);
    entry.mailbox.sync_requested(waiter, shared.clock.now()).unwrap();
    entry.mailbox.heal_requested(BTreeSet::new(), shared.clock.now());
    mourn(&shared, &entry, "Port::verb");
    let faults = reply.await.unwrap().unwrap_err();
    assert_eq!(faults.first().unwrap().code, Code::WorkerCrashed);
    let heal = nopea_core::reconcile::Event::HealRequested(BTreeSet::new());
    assert_eq!(entry.mailbox.next().await.1, heal);
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_wished_to_show_is_withdrawn_before_the_next_incarnation_reads() {
    let mut git = MockGitSource::new();
    git.expect_resolve().times(1).returning(|_| panic!("meant"));
    git.expect_resolve()
        .returning(|_| Err(nopea_core::port::SourceError::new(Code::Unreachable, "gone")));
    let mut mocks = Mocks { git, ..Mocks::default() };
    mocks.parent.expect_read().returning(|_| Ok(ParentState::default()));
    mocks.view.expect_survey().returning(|_| Ok(vec![]));
    mocks.events.expect_emit().return_const(());
    let crashed = |publish: &Publish| {
        publish.status.faults.iter().any(|fault| fault.code == Code::WorkerCrashed)
    };
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tries);
    mocks.status.expect_publish().returning(move |publish| {
        counter.fetch_add(usize::from(crashed(publish)), Ordering::SeqCst);
        Err(Refusal::Unreachable("down".into()))
    });
    let shared = mocks.shared();
    let entry = Arc::new(Entry::new(repo("web"), 16, 8));
    entry.restored(parent("web"), None);
    entry.mailbox.declared(declared("web"), shared.clock.now());
    supervise(&shared, &entry);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(tries.load(Ordering::SeqCst), 1);
    shared.aborted.cancel();
}

#[tokio::test]
async fn an_idle_repository_holds_no_more_than_a_few_kibibytes() {
    let shared = Mocks::default().shared();
    let entry = Arc::new(Entry::new(repo("web"), 1024, 8));
    let supervising = size_of_val(&run(Arc::clone(&shared), Arc::clone(&entry)));
    let kinds = std::collections::BTreeMap::new();
    let following = size_of_val(&crate::follow::follow(shared, entry, kinds));
    let held = supervising + following + size_of::<Entry>();
    assert!(held <= 4 * 1024, "{supervising} + {following} + {}", size_of::<Entry>());
}
