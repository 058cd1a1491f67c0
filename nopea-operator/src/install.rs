//! Holds `deploy/install.yaml` to what it promises: whole, consistent, and restricted as the Pod
//! Security Standards say. It asks no cluster.

use clap::Parser as _;
use serde_json::{Value, json};

use crate::args::Arguments;

const INSTALL: &str = include_str!("../../deploy/install.yaml");

fn documents() -> Vec<Value> {
    use serde::Deserialize as _;
    let documents = serde_yaml::Deserializer::from_str(INSTALL);
    documents.map(|document| Value::deserialize(document).unwrap()).collect()
}

fn named(kind: &str, name: &str) -> Value {
    let wanted =
        |document: &Value| document["kind"] == kind && document["metadata"]["name"] == name;
    documents().into_iter().find(wanted).unwrap()
}

fn pod() -> Value {
    named("Deployment", "nopea-operator")["spec"]["template"].clone()
}

fn containers() -> Vec<Value> {
    pod()["spec"]["containers"].as_array().unwrap().clone()
}

#[test]
fn every_document_has_a_kind_and_a_name_and_is_there_once() {
    let mut ids: Vec<_> = documents()
        .iter()
        .map(|document| {
            assert!(document["apiVersion"].is_string());
            format!("{} {}", document["kind"], document["metadata"]["name"])
        })
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), all), (8, 8));
}

#[test]
fn what_is_namespaced_is_in_the_namespace_that_comes_first() {
    let documents = documents();
    assert_eq!(documents[0]["kind"], "Namespace");
    for document in &documents {
        let cluster_wide = ["Namespace", "ClusterRole", "ClusterRoleBinding"]
            .map(Value::from)
            .contains(&document["kind"]);
        let namespace = document["metadata"].get("namespace");
        assert_eq!(namespace.is_none(), cluster_wide, "{}", document["kind"]);
        assert!(namespace.is_none_or(|name| *name == documents[0]["metadata"]["name"]));
    }
}

/// The fields that the standard `restricted` wants of a Pod (Kubernetes, Pod Security Standards).
#[test]
fn the_pod_is_restricted() {
    let spec = &pod()["spec"];
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
    assert!(spec["securityContext"]["runAsUser"].as_u64().unwrap() > 0);
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        assert!(spec.get(field).is_none(), "{field}");
    }
    for volume in spec["volumes"].as_array().unwrap() {
        let allowed =
            ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "projected", "secret"];
        assert!(allowed.iter().any(|kind| volume.get(kind).is_some()), "{volume}");
    }
    for container in containers() {
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
        assert!(context.get("privileged").is_none());
        let host_port = |port: &Value| port.get("hostPort").is_some();
        assert!(!container["ports"].as_array().unwrap().iter().any(host_port));
    }
}

#[test]
fn the_operator_understands_its_arguments_and_writes_into_its_volume_alone() {
    let container = &containers()[0];
    let words = container["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let arguments = Arguments::try_parse_from(["nopea-operator"].into_iter().chain(words)).unwrap();
    assert_eq!(arguments.health_addr.port(), 8080);
    assert_eq!(container["ports"][0]["containerPort"], 8080);
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
    assert!(arguments.data_dir.unwrap().starts_with(mount));
    assert_eq!(container["env"][0], json!({"name": "TMPDIR", "value": mount}));
}

#[test]
fn the_probes_and_the_service_find_the_port_and_the_pods() {
    let container = &containers()[0];
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["port"], container["ports"][0]["name"]);
    }
    let service = named("Service", "nopea-operator");
    let labels = &pod()["metadata"]["labels"];
    assert_eq!(service["spec"]["selector"], *labels);
    assert_eq!(named("Deployment", "nopea-operator")["spec"]["selector"]["matchLabels"], *labels);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], container["ports"][0]["name"]);
}

#[test]
fn each_binding_gives_an_existing_role_to_the_account_that_runs() {
    let account = pod()["spec"]["serviceAccountName"].clone();
    let bindings =
        documents().into_iter().filter(|document| document["kind"] == "ClusterRoleBinding");
    let mut bound = 0;
    for binding in bindings {
        let role = binding["roleRef"]["name"].as_str().unwrap();
        assert!(named("ClusterRole", role)["rules"].is_array());
        assert_eq!(binding["subjects"][0]["name"], account);
        bound += 1;
    }
    assert_eq!(bound, 2);
}
