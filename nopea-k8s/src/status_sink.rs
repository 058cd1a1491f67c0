//! Where a status becomes readable: replaced on `/status` of the parent, or applied to a key of its
//! `ConfigMap`. It remembers what stands as a hash, and writes nothing that stands already.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use nopea_core::{
    model::{Hash, RepoKey, Uid},
    port::{ParentRef, Publish, Refusal, ServerStatus, StatusSink},
};
use serde_json::json;

use crate::{
    Kubernetes, ParentObject,
    convert_status::shown,
    parent::{STATUS_KEY, gone},
    refusal,
    status::GitRepositoryStatus,
};

/// The field manager of statuses.
const PUBLISHER: &str = "nopea-status";

#[async_trait]
impl StatusSink for Kubernetes {
    async fn publish(&self, request: &Publish) -> Result<(), Refusal> {
        let parent = &request.parent;
        let status = serde_json::to_value(shown(&request.status))
            .map_err(|_| refusal::unreadable("the status"))?;
        let digest = Hash::of_value(&status);
        if self.shown.is(parent, digest) {
            return Ok(());
        }
        // what stands is in doubt until the answer is here
        self.shown.forget(&parent.repo);
        let written = match self.settings.parent {
            ParentObject::GitRepository => {
                let shown_at = self.parent_path(&parent.repo);
                let uri = format!("{shown_at}/status?fieldManager={PUBLISHER}");
                // on a status, a server ignores the uid of an apply: the test is the guard
                let patch = json!([
                    {"op": "test", "path": "/metadata/uid", "value": &*parent.uid.0},
                    {"op": "add", "path": "/status", "value": status},
                ]);
                self.patch_parent(&uri, "application/json-patch+json", &patch).await
            }
            ParentObject::ConfigMap => {
                let field = Some(("data", json!({STATUS_KEY: status.to_string()})));
                self.apply_to_parent(parent, PUBLISHER, json!({}), field).await
            }
        };
        match written {
            Ok(()) => {
                self.shown.keep(parent, digest);
                Ok(())
            }
            Err(Refusal::Status(status)) if is_gone(&status) => Err(gone(&parent.repo)),
            Err(refusal) => Err(refusal),
        }
    }
}

/// What kube-apiserver says of a JSON patch whose test failed.
const TEST_FAILED: &str = "the server rejected our request due to an error in our request";

/// Whether the parent is gone, or another one has its name (experiments R22).
fn is_gone(status: &ServerStatus) -> bool {
    let other = status.code == 422
        && (status.causes.iter().any(|one| &*one.field == "metadata.uid")
            || status.causes.is_empty() && status.message.contains(TEST_FAILED));
    let absent = status.code == 409 && status.message.contains("uid mismatch");
    status.code == 404 || absent || other
}

/// What stands on each parent, as a hash. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Shown(Arc<Mutex<HashMap<RepoKey, Standing>>>);

struct Standing {
    uid: Uid,
    /// None where nothing stands, or it is not known what.
    digest: Option<Hash>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("parents", &self.all().len()).finish()
    }
}

impl Shown {
    fn all(&self) -> MutexGuard<'_, HashMap<RepoKey, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A status was read.
    pub(crate) fn stands(&self, parent: &ParentRef, status: Option<&GitRepositoryStatus>) {
        let value = status.and_then(|status| serde_json::to_value(status).ok());
        let digest = value.as_ref().map(Hash::of_value);
        let standing = Standing { uid: parent.uid.clone(), digest };
        self.all().insert(parent.repo.clone(), standing);
    }

    fn keep(&self, parent: &ParentRef, digest: Hash) {
        let standing = Standing { uid: parent.uid.clone(), digest: Some(digest) };
        self.all().insert(parent.repo.clone(), standing);
    }

    fn is(&self, parent: &ParentRef, digest: Hash) -> bool {
        let all = self.all();
        let standing = all.get(&parent.repo).filter(|standing| standing.uid == parent.uid);
        standing.is_some_and(|standing| standing.digest == Some(digest))
    }

    /// The uid of a parent that was read or written to.
    pub(crate) fn uid(&self, repo: &RepoKey) -> Option<Uid> {
        self.all().get(repo).map(|standing| standing.uid.clone())
    }

    /// A parent was let go.
    pub(crate) fn leave(&self, repo: &RepoKey) {
        self.all().remove(repo);
    }

    /// It is no longer known what stands on a parent; its uid is.
    pub(crate) fn forget(&self, repo: &RepoKey) {
        if let Some(standing) = self.all().get_mut(repo) {
            standing.digest = None;
        }
    }
}

#[cfg(test)]
mod tests;
