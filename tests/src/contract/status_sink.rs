//! What a [`StatusSink`](nopea_core::port::StatusSink) owes: what was published can be read back.

use std::sync::Arc;

use nopea_core::{
    model::{Phase, Status},
    port::{ParentRef, Publish},
};

use super::Subject;

/// Runs the whole contract.
///
/// # Panics
///
/// Where the cluster does not keep it.
pub async fn holds(subject: &Subject<'_>) {
    subject.fixture.namespace(subject.name).await;
    let repo = subject.repo();
    let parent = ParentRef { repo: repo.clone(), uid: subject.fixture.declare(&repo).await };
    for phase in [Phase::Syncing, Phase::Synced] {
        let status = Arc::new(Status { phase, observed_generation: 1, ..Status::default() });
        let publish = Publish { parent: parent.clone(), status: Arc::clone(&status) };
        subject.sink.publish(&publish).await.unwrap();
        subject.sink.publish(&publish).await.unwrap();
        let read = subject.parent.read(&parent).await.unwrap();
        assert_eq!(read.status.map(|status| status.phase), Some(phase));
    }
}
