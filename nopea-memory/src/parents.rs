//! What stands for `GitRepository` objects: uid, finalizer, claimed kinds and status.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nopea_core::{
    model::{GroupKind, RepoKey, Status, Uid},
    port::{ParentRef, Refusal},
};

use crate::{
    answer::{self, FieldError},
    kinds::{Kind, Source},
};

/// What is stored of one parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentRecord {
    /// Its uid.
    pub uid: Uid,
    /// The kinds that were claimed.
    pub claimed: Option<BTreeSet<GroupKind>>,
    /// Whether our finalizer stands on it.
    pub finalizer: bool,
    /// Whether its deletion was asked for.
    pub deleting: bool,
    /// The last status.
    pub status: Option<Arc<Status>>,
    /// How many times the status was written.
    pub status_writes: u64,
}

/// Every parent.
#[derive(Debug, Default)]
pub(crate) struct Parents(BTreeMap<RepoKey, ParentRecord>);

impl Parents {
    pub(crate) fn get(&self, repo: &RepoKey) -> Option<&ParentRecord> {
        self.0.get(repo)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&RepoKey, &ParentRecord)> {
        self.0.iter()
    }

    /// Declares a parent; the one that stands stays.
    pub(crate) fn declare(&mut self, repo: &RepoKey, uid: impl FnOnce() -> String) -> Uid {
        let record = self.0.entry(repo.clone()).or_insert_with(|| ParentRecord {
            uid: Uid::new(uid()),
            claimed: None,
            finalizer: false,
            deleting: false,
            status: None,
            status_writes: 0,
        });
        record.uid.clone()
    }

    /// Asks for a parent's deletion; the finalizer holds it.
    pub(crate) fn undeclare(&mut self, repo: &RepoKey) {
        if let Some(record) = self.0.get_mut(repo) {
            record.deleting = true;
            if !record.finalizer {
                self.0.remove(repo);
            }
        }
    }

    /// Takes a parent away whatever holds it.
    pub(crate) fn forget(&mut self, repo: &RepoKey) {
        self.0.remove(repo);
    }

    /// Takes finalizer and claim off, as `kubectl replace` does (experiments, section 7).
    pub(crate) fn strip(&mut self, repo: &RepoKey) {
        if let Some(record) = self.0.get_mut(repo) {
            record.finalizer = false;
            record.claimed = None;
        }
    }

    pub(crate) fn claim(
        &mut self,
        parent: &ParentRef,
        kinds: &BTreeSet<GroupKind>,
    ) -> Result<(), Refusal> {
        let record = self.locked(parent)?;
        if record.deleting && !record.finalizer {
            let detail = "no new finalizers can be added if the object is being deleted";
            let error = FieldError::forbidden("metadata.finalizers", detail);
            return Err(answer::invalid(&kind().id, &parent.repo.name, &[error]));
        }
        record.finalizer = true;
        record.claimed = Some(kinds.clone());
        Ok(())
    }

    pub(crate) fn release(&mut self, parent: &ParentRef) -> Result<(), Refusal> {
        let record = self.locked(parent)?;
        record.finalizer = false;
        record.claimed = None;
        if record.deleting {
            self.0.remove(&parent.repo);
        }
        Ok(())
    }

    pub(crate) fn read(&self, parent: &ParentRef) -> Result<&ParentRecord, Refusal> {
        let record = self.0.get(&parent.repo).filter(|record| record.uid == parent.uid);
        record.ok_or_else(|| answer::not_found(&kind(), &parent.repo.name))
    }

    /// Whether it was a write.
    pub(crate) fn publish(
        &mut self,
        parent: &ParentRef,
        status: &Arc<Status>,
    ) -> Result<bool, Refusal> {
        self.read(parent)?;
        let record = self.locked(parent)?;
        if record.status.as_ref() == Some(status) {
            return Ok(false);
        }
        record.status = Some(Arc::clone(status));
        record.status_writes += 1;
        Ok(true)
    }

    /// The parent of this uid, as an apply that carries the uid finds it.
    fn locked(&mut self, parent: &ParentRef) -> Result<&mut ParentRecord, Refusal> {
        let name = &parent.repo.name;
        match self.0.get_mut(&parent.repo) {
            None => Err(answer::uid_mismatch(&kind(), name, &parent.uid.0)),
            Some(record) if record.uid != parent.uid => {
                let value = serde_json::Value::from(&*parent.uid.0);
                let error = FieldError::immutable("metadata.uid", Some(&value));
                Err(answer::invalid(&kind().id, name, &[error]))
            }
            Some(record) => Ok(record),
        }
    }
}

fn kind() -> Kind {
    Kind {
        id: GroupKind::new("nopea.io", "GitRepository"),
        plural: "gitrepositories".into(),
        namespaced: true,
        versions: Vec::new(),
        source: Source::Assumed,
        listed: Vec::new(),
    }
}
