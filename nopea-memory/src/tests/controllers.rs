//! Waiting is real: what becomes ready, when, and what never does.

use std::time::Duration;

use nopea_core::{health::health, model::Health};
use serde_json::json;

use super::*;

fn health_of(cluster: &MemoryCluster, kind: &str, name: &str) -> Health {
    health(&cluster.get(&key(kind, name)).unwrap())
}

#[test]
fn workloads_become_healthy() {
    let cluster = cluster();
    applied(&cluster, &deployment("nginx:1"));
    let mut set = deployment("db:1");
    set["kind"] = json!("StatefulSet");
    set["metadata"]["name"] = json!("db");
    set["spec"]["serviceName"] = json!("db");
    applied(&cluster, &set);
    let mut daemons = deployment("log:1");
    daemons["kind"] = json!("DaemonSet");
    daemons["metadata"]["name"] = json!("log");
    applied(&cluster, &daemons);
    applied(
        &cluster,
        &json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "t"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    );
    for (kind, name) in [
        ("Deployment", "web"),
        ("StatefulSet", "db"),
        ("DaemonSet", "log"),
        ("PersistentVolumeClaim", "c"),
    ] {
        assert_eq!(health_of(&cluster, kind, name), Health::Healthy, "{kind}");
    }
}

#[test]
fn a_changed_image_rolls_out_and_the_old_pods_go() {
    let cluster = cluster();
    applied(&cluster, &deployment("nginx:1"));
    applied(&cluster, &deployment("nginx:2"));
    assert_eq!(health_of(&cluster, "Deployment", "web"), Health::Healthy);
    let pods = cluster.list(&key("Pod", "").kind);
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0]["spec"]["containers"][0]["image"], "nginx:2");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_ready_after_a_while_and_an_image_that_cannot_be_pulled_ends_its_deadline()
{
    let cluster = MemoryCluster::new();
    cluster.create_namespace("t");
    applied(&cluster, &deployment("nginx:1"));
    assert!(matches!(health_of(&cluster, "Deployment", "web"), Health::Progressing(_)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(health_of(&cluster, "Deployment", "web"), Health::Healthy);
    let mut broken = deployment("nginx:does-not-exist");
    broken["spec"]["progressDeadlineSeconds"] = json!(30);
    applied(&cluster, &broken);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(matches!(health_of(&cluster, "Deployment", "web"), Health::Progressing(_)));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(matches!(health_of(&cluster, "Deployment", "web"), Health::Degraded(_)));
}

#[test]
fn a_job_completes_or_fails() {
    let cluster = cluster();
    for (name, image) in [("good", "a:1"), ("bad", "fails:1")] {
        applied(
            &cluster,
            &json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "t"},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": image}]}}}}),
        );
    }
    assert_eq!(health_of(&cluster, "Job", "good"), Health::Healthy);
    assert!(matches!(health_of(&cluster, "Job", "bad"), Health::Degraded(_)));
}

#[test]
fn r1_a_services_labels_reach_its_slices_but_its_annotations_do_not() {
    let cluster = cluster();
    let mut body = service(&json!([{"port": 80}]));
    body["metadata"]["labels"] = json!({PART_OF: "x"});
    body["metadata"]["annotations"] = json!({"nopea.io/object": "y"});
    applied(&cluster, &body);
    let slices =
        cluster.list(&nopea_core::model::GroupKind::new("discovery.k8s.io", "EndpointSlice"));
    assert_eq!(slices[0]["metadata"]["labels"][PART_OF], "x");
    assert!(slices[0]["metadata"].get("annotations").is_none());
    assert_eq!(managers(&slices[0]), ["kube-controller-manager/Update"]);
}

#[test]
fn two_definitions_of_one_kind_leave_the_second_unestablished() {
    let cluster = cluster();
    applied(&cluster, &definition(&json!({"type": "object"})));
    let mut second = definition(&json!({"type": "object"}));
    second["metadata"]["name"] = json!("thingies.x.io");
    second["spec"]["names"]["plural"] = json!("thingies");
    applied(&cluster, &second);
    let conditions = |name: &str| {
        cluster.get(&key("CustomResourceDefinition", name)).unwrap()["status"]["conditions"]
            .to_string()
    };
    assert!(conditions("things.x.io").contains("InitialNamesAccepted"));
    assert!(conditions("thingies.x.io").contains("ListKindConflict"));
}

#[test]
fn controllers_can_rest() {
    let cluster = MemoryCluster::builder().pace(Pace::Immediate).controllers(false).build();
    cluster.create_namespace("t");
    applied(&cluster, &deployment("nginx:1"));
    let object = cluster.get(&key("Deployment", "web")).unwrap();
    assert!(object.get("status").is_none());
    assert_eq!(managers(&object), ["nopea/Apply"]);
}
