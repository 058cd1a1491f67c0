//! Table tests of baselines: what is drift of ours, and what is not (experiments 2a to 2c, R8 to R10).

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fields::sample::{any_desired, any_json, applied, deployment, entry};

const WEB: &str = "/spec/template/spec/containers/0";
const FIELDS: &str = "/metadata/managedFields/0/fieldsV1";
const WEB_FIELDS: &str = "/metadata/managedFields/0/fieldsV1/f:spec/f:template/f:spec/\
                          f:containers/k:{\"name\":\"web\"}";

fn at<'a>(object: &'a mut Value, pointer: &str) -> &'a mut Value {
    object.pointer_mut(pointer).unwrap()
}

/// Whether the object agrees with its state after the apply once `change` was done to it.
fn holds(change: impl FnOnce(&mut Value)) -> bool {
    let desired = deployment();
    let mut live = applied(&desired);
    let kept = settle(of(&live).unwrap(), &desired);
    change(&mut live);
    of(&live).is_some_and(|seen| agrees(&kept, &seen))
}

/// experiments 2a, first half: the server moves the field to the other manager's entry.
#[test]
fn what_others_take_from_us_is_seen() {
    assert!(!holds(|live| {
        at(live, WEB)["image"] = json!("web:2");
        at(live, WEB_FIELDS).as_object_mut().unwrap().remove("f:image");
    }));
    assert!(!holds(|live| {
        at(live, WEB)["env"].as_array_mut().unwrap().pop();
        at(live, WEB_FIELDS)["f:env"].as_object_mut().unwrap().remove(r#"k:{"name":"B"}"#);
    }));
    assert!(!holds(|live| *at(live, "/metadata/managedFields") = json!([])));
    assert!(!holds(|live| at(live, FIELDS)["f:spec"]["f:strategy"] = json!({"f:type": {}})));
}

/// experiments 2a and 2b: the entry stays as it was.
#[test]
fn another_value_under_our_own_name_or_by_admission_is_seen() {
    assert!(!holds(|live| at(live, WEB)["image"] = json!("web:2")));
    assert!(!holds(|live| at(live, WEB)["args"] = json!(["-v", "-v"])));
    assert!(!holds(|live| at(live, "/spec")["replicas"] = json!("2")));
    assert!(!holds(|live| {
        at(live, WEB).as_object_mut().unwrap().remove("args");
    }));
}

/// experiments 2b, R8.
#[test]
fn the_order_of_our_items_among_themselves_counts_and_foreign_ones_do_not() {
    assert!(!holds(|live| at(live, WEB)["env"].as_array_mut().unwrap().reverse()));
    assert!(holds(|live| {
        let foreign = json!({"name": "X", "value": "x"});
        at(live, WEB)["env"].as_array_mut().unwrap().insert(1, foreign);
    }));
}

/// experiments 2a, second half.
#[test]
fn what_others_add_and_the_server_fills_in_is_no_drift() {
    assert!(holds(|live| live["status"] = json!({"replicas": 2})));
    assert!(holds(|live| live["metadata"]["annotations"] = json!({"revision": "1"})));
    assert!(holds(|live| live["metadata"]["resourceVersion"] = json!("99")));
    assert!(holds(|live| at(live, WEB)["imagePullPolicy"] = json!("Always")));
    assert!(holds(|live| {
        live["metadata"]["managedFields"][0]["time"] = json!("2026-11-24T19:00:00Z");
        let foreign = entry("kubectl-edit", "Update", live, &json!({"f:spec": {"f:paused": {}}}));
        live["metadata"]["managedFields"].as_array_mut().unwrap().push(foreign);
        live["spec"]["paused"] = json!(true);
    }));
}

/// experiments 2c, R8: `strategy: {}`, `resources: {}`.
#[test]
fn what_git_leaves_empty_counts_by_presence_only() {
    assert!(holds(|live| at(live, "/spec")["strategy"] = json!({"type": "RollingUpdate"})));
    assert!(holds(|live| at(live, WEB)["resources"] = json!({"limits": {"cpu": "1"}})));
    assert!(holds(|live| {
        at(live, WEB).as_object_mut().unwrap().remove("resources");
    }));
}

#[test]
fn empty_values_are_found_below_items_of_any_key() {
    let desired = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 53, "extra": {}}], "things": [
            {"id": "a", "zone": 1, "opts": null}]}});
    let mut live = applied(&desired);
    live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:things"] =
        json!({r#"k:{"id":"a","zone":1}"#: {".": {}, "f:id": {}, "f:zone": {}, "f:opts": {}}});
    let seen = of(&live).unwrap();
    assert_eq!(seen.containers.len(), 2);
    assert!(settle(seen, &desired).containers.is_empty());
}

/// An atomic value reads alike in the entry whatever it is: `podSelector: {}` filled in Git.
#[test]
fn another_intent_is_told_by_equality_of_settled_baselines() {
    let settled = |desired: &Value| settle(of(&applied(desired)).unwrap(), desired);
    let mut emptied = deployment();
    *at(&mut emptied, WEB) = json!({"name": "web", "args": []});
    let mut filled = emptied.clone();
    at(&mut filled, WEB)["args"] = json!(["-q"]);
    assert_eq!(settled(&emptied), settled(&emptied));
    assert_ne!(settled(&emptied), settled(&filled));
    // agreement would miss it
    assert!(agrees(&settled(&emptied), &of(&applied(&filled)).unwrap()));
}

/// experiments 2c, R9.
#[test]
fn an_entry_of_another_version_is_no_baseline() {
    let mut live = applied(&deployment());
    live["apiVersion"] = json!("apps/v2");
    assert_eq!(of(&live), None);
    let v2 = entry("nopea", "Apply", &live, &json!({"f:spec": {"f:replicas": {}}}));
    live["metadata"]["managedFields"].as_array_mut().unwrap().push(v2);
    assert!(of(&live).is_some());
}

#[test]
fn entries_under_our_name_that_are_no_applies_of_ours_are_not_ours() {
    let mut live = applied(&deployment());
    live["metadata"]["managedFields"][0]["subresource"] = json!("status");
    assert_eq!(of(&live), None);
    live["metadata"]["managedFields"][0]["subresource"] = json!("");
    live["metadata"]["managedFields"][0]["operation"] = json!("Update");
    assert_eq!(of(&live), None);
}

proptest! {
    #[test]
    fn nothing_panics_and_a_baseline_agrees_with_itself(object in any_json(), desired in any_json()) {
        if let Some(seen) = of(&object) {
            prop_assert!(agrees(&settle(seen.clone(), &desired), &seen));
        }
    }

    #[test]
    fn of_what_git_leaves_empty_nothing_is_kept(desired in any_desired()) {
        let live = applied(&desired);
        let seen = of(&live).unwrap();
        let crate::verify::Verdict::Same(exact) = crate::verify::verify(&desired, &live) else {
            return Err(TestCaseError::fail("an applied object differs"));
        };
        prop_assert_eq!(settle(seen, &desired), exact);
    }
}
