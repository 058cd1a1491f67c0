//! Table tests of desired against live objects without a request.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fields::sample::{any_desired, any_json, applied, deployment, entry};

const WEB: &str = "/spec/template/spec/containers/0";
const WEB_PATH: &str = ".spec.template.spec.containers[name=\"web\"]";
const WEB_FIELDS: &str = "/metadata/managedFields/0/fieldsV1/f:spec/f:template/f:spec/\
                          f:containers/k:{\"name\":\"web\"}";

/// The Deployment as a server stores it.
fn live() -> Value {
    let mut live = applied(&deployment());
    web(&mut live)["imagePullPolicy"] = json!("Always");
    live
}

fn web(object: &mut Value) -> &mut Value {
    object.pointer_mut(WEB).unwrap()
}

fn web_fields(object: &mut Value) -> &mut serde_json::Map<String, Value> {
    object.pointer_mut(WEB_FIELDS).and_then(Value::as_object_mut).unwrap()
}

fn judge(change: impl FnOnce(&mut Value, &mut Value)) -> Verdict {
    let (mut desired, mut live) = (deployment(), live());
    change(&mut desired, &mut live);
    verify(&desired, &live)
}

fn differs(paths: &[&str]) -> Verdict {
    Verdict::Differs(paths.iter().map(|path| Text::from(*path)).collect())
}

fn unsure(path: &str) -> Verdict {
    Verdict::Unsure(vec![path.into()])
}

#[test]
fn an_applied_object_is_the_same_and_its_baseline_is_settled() {
    let desired = deployment();
    let live = live();
    let settled = baseline::settle(baseline::of(&live).unwrap(), &desired);
    // `strategy: {}` and `resources: {}` do not count, `args` does
    assert_eq!(settled.containers.len(), 1);
    assert_eq!(verify(&desired, &live), Verdict::Same(settled));
}

#[test]
fn what_git_changed_differs() {
    let image = format!("{WEB_PATH}.image");
    assert_eq!(judge(|git, _| web(git)["image"] = json!("web:2")), differs(&[&image]));
    let added = format!("{WEB_PATH}.tty");
    assert_eq!(judge(|git, _| web(git)["tty"] = json!(true)), differs(&[&added]));
    let dropped = judge(|git, _| {
        git["spec"].as_object_mut().unwrap().remove("replicas");
    });
    assert_eq!(dropped, differs(&[".spec.replicas"]));
    let env = format!("{WEB_PATH}.env[name=\"B\"]");
    let dropped = judge(|git, _| {
        web(git)["env"].as_array_mut().unwrap().pop();
    });
    assert_eq!(dropped, differs(&[&env]));
    let added = judge(|git, _| web(git)["env"].as_array_mut().unwrap().push(json!({"name": "C"})));
    assert_eq!(added, differs(&[&format!("{WEB_PATH}.env[2]")]));
    let label = judge(|git, _| git["metadata"]["labels"]["app"] = json!("x"));
    assert_eq!(label, differs(&[".metadata.labels.app"]));
}

#[test]
fn what_others_changed_or_took_differs() {
    let image = format!("{WEB_PATH}.image");
    assert_eq!(judge(|_, live| web(live)["image"] = json!("web:2")), differs(&[&image]));
    let taken = judge(|_, live| {
        web_fields(live).remove("f:image");
    });
    assert_eq!(taken, differs(&[&image]));
    let gone = judge(|_, live| {
        web(live)["env"].as_array_mut().unwrap().remove(0);
    });
    assert_eq!(gone, differs(&[&format!("{WEB_PATH}.env[name=\"A\"]")]));
    let unlabelled = judge(|_, live| live["metadata"]["labels"] = json!({}));
    assert_eq!(unlabelled, differs(&[".metadata.labels.app"]));
    let stripped = judge(|_, live| live["metadata"]["managedFields"] = json!([{}]));
    assert_eq!(stripped, differs(&[".metadata.managedFields"]));
}

#[test]
fn what_others_added_is_the_same() {
    let verdict = judge(|_, live| {
        web(live)["env"].as_array_mut().unwrap().insert(0, json!({"name": "X"}));
        live["metadata"]["labels"]["foreign"] = json!("1");
        live["status"] = json!({"replicas": 2});
        let fields = json!({"f:metadata": {"f:labels": {"f:foreign": {}}}});
        let foreign = entry("kubectl-label", "Update", live, &fields);
        live["metadata"]["managedFields"].as_array_mut().unwrap().insert(0, foreign);
    });
    assert!(matches!(verdict, Verdict::Same(_)), "{verdict:?}");
}

#[test]
fn other_spellings_filled_in_fields_and_another_order_are_left_to_a_dry_run() {
    let image = format!("{WEB_PATH}.image");
    let spelled = judge(|git, live| {
        web(git)["image"] = json!("1000m");
        web(live)["image"] = json!("1");
    });
    assert_eq!(spelled, unsure(&image));
    let filled = judge(|git, live| {
        web(git)["args"] = json!([{"fieldPath": "a"}]);
        web(live)["args"] = json!([{"fieldPath": "a", "apiVersion": "v1"}]);
    });
    assert_eq!(filled, unsure(&format!("{WEB_PATH}.args")));
    let reversed = judge(|_, live| web(live)["env"].as_array_mut().unwrap().reverse());
    assert_eq!(reversed, unsure(&format!("{WEB_PATH}.env")));
    let version = judge(|git, _| git["apiVersion"] = json!("apps/v2"));
    assert_eq!(version, unsure(".apiVersion"));
}

