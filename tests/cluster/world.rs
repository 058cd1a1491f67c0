//! What the tests of the suite have in common: bodies, the adapter, the custom resource. It expects nothing.

use nopea_core::{
    membership::{NAMESPACE, OBJECT, PART_OF, REPOSITORY, object_mark, part_of_id},
    model::{Manifest, ObjectKey, Origin, RepoKey, Text, Uid},
};
use nopea_k8s::Kubernetes;
use nopea_tests::plane::{Plane, Server, eventually};
use serde_json::{Value, json};

/// The adapter under a user agent of its own.
pub(crate) async fn kubernetes(plane: &Plane, agent: &str) -> Kubernetes {
    let client = nopea_k8s::client(plane.config(agent).await).unwrap();
    Kubernetes::builder(client).build()
}

/// Installs the custom resource, and waits until it is served.
pub(crate) async fn with_crd(server: &Server) {
    let crd = serde_json::to_value(nopea_k8s::crd()).unwrap();
    server.apply("install", &crd, "").await.ok();
    eventually("repositories are served", async || {
        (server.get("/apis/nopea.io/v1alpha1/gitrepositories").await.code == 200).then_some(())
    })
    .await;
}

/// A repository that nobody answers for.
pub(crate) fn git_repository(repo: &RepoKey) -> Value {
    json!({
        "apiVersion": "nopea.io/v1alpha1", "kind": "GitRepository",
        "metadata": {"name": &*repo.name, "namespace": &*repo.namespace},
        "spec": {"url": "https://git.test/shop"},
    })
}

/// A config map.
pub(crate) fn config(namespace: &str, name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": data,
        "metadata": {"name": name, "namespace": namespace},
    })
}

/// The same as a member of a repository.
pub(crate) fn member(mut body: Value, repo: &RepoKey, uid: &str) -> Value {
    let mark = object_mark(&Uid::new(uid), &key(&body));
    body["metadata"]["labels"] = json!({
        PART_OF: &*part_of_id(repo), REPOSITORY: &*repo.name, NAMESPACE: &*repo.namespace,
    });
    body["metadata"]["annotations"] = json!({OBJECT: &*mark});
    body
}

/// The key of a body.
pub(crate) fn key(body: &Value) -> ObjectKey {
    let text = |value: &Value| Text::from(value.as_str().unwrap_or_default());
    let version = body["apiVersion"].as_str().unwrap();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let metadata = &body["metadata"];
    ObjectKey::new(
        group,
        text(&body["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    )
}

/// A body as the renderer gives it.
pub(crate) fn manifest(body: &Value) -> Manifest {
    Manifest {
        key: key(body),
        api_version: body["apiVersion"].as_str().unwrap().into(),
        body: std::sync::Arc::new(body.clone()),
        origin: Origin { file: "test.yaml".into(), line: 1, column: 1 },
    }
}
