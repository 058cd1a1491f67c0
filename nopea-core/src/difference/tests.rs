//! Table tests of differences between two objects.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fields::sample::{any_json, applied, deployment};

fn paths(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let before = deployment();
    let mut after = before.clone();
    change(&mut after);
    fields(&before, &after).iter().map(ToString::to_string).collect()
}

fn web(object: &mut Value) -> &mut Value {
    object.pointer_mut("/spec/template/spec/containers/0").unwrap()
}

#[test]
fn what_the_server_keeps_for_itself_is_no_difference() {
    let before = applied(&deployment());
    let mut after = before.clone();
    after["metadata"]["resourceVersion"] = json!("2");
    after["metadata"]["uid"] = json!("u2");
    after["metadata"]["managedFields"] = json!([]);
    after["metadata"]["generation"] = json!(2);
    after["metadata"]["creationTimestamp"] = json!("2026-11-24T18:00:00Z");
    after["status"] = json!({"replicas": 1});
    assert!(fields(&before, &after).is_empty());
}

#[test]
fn items_of_lists_are_told_apart_by_their_keys() {
    const WEB: &str = ".spec.template.spec.containers[name=\"web\"]";
    assert_eq!(paths(|after| web(after)["image"] = json!("x")), [format!("{WEB}.image")]);
    assert_eq!(
        paths(|after| web(after)["env"] = json!([{"name": "B", "value": "3"}, {"name": "C"}])),
        ["A", "B", "C"].map(|name| match name {
            "B" => format!("{WEB}.env[name=\"B\"].value"),
            name => format!("{WEB}.env[name=\"{name}\"]"),
        })
    );
    assert_eq!(
        paths(|after| web(after)["ports"] = json!([{"containerPort": 80, "name": "http"}])),
        [format!("{WEB}.ports[containerPort=80,protocol=\"TCP\"].name")]
    );
    assert_eq!(
        paths(|after| web(after)["env"].as_array_mut().unwrap().reverse()),
        [format!("{WEB}.env")]
    );
    assert_eq!(paths(|after| web(after)["args"] = json!(["-q"])), [format!("{WEB}.args")]);
}

#[test]
fn items_that_nothing_tells_apart_are_compared_by_place() {
    let rules = |hosts: &[&str]| {
        let rules: Vec<_> = hosts.iter().map(|host| json!({"host": {"h": host}})).collect();
        json!({"rules": rules})
    };
    let paths = fields(&rules(&["a", "b"]), &rules(&["a", "c", "d"]));
    assert_eq!(paths, [Text::from(".rules[1].host.h"), ".rules[2]".into()]);
}

#[test]
fn values_are_shown_shortened_and_those_of_secrets_are_not() {
    let before = json!({"data": {"a": "MQ=="}, "metadata": {"annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": "{data:{a:MQ==}}"}}});
    let after = json!({"data": {"b": "Mg=="}, "stringData": {"c": "3"}, "type": "x".repeat(200),
        "metadata": {"labels": {"l": "v"}}});
    let shown: Vec<_> = changes(&before, &after, true)
        .iter()
        .map(|change| (change.path.to_string(), change.from.clone(), change.to.clone()))
        .collect();
    let text = |text: &str| Some(Text::from(text));
    assert_eq!(
        shown,
        [
            (".data.a".to_owned(), text(MASK), None),
            (".data.b".to_owned(), None, text(MASK)),
            (LAST_APPLIED.to_owned(), text(MASK), None),
            (".metadata.labels.l".to_owned(), None, text("\"v\"")),
            (".stringData.c".to_owned(), None, text(MASK)),
            (".type".to_owned(), None, text(&format!("\"{}…", "x".repeat(MAX_VALUE - 1)))),
        ]
    );
    let plain = changes(&before, &after, false);
    assert_eq!(plain[0].from.as_deref(), Some("\"MQ==\""));
}

#[test]
fn a_long_list_of_changes_is_cut() {
    let many: serde_json::Map<_, _> = (0..500).map(|n| (format!("k{n}"), json!(n))).collect();
    assert_eq!(fields(&json!({}), &json!({"data": many})).len(), MAX_CHANGES);
}

proptest! {
    #[test]
    fn values_differ_where_a_path_says_so(before in any_json(), after in any_json()) {
        let (before, after) = (json!({"spec": before}), json!({"spec": after}));
        prop_assert_eq!(fields(&before, &after).is_empty(), before == after);
        prop_assert_eq!(fields(&before, &after).len(), fields(&after, &before).len());
        prop_assert!(fields(&before, &before).is_empty());
    }

    #[test]
    fn of_a_secret_no_value_is_shown(data in any_json()) {
        let (before, after) = (json!({}), json!({"data": {"a": data.clone(), "b": [data]}}));
        for change in changes(&before, &after, true) {
            prop_assert!(change.to.is_none_or(|to| &*to == MASK));
        }
    }
}
