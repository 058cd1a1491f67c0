//! Table tests of fields that others give back (R12).

use serde_json::json;

use super::*;
use crate::fields::sample::{deployment, entry, fields};

fn config(others: &[Value]) -> Value {
    let base = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
        "data": {"a": "1", "b": "2"}});
    let mut object = base.clone();
    let mut entries = vec![entry("nopea", "Apply", &base, &fields(&base))];
    entries.extend(others.iter().cloned());
    object["metadata"]["managedFields"] = json!(entries);
    object
}

fn update(manager: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": fields})
}

#[test]
fn where_nothing_overlaps_nothing_is_handed_back() {
    let status = json!({"manager": "hpa", "operation": "Update", "subresource": "scale",
        "apiVersion": "v1", "fieldsV1": {"f:data": {"f:a": {}}}});
    let applier = json!({"manager": "other", "operation": "Apply", "apiVersion": "v1",
        "fieldsV1": {"f:data": {"f:a": {}}}});
    let foreign = update("kubectl-edit", &json!({"f:data": {"f:u": {}}}));
    for object in [config(&[]), config(&[status, applier, foreign]), json!({}), json!([])] {
        assert_eq!(managed_fields(&object), None, "{object}");
        assert!(!overlaps(&object), "{object}");
    }
}

/// experiments 3 E and F: `kubectl create` keeps a, b and extra.
#[test]
fn of_an_adopted_object_the_creator_keeps_only_what_git_does_not_name() {
    let created = update(
        "kubectl-create",
        &json!({"f:data": {".": {}, "f:a": {}, "f:b": {},
        "f:extra": {}}}),
    );
    let object = config(std::slice::from_ref(&created));
    let left = managed_fields(&object).unwrap();
    assert_eq!(left[0], object["metadata"]["managedFields"][0]);
    assert_eq!(left[1]["fieldsV1"], json!({"f:data": {".": {}, "f:extra": {}}}));
    assert_eq!(left[1]["manager"], "kubectl-create");
    assert!(overlaps(&object));
}

/// experiments 3 C, J: an entry that named nothing else goes.
#[test]
fn an_entry_with_nothing_left_is_dropped_and_the_answer_overlaps_no_more() {
    let changed_back = update("kubectl-patch", &json!({"f:data": {"f:b": {}}}));
    let before = update("before-first-apply", &json!({"f:data": {".": {}, "f:a": {}}}));
    let mut object = config(&[changed_back, before]);
    let left = managed_fields(&object).unwrap();
    assert_eq!(left.as_array().unwrap().len(), 1);
    object["metadata"]["managedFields"] = left;
    assert_eq!(managed_fields(&object), None);
}

/// experiments 3 N: two env vars of a Deployment of `kubectl create`.
#[test]
fn items_of_lists_are_handed_back_field_by_field() {
    let mut object = deployment();
    let ours = fields(&object);
    let mut theirs = ours.clone();
    theirs["f:spec"]["f:paused"] = json!({});
    object["metadata"]["managedFields"] = json!([
        entry("kubectl-create", "Update", &object, &theirs),
        entry("nopea", "Apply", &object, &ours),
    ]);
    let left = managed_fields(&object).unwrap();
    assert_eq!(left[0]["fieldsV1"], json!({"f:spec": {"f:paused": {}}}));
}
