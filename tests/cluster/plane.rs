//! The control plane itself: what the other tests rely on.

use nopea_tests::plane::{Plane, eventually};
use serde_json::json;

#[tokio::test]
async fn a_deployment_becomes_available() {
    let plane = Plane::shared();
    let server = plane.server("deployment").await;
    let namespace = plane.namespace(&server, "deployment").await;
    let labels = json!({"app": "web"});
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "web"}]},
            },
        },
    });
    server.create("test", &web).await.ok();
    eventually("two Pods are ready", async || {
        let live = server.live(&web).await.ok();
        (live["status"]["readyReplicas"] == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_counts_requests_by_user_agent() {
    let plane = Plane::shared();
    let server = plane.server("counted/1").await;
    let mark = plane.mark();
    assert_eq!(plane.asked(mark, "counted/1").await, []);
    server.get("/api/v1/namespaces/default").await.ok();
    plane.server("uncounted").await.get("/api/v1/namespaces/default").await.ok();
    let asked = plane.asked(mark, "counted/1").await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].verb.as_str(), asked[0].code), ("get", 200));
}

#[tokio::test]
async fn a_component_of_a_plane_of_ones_own_can_be_paused_killed_and_started_again() {
    let plane = Plane::own("restarted");
    let server = plane.server("restarted").await;
    plane.pause("kube-controller-manager");
    plane.resume("kube-controller-manager");
    plane.kill("kube-apiserver").await;
    plane.start("kube-apiserver");
    server.ready().await;
    let node = server.get("/api/v1/nodes/node-1").await.ok();
    assert_eq!(node["metadata"]["name"], "node-1", "etcd has kept what was written");
}
