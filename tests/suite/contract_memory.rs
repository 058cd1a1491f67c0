//! The contracts of the cluster's ports, held against the in-memory cluster.
#![expect(clippy::unwrap_used, reason = "a broken expectation of a test is told by a panic")]

use async_trait::async_trait;
use nopea_core::model::{ObjectKey, RepoKey, Uid};
use nopea_memory::{MemoryCluster, Propagation};
use nopea_tests::contract::{self, Fixture, Subject};
use serde_json::Value;

struct Outside(MemoryCluster);

#[async_trait]
impl Fixture for Outside {
    async fn namespace(&self, name: &str) {
        self.0.create_namespace(name);
    }

    async fn declare(&self, repo: &RepoKey) -> Uid {
        self.0.declare(repo)
    }

    async fn undeclare(&self, repo: &RepoKey) {
        self.0.undeclare(repo);
    }

    async fn create(&self, manager: &str, body: &Value) {
        self.0.create(manager, body).unwrap();
    }

    async fn patch(&self, manager: &str, key: &ObjectKey, _api_version: &str, patch: &Value) {
        self.0.merge_patch(key, manager, patch).unwrap();
    }

    async fn delete(&self, key: &ObjectKey, _api_version: &str) {
        self.0.delete_as_user(key, Propagation::Background).unwrap();
    }
}

async fn with(contract: impl AsyncFnOnce(&Subject<'_>)) {
    let cluster = MemoryCluster::new();
    let outside = Outside(cluster.clone());
    let subject = Subject {
        applier: &cluster,
        view: &cluster,
        parent: &cluster,
        sink: &cluster,
        fixture: &outside,
        name: "contract",
    };
    contract(&subject).await;
}

#[tokio::test(start_paused = true)]
async fn the_memory_cluster_writes_as_the_contract_says() {
    with(contract::applier::holds).await;
}

#[tokio::test(start_paused = true)]
async fn the_memory_cluster_reads_as_the_contract_says() {
    with(contract::cluster_view::holds).await;
}

#[tokio::test(start_paused = true)]
async fn the_memory_cluster_holds_parents_as_the_contract_says() {
    with(contract::parent::holds).await;
}

#[tokio::test(start_paused = true)]
async fn the_memory_cluster_shows_statuses_as_the_contract_says() {
    with(contract::status_sink::holds).await;
}
