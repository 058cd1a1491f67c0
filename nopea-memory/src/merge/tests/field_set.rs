//! Field sets on the wire, and their algebra on small cases.

use super::*;

fn set(fields: &Value) -> FieldSet {
    FieldSet::from_fields_v1(fields).unwrap()
}

#[test]
fn a_deployment_owns_named_items_atomic_lists_and_leaves() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    assert_eq!(
        stage.fields("nopea"),
        json!({
            "f:metadata": {"f:labels": {"f:own": {}}},
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:template": {
                    "f:metadata": {"f:labels": {"f:app": {}}},
                    "f:spec": {
                        "f:containers": {"k:{\"name\":\"c\"}": {
                            ".": {}, "f:name": {}, "f:image": {}, "f:args": {},
                            "f:env": {
                                "k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}},
                                "k:{\"name\":\"B\"}": {".": {}, "f:name": {}, "f:value": {}}
                            },
                            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                            "f:resources": {"f:limits": {"f:cpu": {}}}
                        }},
                        "f:tolerations": {},
                        "f:nodeSelector": {}
                    }
                }
            }
        })
    );
}

#[test]
fn set_members_are_owned_by_value() {
    let mut stage = Stage::of("v1", "ConfigMap");
    let mut body = config_map(&json!({"a": "1"}));
    body["metadata"]["finalizers"] = json!(["x/y", "a&b"]);
    stage.force("nopea", &body);
    assert_eq!(
        stage.fields("nopea")["f:metadata"],
        json!({"f:finalizers": {"v:\"x/y\"": {}, "v:\"a\\u0026b\"": {}}})
    );
}

#[test]
fn elements_of_an_unknown_kind_are_left_out_and_malformed_ones_refused() {
    assert_eq!(set(&json!({"z:new": {}, "f:a": {}})).to_fields_v1(), json!({"f:a": {}}));
    for key in ["a", "nothing", "v:{", "k:[]", "i:x"] {
        let error = FieldSet::from_fields_v1(&json!({key: {}})).unwrap_err();
        assert_eq!(error.key, key);
    }
}

#[test]
fn a_difference_leaves_what_lies_below_and_a_recursive_one_does_not() {
    let one = set(&json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
    let two = set(&json!({"f:a": {}}));
    assert_eq!(one.difference(&two).to_fields_v1(), json!({"f:a": {"f:b": {}}, "f:c": {}}));
    assert_eq!(one.recursive_difference(&two).to_fields_v1(), json!({"f:c": {}}));
    assert_eq!(one.intersection(&two).to_fields_v1(), json!({"f:a": {}}));
    assert_eq!(two.union(&one), one);
}

#[test]
fn leaves_are_the_members_with_nothing_below() {
    let set = set(&json!({"f:a": {".": {}, "k:{\"n\":1}": {".": {}, "f:n": {}}}}));
    let text = |paths: Vec<Path>| paths.iter().map(|path| path_text(path)).collect::<Vec<_>>();
    assert_eq!(text(set.leaves()), [".a[n=1].n"]);
    assert_eq!(text(set.members()), [".a", ".a[n=1]", ".a[n=1].n"]);
}

#[test]
fn numbers_are_one_key_whatever_their_spelling() {
    assert_eq!(set(&json!({"k:{\"n\":1}": {}})), set(&json!({"k:{\"n\":1.0}": {}})));
}
