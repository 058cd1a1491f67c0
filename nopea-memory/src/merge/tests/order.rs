//! Experiments 2b and structured-merge-diff's own table: the order of keyed items after an apply.

use super::*;

/// Merges two finalizer lists, which are sets, and answers the order.
fn merged(live: &[&str], applied: &[&str]) -> Vec<String> {
    let mut stage = Stage::of("v1", "ConfigMap");
    let body = |items: &[&str]| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": items}});
    stage.post("other", &body(live));
    stage.force("nopea", &body(applied));
    let items = stage.live()["metadata"]["finalizers"].as_array().unwrap().clone();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn applied_items_keep_their_order_and_the_others_their_place() {
    assert_eq!(merged(&["1", "2"], &["2", "1"]), ["2", "1"]);
    assert_eq!(merged(&["a", "b"], &["c"]), ["a", "b", "c"]);
    assert_eq!(merged(&["a", "b", "c"], &["c", "a"]), ["b", "c", "a"]);
    assert_eq!(merged(&["a", "x", "b"], &["a", "b"]), ["a", "x", "b"]);
    assert_eq!(merged(&["a", "x", "b"], &["b", "a"]), ["x", "b", "a"]);
    assert_eq!(merged(&["a", "c"], &["a", "b", "c"]), ["a", "b", "c"]);
}

fn env(names: &[&str]) -> Value {
    let mut body = deployment();
    let env: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "1"})).collect();
    body["spec"]["template"]["spec"]["containers"][0]["env"] = Value::Array(env);
    body
}

#[test]
fn an_order_reversed_by_somebody_leaves_our_entry_and_the_heal_restores_it() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &env(&["A", "B"]));
    let (fields, body) = (stage.fields("nopea"), stage.body());
    let mut new = stage.live().clone();
    new["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap().reverse();
    stage.put("kubectl-replace", &new);
    assert_eq!(stage.fields("nopea"), fields);
    assert_ne!(stage.body(), body);
    stage.force("nopea", &env(&["A", "B"]));
    assert_eq!((stage.fields("nopea"), stage.body()), (fields, body));
}

#[test]
fn a_foreign_item_between_ours_stays_there() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &env(&["A", "B"]));
    let mut new = stage.live().clone();
    let items = new.pointer_mut("/spec/template/spec/containers/0/env").unwrap();
    items.as_array_mut().unwrap().insert(1, json!({"name": "X", "value": "1"}));
    stage.put("puts", &new);
    let before = stage.live().clone();
    stage.force("nopea", &env(&["A", "B"]));
    assert_eq!(stage.live(), &before);
}
