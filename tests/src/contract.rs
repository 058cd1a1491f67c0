//! What every cluster behind the ports owes its caller, one file per port.
//!
//! Nothing here knows which cluster it talks to: it sees the ports, and a [`Fixture`] for the few things
//! that only the outside can do.

pub mod applier;
pub mod cluster_view;
pub mod parent;
pub mod status_sink;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt as _;
use nopea_core::{
    membership::{NAMESPACE, PART_OF, REPOSITORY, part_of_id},
    model::{Manifest, ObjectKey, Observation, Origin, RepoKey, ResourceVersion, Text, Uid},
    port::{
        Applied, Applier, Apply, ClusterView, Guard, Mode, Parent, Refusal, ServerStatus,
        StatusSink, ViewEvent, ViewStream,
    },
};
use serde_json::{Value, json};

/// The longest wait for an event that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What others do to the cluster.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Makes a namespace.
    async fn namespace(&self, name: &str);

    /// Declares a repository and tells the uid of its parent.
    async fn declare(&self, repo: &RepoKey) -> Uid;

    /// Asks for the deletion of a repository's parent.
    async fn undeclare(&self, repo: &RepoKey);

    /// Creates an object as another manager.
    async fn create(&self, manager: &str, body: &Value);

    /// Merges a patch into an object as another manager.
    async fn patch(&self, manager: &str, key: &ObjectKey, api_version: &str, patch: &Value);

    /// Deletes an object, whatever its version.
    async fn delete(&self, key: &ObjectKey, api_version: &str);
}

/// A cluster under test.
pub struct Subject<'a> {
    /// Its writes.
    pub applier: &'a dyn Applier,
    /// Its reads.
    pub view: &'a dyn ClusterView,
    /// Its parents.
    pub parent: &'a dyn Parent,
    /// Its statuses.
    pub sink: &'a dyn StatusSink,
    /// What others do.
    pub fixture: &'a dyn Fixture,
    /// A name that no other run uses: of the namespace and of the repository.
    pub name: &'a str,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Subject<'_> {
    fn repo(&self) -> RepoKey {
        RepoKey::new(self.name, self.name)
    }

    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::new("", "ConfigMap", self.name, name)
    }

    /// A `ConfigMap` with our labels.
    fn config(&self, name: &str, data: &Value) -> Value {
        let part_of = part_of_id(&self.repo());
        let labels = json!({PART_OF: &*part_of, REPOSITORY: self.name, NAMESPACE: self.name});
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": {"name": name, "namespace": self.name, "labels": labels},
        })
    }

    async fn apply(&self, body: &Value, guard: Guard, mode: Mode) -> Result<Applied, Refusal> {
        self.applier.apply(&Apply { manifest: manifest(body), guard, mode }).await
    }

    async fn create(&self, body: &Value) -> Observation {
        let applied = self.apply(body, Guard::Absent, Mode::Real).await.unwrap();
        assert!(applied.created);
        *applied.now
    }
}

fn manifest(body: &Value) -> Manifest {
    let text = |value: &Value| Text::from(value.as_str().unwrap_or(""));
    let api_version = text(&body["apiVersion"]);
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let metadata = &body["metadata"];
    let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
    Manifest {
        key: ObjectKey::new(group, text(&body["kind"]), namespace, name),
        api_version: Text::clone(&api_version),
        body: Arc::new(body.clone()),
        origin: Origin { file: "contract.yaml".into(), line: 1, column: 1 },
    }
}

fn live(seen: &Observation) -> Guard {
    Guard::Live { uid: seen.uid.clone(), version: Some(seen.version.clone()) }
}

fn at(seen: &Observation, version: &str) -> Guard {
    Guard::Live { uid: seen.uid.clone(), version: Some(ResourceVersion::new(version)) }
}

/// The status of a refusal.
fn refused<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> ServerStatus {
    match answer.unwrap_err() {
        Refusal::Status(status) => *status,
        other @ (Refusal::Unreachable(_) | Refusal::TimedOut(_)) => panic!("{other:?}"),
    }
}

/// The next event; one that never comes is a failure.
async fn next(stream: &mut ViewStream) -> ViewEvent {
    tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().unwrap()
}

/// The next sighting of an object of this name.
async fn sighting(stream: &mut ViewStream, name: &str) -> Observation {
    loop {
        if let ViewEvent::Observed(seen) = next(stream).await
            && &*seen.key.name == name
        {
            return *seen;
        }
    }
}
