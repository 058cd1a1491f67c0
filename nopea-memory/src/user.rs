//! Everybody else who writes to a cluster: people with kubectl, controllers, other tools. For tests and
//! the demonstration; these requests are neither counted nor disturbed.

use std::sync::Arc;

use nopea_core::{
    fault::Fault,
    model::{GroupKind, ObjectKey, RepoKey, Status, Text, Uid},
    port::{Mode, Refusal},
};
use serde_json::Value;

use crate::{
    MemoryCluster, ParentRecord, Propagation, answer, json,
    kinds::group_of,
    merge::OnConflict,
    server::{ApplyRequest, Preconditions, Server, Writer},
};

/// The key that an object's own fields name.
fn key_of(body: &Value) -> ObjectKey {
    ObjectKey::new(
        group_of(json::text(body, &["apiVersion"])),
        json::text(body, &["kind"]),
        json::text(body, &["metadata", "namespace"]),
        json::text(body, &["metadata", "name"]),
    )
}

/// The version in which a key's kind is written where nobody says it.
fn version_of(server: &Server, key: &ObjectKey) -> Result<Text, Refusal> {
    let kind = server.kinds.get(&key.kind).ok_or_else(answer::page_not_found)?;
    let live = server.store.get(key).map(|object| Text::from(json::text(object, &["apiVersion"])));
    Ok(live.filter(|version| kind.version(version).is_some()).unwrap_or_else(|| kind.preferred()))
}

impl MemoryCluster {
    /// Reads one object.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<Value>> {
        self.shared.peek(|server| server.store.get(key).cloned())
    }

    /// Reads every object of a kind.
    pub fn list(&self, kind: &GroupKind) -> Vec<Arc<Value>> {
        self.shared
            .peek(|server| server.store.of_kind(kind).map(|(_, one)| Arc::clone(one)).collect())
    }

    /// Reads everything.
    pub fn dump(&self) -> Vec<(ObjectKey, Arc<Value>)> {
        self.shared.peek(|server| {
            server.store.all().map(|(key, one)| (key.clone(), Arc::clone(one))).collect()
        })
    }

    /// Creates an object (`kubectl create`).
    pub fn create(&self, manager: &str, body: &Value) -> Result<Arc<Value>, Refusal> {
        let key = key_of(body);
        let version = json::text(body, &["apiVersion"]);
        let written =
            self.shared.with(|server| server.create(&key, version, body, Writer::new(manager)));
        written.map(|written| written.object)
    }

    /// Applies on the server's side as another manager.
    pub fn apply_as(
        &self,
        manager: &str,
        on_conflict: OnConflict,
        body: &Value,
    ) -> Result<Arc<Value>, Refusal> {
        let key = key_of(body);
        let api_version = json::text(body, &["apiVersion"]);
        let mode = Mode::Real;
        let request = ApplyRequest { key: &key, api_version, body, manager, on_conflict, mode };
        self.shared.with(|server| server.apply(&request)).map(|written| written.object)
    }

    /// Changes an object (`kubectl edit`, `label`, `annotate`): what differs becomes the manager's.
    pub fn edit(
        &self,
        key: &ObjectKey,
        manager: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, Refusal> {
        self.write(key, Writer::new(manager), change)
    }

    /// Merges a patch into an object (`kubectl patch --type merge`).
    pub fn merge_patch(
        &self,
        key: &ObjectKey,
        manager: &str,
        patch: &Value,
    ) -> Result<Arc<Value>, Refusal> {
        self.write(key, Writer::new(manager), |object| json::merge_patch(object, patch))
    }

    /// Replaces an object (`kubectl replace`); where the body has no managedFields, the entries stay.
    pub fn replace(&self, manager: &str, body: &Value) -> Result<Arc<Value>, Refusal> {
        self.write(&key_of(body), Writer::new(manager), |object| *object = body.clone())
    }

    /// Sets `spec.replicas` through the scale subresource (`kubectl scale`).
    pub fn scale(
        &self,
        key: &ObjectKey,
        manager: &str,
        replicas: i64,
    ) -> Result<Arc<Value>, Refusal> {
        let writer = Writer::new(manager).through("scale");
        self.write(key, writer, |object| json::set(object, &["spec", "replicas"], replicas))
    }

    /// Writes a status, as the object's controller does.
    pub fn set_status(
        &self,
        key: &ObjectKey,
        manager: &str,
        status: Value,
    ) -> Result<Arc<Value>, Refusal> {
        let writer = Writer::new(manager).through("status");
        self.write(key, writer, |object| json::set(object, &["status"], status))
    }

    fn write(
        &self,
        key: &ObjectKey,
        writer: Writer<'_>,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, Refusal> {
        let written = self.shared.with(|server| {
            let version = version_of(server, key)?;
            server.edit(key, &version, writer, change)
        });
        written.map(|written| written.object)
    }

    /// Deletes an object without preconditions.
    pub fn delete_as_user(&self, key: &ObjectKey, propagation: Propagation) -> Result<(), Refusal> {
        self.shared.with(|server| {
            let version = version_of(server, key)?;
            server.delete(key, &version, Preconditions::default(), propagation, Mode::Real)
        })
    }

    /// Creates a namespace.
    pub fn create_namespace(&self, name: &str) {
        self.shared.with(|server| server.make_namespace(name));
    }

    /// Declares a repository, or finds the declaration that stands.
    pub fn declare(&self, repo: &RepoKey) -> Uid {
        self.shared.with(|server| {
            let store = &mut server.store;
            server.parents.declare(repo, || store.next_uid())
        })
    }

    /// Asks for the deletion of a declaration; a claim's finalizer holds it.
    pub fn undeclare(&self, repo: &RepoKey) {
        self.shared.with(|server| server.parents.undeclare(repo));
    }

    /// Takes a declaration away whatever holds it.
    pub fn forget(&self, repo: &RepoKey) {
        self.shared.with(|server| server.parents.forget(repo));
    }

    /// Takes finalizer and claim off a declaration, as `kubectl replace` does.
    pub fn strip_claim(&self, repo: &RepoKey) {
        self.shared.with(|server| server.parents.strip(repo));
    }

    /// What stands of a declaration.
    pub fn parent(&self, repo: &RepoKey) -> Option<ParentRecord> {
        self.shared.peek(|server| server.parents.get(repo).cloned())
    }

    /// Every declaration.
    pub fn parents(&self) -> Vec<(RepoKey, ParentRecord)> {
        self.shared.peek(|server| {
            server.parents.all().map(|(repo, one)| (repo.clone(), one.clone())).collect()
        })
    }

    /// The status that was published last.
    pub fn status(&self, repo: &RepoKey) -> Option<Arc<Status>> {
        self.parent(repo)?.status
    }

    /// What a real cluster would have refused, once each.
    pub fn take_warnings(&self) -> Vec<Fault> {
        self.shared.with(|server| std::mem::take(&mut server.warnings))
    }
}
