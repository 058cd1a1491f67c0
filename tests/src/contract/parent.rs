//! What a [`Parent`](nopea_core::port::Parent) owes: claims that create nothing and hold what was claimed.

use std::collections::BTreeSet;

use nopea_core::{
    model::{GroupKind, Uid},
    port::{Claim, ParentRef},
};

use super::{Subject, refused};

/// Runs the whole contract.
///
/// # Panics
///
/// Where the cluster does not keep it.
pub async fn holds(subject: &Subject<'_>) {
    subject.fixture.namespace(subject.name).await;
    let repo = subject.repo();
    let stranger =
        ParentRef { repo: repo.clone(), uid: Uid::new("00000000-0000-0000-0000-000000000000") };
    let claim = |parent: &ParentRef, kinds: &[&str]| Claim {
        parent: parent.clone(),
        kinds: kinds.iter().map(|kind| GroupKind::new("", *kind)).collect::<BTreeSet<_>>(),
    };
    let refusal = refused(subject.parent.claim(&claim(&stranger, &["ConfigMap"])).await);
    assert!(matches!(refusal.code, 404 | 409 | 422), "a claim creates no parent: {refusal:?}");

    let parent = ParentRef { repo: repo.clone(), uid: subject.fixture.declare(&repo).await };
    let refusal = refused(subject.parent.claim(&claim(&stranger, &["ConfigMap"])).await);
    assert!(matches!(refusal.code, 409 | 422), "a claim takes no other's place: {refusal:?}");
    assert_eq!(subject.parent.read(&parent).await.unwrap().claimed, None);

    for kinds in [&["ConfigMap"][..], &["ConfigMap", "Secret"][..]] {
        let claim = claim(&parent, kinds);
        subject.parent.claim(&claim).await.unwrap();
        subject.parent.claim(&claim).await.unwrap();
        let state = subject.parent.read(&parent).await.unwrap();
        assert_eq!(state.claimed, Some(claim.kinds), "a claim replaces the one before");
    }

    subject.fixture.undeclare(&repo).await;
    let state = subject.parent.read(&parent).await.unwrap();
    assert!(state.claimed.is_some(), "a claimed parent stays until it is released");
    subject.parent.release(&parent).await.unwrap();
    assert_eq!(refused(subject.parent.read(&parent).await).code, 404);
}
