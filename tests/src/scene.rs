//! A namespace on a real cluster, a Git repository over HTTP, and an operator that serves the one from the
//! other: what most tests of the operator begin with. Asserts nothing about what happens then.

use std::{cell::RefCell, collections::BTreeMap};

use nopea_core::{membership::part_of_id, model::RepoKey};
use nopea_git::testing::{Repository, Server as GitServer};
use serde_json::{Value, json};

use crate::{
    operator::Operator,
    plane::{Answer, Plane, Server, eventually, eventually_or},
};

/// The annotation that asks for a sync.
const SYNC: &str = "nopea.io/sync-requested-at";

/// All that a test of the operator needs.
#[derive(Debug)]
pub struct Scene {
    /// The cluster.
    pub plane: Plane,
    /// Its API server, asked as its administrator.
    pub server: Server,
    /// A namespace that nobody else uses.
    pub namespace: String,
    /// What is declared.
    pub repository: Repository,
    /// Who gives it out.
    pub git: GitServer,
    /// Who serves the namespace.
    pub operator: Operator,
}

impl Scene {
    /// On the shared plane; the operator runs.
    ///
    /// # Panics
    ///
    /// Where there is no plane.
    pub async fn new(name: &str) -> Self {
        Self::on(Plane::shared(), name).await
    }

    /// On this plane; the operator runs.
    ///
    /// # Panics
    ///
    /// Where the plane refuses.
    pub async fn on(plane: Plane, name: &str) -> Self {
        Self::with(plane, name, &[]).await
    }

    /// On this plane; the operator runs with these arguments.
    ///
    /// # Panics
    ///
    /// Where the plane refuses.
    pub async fn with(plane: Plane, name: &str, arguments: &[&str]) -> Self {
        let server = plane.server("test").await;
        install(&server).await;
        let namespace = plane.namespace(&server, name).await;
        let repository = Repository::new();
        let git = GitServer::start(repository.root()).await;
        let mut operator = Operator::of(&plane, &namespace).with(arguments);
        operator.start();
        Self { plane, server, namespace, repository, git, operator }
    }

    /// Where the repository is given out.
    pub fn url(&self) -> String {
        self.git.url("app/.git").expose().to_owned()
    }

    /// A `GitRepository` of this name with these fields beside the url.
    pub fn declaration(&self, name: &str, mut spec: Value) -> Value {
        if spec["url"].is_null() {
            spec["url"] = json!(self.url());
        }
        json!({
            "apiVersion": "nopea.io/v1alpha1", "kind": "GitRepository",
            "metadata": {"name": name, "namespace": self.namespace}, "spec": spec,
        })
    }

    /// Declares it, as a user does.
    pub async fn declare(&self, name: &str, spec: Value) -> Answer {
        self.server.apply("kubectl", &self.declaration(name, spec), "").await
    }

    /// The declaration as it lives.
    pub async fn declared(&self, name: &str) -> Answer {
        self.server.live(&self.declaration(name, json!({}))).await
    }

    /// Annotates the declaration.
    pub async fn annotate(&self, name: &str, annotation: &str, value: &str) {
        let patch = json!({"metadata": {"annotations": {annotation: value}}});
        let object = self.declaration(name, json!({}));
        self.server.merge("kubectl-annotate", &object, &patch).await.ok();
    }

    /// Asks for a sync, as `kubectl annotate` does.
    pub async fn sync(&self, name: &str) {
        self.annotate(name, SYNC, &crate::plane::unique("sync")).await;
    }

    /// Asks for a sync and waits until that wish was answered, well or badly; gives the status.
    pub async fn answered(&self, name: &str) -> Value {
        let token = crate::plane::unique("sync");
        self.annotate(name, SYNC, &token).await;
        self.status(name, "the sync is answered", |status| status["syncToken"] == token).await
    }

    /// Waits until a fault of this code stands, and gives the status.
    pub async fn faulty(&self, name: &str, code: &str) -> Value {
        let wished = |status: &Value| {
            condition(status, "Ready") == "False" && faults(status).any(|one| one["code"] == code)
        };
        self.status(name, &format!("fault {code}"), wished).await
    }

    /// Deletes the declaration, and does not wait.
    pub async fn undeclare(&self, name: &str) {
        self.server.delete(&self.declaration(name, json!({}))).await.ok();
    }

    /// Waits until the status is as wished, and gives it.
    pub async fn status(&self, name: &str, what: &str, wished: impl Fn(&Value) -> bool) -> Value {
        let last = RefCell::new(Value::Null);
        let said = || format!("{name}: {what}; but {:#}", last.borrow());
        eventually_or(said, async || {
            let status = self.declared(name).await.body["status"].take();
            last.replace(status.clone());
            wished(&status).then_some(status)
        })
        .await
    }

    /// Waits until the cluster is what the commit says, by the status.
    pub async fn synced(&self, name: &str, commit: &str) -> Value {
        let wished = |status: &Value| {
            status["appliedCommit"] == commit && condition(status, "Ready") == "True"
        };
        self.status(name, &format!("Ready at {commit}"), wished).await
    }

    /// Waits until a condition has this status, and gives its message.
    pub async fn waits_for(&self, name: &str, kind: &str, holds: &str) -> Value {
        self.status(name, &format!("{kind}={holds}"), |status| condition(status, kind) == holds)
            .await
    }

    /// The objects of kind `ConfigMap` with the mark of the declaration, by name, with their data.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    pub async fn members(&self, name: &str) -> BTreeMap<String, Value> {
        let part_of = part_of_id(&RepoKey::new(self.namespace.as_str(), name));
        let query = format!("labelSelector=applyset.kubernetes.io/part-of={part_of}");
        let path = format!("/api/v1/namespaces/{}/configmaps?{query}", self.namespace);
        let list = self.server.get(&path).await.ok();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items
            .into_iter()
            .map(|item| {
                (item["metadata"]["name"].as_str().unwrap().to_owned(), item["data"].clone())
            })
            .collect()
    }

    /// A `ConfigMap` of the namespace, as a body.
    pub fn config_map(&self, name: &str, value: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": self.namespace}, "data": {"value": value},
        })
    }
}

/// The status of a condition; empty where there is none.
pub fn condition<'a>(status: &'a Value, kind: &str) -> &'a str {
    part(status, kind, "status")
}

/// The faults of a status.
pub fn faults(status: &Value) -> impl Iterator<Item = &Value> {
    status["faults"].as_array().into_iter().flatten()
}

/// The message of a condition; empty where there is none.
pub fn message<'a>(status: &'a Value, kind: &str) -> &'a str {
    part(status, kind, "message")
}

fn part<'a>(status: &'a Value, kind: &str, part: &str) -> &'a str {
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = conditions.iter().find(|condition| condition["type"] == kind);
    found.and_then(|condition| condition[part].as_str()).unwrap_or_default()
}

/// The text of a `ConfigMap` in a file.
pub fn config_map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  value: {value:?}\n"
    )
}

async fn install(server: &Server) {
    let definition = serde_json::to_value(nopea_k8s::crd()).unwrap();
    server.apply("install", &definition, "").await.ok();
    eventually("GitRepositories are served", async || {
        let list = server.get("/apis/nopea.io/v1alpha1/gitrepositories?limit=1").await;
        (list.code == 200).then_some(())
    })
    .await;
}
