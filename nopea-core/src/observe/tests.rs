//! Table tests of what one sighting tells.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    fields::sample::{any_json, applied, deployment, entry},
    model::Health,
};

fn member() -> Value {
    let mut live = applied(&deployment());
    live["metadata"]["labels"] = json!({PART_OF: "applyset-x-v1", REPOSITORY: "web",
        NAMESPACE: "nopea"});
    live["metadata"]["annotations"] = json!({OBJECT: "abc"});
    live
}

#[test]
fn a_sighting_tells_all_that_the_machine_asks() {
    let mut live = member();
    let theirs = json!({"f:spec": {"f:replicas": {}}});
    for manager in ["kubectl-scale", "hpa", "kubectl-scale"] {
        let update = entry(manager, "Update", &live, &theirs);
        live["metadata"]["managedFields"].as_array_mut().unwrap().push(update);
    }
    let seen = observe(Arc::new(live)).unwrap();
    assert_eq!(seen.key, ObjectKey::new("apps", "Deployment", "shop", "web"));
    assert_eq!((&*seen.api_version, &*seen.uid.0, &*seen.version.0), ("apps/v1", "u1", "1"));
    assert_eq!(seen.change, Change::Present);
    assert_eq!(seen.marks.part_of.as_deref(), Some("applyset-x-v1"));
    assert_eq!(seen.marks.repository.as_deref(), Some("web"));
    assert_eq!(seen.marks.namespace.as_deref(), Some("nopea"));
    assert_eq!(seen.marks.object.as_deref(), Some("abc"));
    assert_eq!(seen.marks.tool, None);
    assert!(seen.baseline.is_some() && seen.overlap && !seen.break_glass);
    assert!(matches!(seen.health, Health::Progressing(_)));
    assert_eq!(*seen.others, ["kubectl-scale".into(), "hpa".into()]);
    assert!(seen.object.is_some());
    assert!(seen.without_object().object.is_none());
}

#[test]
fn an_object_that_is_being_deleted_is_terminating() {
    let mut live = member();
    live["metadata"]["deletionTimestamp"] = json!("2026-11-24T18:00:00Z");
    assert_eq!(observe(Arc::new(live)).unwrap().change, Change::Terminating);
}

#[test]
fn break_glass_has_three_spellings() {
    for (value, breaks) in
        [("true", true), ("1", true), ("yes", true), ("false", false), ("", false)]
    {
        let mut live = member();
        live["metadata"]["annotations"][SUSPEND_HEAL] = json!(value);
        assert_eq!(observe(Arc::new(live)).unwrap().break_glass, breaks, "{value:?}");
    }
}

#[test]
fn what_has_no_name_kind_or_uid_is_malformed() {
    for (pointer, field) in
        [("/metadata", "name"), ("/metadata", "uid"), ("", "kind"), ("", "apiVersion")]
    {
        let mut live = member();
        live.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field);
        let error = observe(Arc::new(live)).unwrap_err();
        assert!(error.field.ends_with(field), "{error}");
    }
    let mut dry_run = member();
    dry_run["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    assert_eq!(&*observe(Arc::new(dry_run)).unwrap().version.0, "");
}

proptest! {
    #[test]
    fn nothing_panics(any in any_json(), status in any_json(), managed in any_json()) {
        prop_assert!(observe(Arc::new(any.clone())).is_err() || any.is_object());
        let mut live = member();
        live["status"] = status;
        live["metadata"]["managedFields"] = managed;
        prop_assert!(observe(Arc::new(live)).is_ok());
    }
}
