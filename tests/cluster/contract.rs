//! The contracts of the ports, held against a real API server.

use async_trait::async_trait;
use nopea_core::model::{ObjectKey, RepoKey, Uid};
use nopea_tests::{
    contract::{self, Fixture, Subject},
    plane::{Plane, Server},
};
use serde_json::{Value, json};

use crate::world::{git_repository, kubernetes, with_crd};

struct Outside(Server);

impl Outside {
    fn named(key: &ObjectKey, api_version: &str) -> Value {
        let mut body = json!({
            "apiVersion": api_version, "kind": &*key.kind.kind, "metadata": {"name": &*key.name},
        });
        if !key.namespace.is_empty() {
            body["metadata"]["namespace"] = json!(&*key.namespace);
        }
        body
    }
}

#[async_trait]
impl Fixture for Outside {
    async fn namespace(&self, name: &str) {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.0.create("fixture", &body).await.ok();
    }

    async fn declare(&self, repo: &RepoKey) -> Uid {
        let made = self.0.create("fixture", &git_repository(repo)).await.ok();
        Uid::new(made["metadata"]["uid"].as_str().unwrap())
    }

    async fn undeclare(&self, repo: &RepoKey) {
        self.0.delete(&git_repository(repo)).await.ok();
    }

    async fn create(&self, manager: &str, body: &Value) {
        self.0.create(manager, body).await.ok();
    }

    async fn patch(&self, manager: &str, key: &ObjectKey, api_version: &str, patch: &Value) {
        self.0.merge(manager, &Self::named(key, api_version), patch).await.ok();
    }

    async fn delete(&self, key: &ObjectKey, api_version: &str) {
        self.0.delete(&Self::named(key, api_version)).await.ok();
    }
}

async fn with(contract: impl AsyncFnOnce(&Subject<'_>)) {
    let plane = Plane::shared();
    let server = plane.server("fixture").await;
    with_crd(&server).await;
    let cluster = kubernetes(&plane, "contract").await;
    let name = nopea_tests::plane::unique("contract");
    let subject = Subject {
        applier: &cluster,
        view: &cluster,
        parent: &cluster,
        sink: &cluster,
        fixture: &Outside(server),
        name: &name,
    };
    contract(&subject).await;
}

#[tokio::test]
async fn kubernetes_is_written_as_the_contract_says() {
    with(contract::applier::holds).await;
}

#[tokio::test]
async fn kubernetes_is_read_as_the_contract_says() {
    with(contract::cluster_view::holds).await;
}

#[tokio::test]
async fn parents_are_held_as_the_contract_says() {
    with(contract::parent::holds).await;
}

#[tokio::test]
async fn statuses_are_shown_as_the_contract_says() {
    with(contract::status_sink::holds).await;
}
