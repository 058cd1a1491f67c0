//! Table tests of the walk over fieldsV1 beside live objects of any shape.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fields::sample::any_json;

fn seen(fields: &Value, live: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(fields, live, &mut |leaf| {
        let value = leaf.live.map_or_else(|| "-".to_owned(), Value::to_string);
        found.push(format!("{} {value}", leaf.path));
    });
    found
}

#[test]
fn items_come_in_live_order_and_the_gone_ones_last() {
    let fields = json!({"f:env": {
        r#"k:{"name":"A"}"#: {".": {}, "f:value": {}},
        r#"k:{"name":"B"}"#: {".": {}, "f:value": {}},
        r#"k:{"name":"C"}"#: {".": {}, "f:value": {}},
    }});
    let live = json!({"env": [{"name": "C", "value": "3"}, {"name": "X"}, {"name": "A"}]});
    let expected =
        [r#".env[name="C"].value "3""#, r#".env[name="A"].value -"#, r#".env[name="B"].value -"#];
    assert_eq!(seen(&fields, &live), expected);
}

#[test]
fn an_item_matches_only_with_all_its_keys() {
    let fields = json!({"f:ports": {
        r#"k:{"port":53,"protocol":"TCP"}"#: {".": {}, "f:port": {}},
        r#"k:{"port":53,"protocol":"UDP"}"#: {".": {}, "f:port": {}},
    }});
    let live = json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]});
    let expected =
        [r#".ports[port=53,protocol="UDP"].port 53"#, r#".ports[port=53,protocol="TCP"].port -"#];
    assert_eq!(seen(&fields, &live), expected);
}

#[test]
fn members_of_a_set_are_found_by_equality() {
    let fields = json!({"f:finalizers": {"v:\"a\"": {}, "v:\"b\"": {}, "v:\"c\"": {}}});
    let live = json!({"finalizers": ["b", "x", "a"]});
    let expected =
        [r#".finalizers[="b"] "b""#, r#".finalizers[="a"] "a""#, r#".finalizers[="c"] -"#];
    assert_eq!(seen(&fields, &live), expected);
}

#[test]
fn other_shapes_than_named_read_as_absent() {
    let fields = json!({"f:a": {"f:b": {}}, "f:c": {r#"k:{"name":"x"}"#: {"f:y": {}}},
        "f:d": {"v:1": {}}, "f:e": null, "k:no json": {}});
    let live = json!({"a": [1], "c": {"name": "x"}, "d": "1", "e": [1]});
    let expected = [".a.b -", r#".c[name="x"].y -"#, ".d[=1] -", ".e [1]"];
    assert_eq!(seen(&fields, &live), expected);
}

#[test]
fn beyond_the_depth_a_value_is_one_leaf() {
    let (mut fields, mut live) = (json!({}), json!(1));
    for _ in 0..400 {
        (fields, live) = (json!({"f:a": fields}), json!({"a": live}));
    }
    let mut depths = Vec::new();
    walk(&fields, &live, &mut |leaf| depths.push(leaf.path.len() / 2));
    assert_eq!(depths, [MAX_DEPTH + 1]);
}

proptest! {
    #[test]
    fn a_walk_over_anything_ends(fields in any_json(), live in any_json()) {
        let mut leaves = 0;
        walk(&fields, &live, &mut |leaf| { assert!(!leaf.path.is_empty()); leaves += 1; });
        prop_assert!(leaves < 10_000);
    }
}
