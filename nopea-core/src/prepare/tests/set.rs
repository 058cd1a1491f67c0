//! What becomes of a right set.

use super::*;
use crate::membership::{is_member, marks};

#[test]
fn a_set_comes_sorted_with_namespaces_and_marks() {
    let elsewhere = with(config("a"), "/metadata/namespace", json!("other"));
    let custom = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}});
    let set = run(&[custom, config("b"), definition("Thing", "things"), elsewhere]).unwrap();
    let keys: Vec<_> = set.objects.iter().map(|o| o.manifest.key.to_string()).collect();
    assert_eq!(
        keys,
        [
            "ConfigMap other/a",
            "ConfigMap team/b",
            "CustomResourceDefinition.apiextensions.k8s.io things.x.io",
            "Thing.x.io team/t",
        ]
    );
    for object in &set.objects {
        let Manifest { key, body, .. } = &object.manifest;
        assert!(is_member(&parent(), key, &marks(body)), "{key}");
        let namespace = body.pointer("/metadata/namespace").and_then(Value::as_str);
        assert_eq!(namespace.unwrap_or(""), &*key.namespace);
        assert_eq!(body["metadata"]["labels"]["nopea.io/repository"], "shop");
        assert_eq!(body["metadata"]["labels"]["nopea.io/namespace"], "team");
    }
    assert!(set.warnings.is_empty());
}

#[test]
fn names_that_only_some_kinds_may_have_pass() {
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:node:X"}});
    let api = json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1."}});
    assert_eq!(run(&[role, api, config("a.b-c.d")]).unwrap().objects.len(), 3);
}

#[test]
fn what_git_allows_is_read_from_annotations() {
    let notes = json!({"nopea.io/adopt": "true", "nopea.io/replace": "false",
        "nopea.io/depends-on": " /ConfigMap/shop/a, core/Namespace/shop,apps/Deployment/web, /ConfigMap/shop/a,"});
    let set = run(&[with(config("c"), "/metadata/annotations", notes)]).unwrap();
    let object = &set.objects[0];
    assert!(object.adopt && !object.replace);
    let named: Vec<_> = object.depends_on.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["ConfigMap shop/a", "Namespace shop", "Deployment.apps team/web"]);
}

#[test]
fn an_intent_changes_with_the_body_and_the_version_only() {
    let base = run(&[config("a")]).unwrap().objects.remove(0);
    assert_eq!(base.intent, run(&[config("a")]).unwrap().objects[0].intent);
    let changed = run(&[with(config("a"), "/data", json!({"k": "v"}))]).unwrap();
    assert_ne!(base.intent, changed.objects[0].intent);
    assert_ne!(intent("v1", &base.manifest.body), intent("v2", &base.manifest.body));
}

#[test]
fn services_may_share_what_is_no_address_and_use_a_port_for_two_protocols() {
    let service = |name: &str, spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec});
    let ports = json!([{"port": 53, "protocol": "TCP", "nodePort": 30053},
        {"port": 53, "protocol": "UDP", "nodePort": 30053}]);
    let same =
        service("c", json!({"ports": ports, "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}));
    let headless = json!({"clusterIP": "None", "ports": [{"port": 1, "nodePort": 0}]});
    assert!(run(&[service("a", headless.clone()), service("b", headless), same]).is_ok());
}

#[test]
fn the_kinds_to_ask_for_are_those_of_the_manifests() {
    let manifests = [manifest("a", config("a")), manifest("b", config("b"))];
    assert_eq!(kinds(&manifests), BTreeSet::from([GroupKind::new("", "ConfigMap")]));
}