/// experiments 2d: two ports of one number, one protocol left to its default.
#[test]
fn an_item_that_leaves_a_key_to_its_default_is_found() {
    let git = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"},
        "spec": {"ports": [{"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP"},
                           {"name": "w", "port": 80}]}});
    let mut stored = applied(&git);
    assert!(matches!(verify(&git, &stored), Verdict::Same(_)));
    stored["spec"]["ports"][0]["name"] = json!("x");
    assert_eq!(verify(&git, &stored), differs(&[".spec.ports[port=53,protocol=\"TCP\"].name"]));
}

#[test]
fn nulls_and_empty_values_say_nothing_about_what_stands_there() {
    // others filled it in, or Git emptied it: the entry reads the same
    let filled = judge(|_, live| live["spec"]["strategy"] = json!({"type": "RollingUpdate"}));
    assert_eq!(filled, unsure(".spec.strategy"));
    let emptied = judge(|git, _| web(git)["args"] = json!([]));
    assert_eq!(emptied, unsure(&format!("{WEB_PATH}.args")));
    let emptied = judge(|git, _| git["spec"]["replicas"] = json!(null));
    assert_eq!(emptied, unsure(".spec.replicas"));
    let absent = judge(|git, live| {
        git["spec"]["replicas"] = json!(null);
        live["spec"].as_object_mut().unwrap().remove("replicas");
    });
    assert!(matches!(absent, Verdict::Same(_)), "{absent:?}");
    let unowned = judge(|git, _| {
        git["metadata"]["creationTimestamp"] = json!(null);
        git["spec"]["template"]["metadata"]["creationTimestamp"] = json!(null);
        git["spec"]["template"]["spec"]["extra"] = json!({"creationTimestamp": null});
        git["spec"]["template"]["spec"]["volumes"] = json!([]);
        git["status"] = json!({});
    });
    assert!(matches!(unowned, Verdict::Same(_)), "{unowned:?}");
    // somebody filled a list that Git has empty and that left no entry
    let filled = judge(|git, live| {
        git["spec"]["template"]["spec"]["volumes"] = json!([]);
        live["spec"]["template"]["spec"]["volumes"] = json!([{"name": "x"}]);
    });
    assert_eq!(filled, unsure(".spec.template.spec.volumes"));
}

#[test]
fn members_of_sets_are_compared_by_value() {
    let git = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "finalizers": ["x/a", "x/b"]}});
    let mut stored = git.clone();
    let fields = json!({"f:metadata": {"f:finalizers": {"v:\"x/a\"": {}, "v:\"x/b\"": {}}}});
    stored["metadata"]["managedFields"] = json!([entry("nopea", "Apply", &git, &fields)]);
    stored["metadata"]["finalizers"] = json!(["foreign/c", "x/a", "x/b"]);
    assert!(matches!(verify(&git, &stored), Verdict::Same(_)));
    stored["metadata"]["finalizers"] = json!(["x/b"]);
    assert_eq!(verify(&git, &stored), differs(&[".metadata.finalizers[=\"x/a\"]"]));
    let more = json!({"apiVersion": "v1", "metadata": {"finalizers": ["x/a", "x/b", "x/n"]}});
    stored["metadata"]["finalizers"] = json!(["x/a", "x/b", "x/n"]);
    assert_eq!(verify(&more, &stored), differs(&[".metadata.finalizers[2]"]));
}

/// A value without what is empty: there only presence counts.
fn filled(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().map(|(name, value)| (name.clone(), filled(value)));
            let kept: serde_json::Map<_, _> = kept.filter(|(_, value)| !value.is_null()).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(filled).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn a_map_in_place_of_a_list_differs_and_the_other_way_round() {
    let map = judge(|git, _| web(git)["env"] = json!({}));
    assert!(matches!(map, Verdict::Differs(_)), "{map:?}");
    let list = judge(|git, _| git["spec"]["selector"] = json!([]));
    assert!(matches!(list, Verdict::Differs(_)), "{list:?}");
}

proptest! {
    #[test]
    fn what_is_the_same_says_the_same(
        common in any_json(), before in any_json(), after in any_json()
    ) {
        let object = |value: &Value| json!({"apiVersion": "v1", "kind": "Thing",
            "metadata": {"name": "a"}, "spec": {"common": common, "value": value}});
        let (before, after) = (object(&before), object(&after));
        if let Verdict::Same(_) = verify(&after, &applied(&before)) {
            prop_assert_eq!(filled(&before), filled(&after));
        }
    }

    #[test]
    fn an_applied_object_is_always_the_same(desired in any_desired()) {
        let verdict = verify(&desired, &applied(&desired));
        prop_assert!(matches!(verdict, Verdict::Same(_)), "{verdict:?}");
    }

    #[test]
    fn nothing_panics(desired in any_json(), live in any_json(), fields in any_json()) {
        let mut live = json!({"apiVersion": "v1", "spec": live});
        live["metadata"]["managedFields"] = json!([entry("nopea", "Apply", &live, &fields)]);
        let desired = json!({"apiVersion": "v1", "spec": desired});
        match verify(&desired, &live) {
            Verdict::Same(_) => {}
            Verdict::Differs(paths) | Verdict::Unsure(paths) => {
                prop_assert!(!paths.is_empty() && paths.len() <= MAX_PATHS);
            }
        }
    }
}
