//! Section 2: which writes of others show in the baseline, and that a forced apply puts it back.

use nopea_core::{model::Baseline, observe::observe};
use serde_json::json;

use super::*;

fn baseline(object: &Arc<Value>) -> Option<Baseline> {
    observe(Arc::clone(object)).unwrap().baseline
}

fn desired() -> Value {
    let mut body = deployment("nginx:1");
    body["spec"]["replicas"] = json!(2);
    body["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    body
}

/// A settled Deployment, its baseline, and what one edit makes of both.
fn after(edit: impl FnOnce(&MemoryCluster, &ObjectKey)) -> (MemoryCluster, Option<Baseline>) {
    let cluster = cluster();
    let web = key("Deployment", "web");
    let first = baseline(&applied(&cluster, &desired()));
    assert_eq!(baseline(&cluster.get(&web).unwrap()), first, "controllers are no drift");
    edit(&cluster, &web);
    (cluster, first)
}

#[test]
fn what_others_change_of_ours_shows_and_a_forced_apply_restores_it() {
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 4] = [
        ("image", |object| {
            object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:2");
        }),
        ("env value", |object| {
            object["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = json!("9");
        }),
        ("env removed", |object| {
            object["spec"]["template"]["spec"]["containers"][0]["env"]
                .as_array_mut()
                .unwrap()
                .remove(0);
        }),
        ("replicas", |object| object["spec"]["replicas"] = json!(5)),
    ];
    for (name, edit) in edits {
        let (cluster, first) = after(|cluster, web| {
            cluster.edit(web, "kubectl-edit", edit).unwrap();
        });
        let web = key("Deployment", "web");
        assert_ne!(baseline(&cluster.get(&web).unwrap()), first, "{name}");
        assert_eq!(baseline(&applied(&cluster, &desired())), first, "{name} is healed");
    }
}

#[test]
fn a_scale_of_what_we_set_shows_and_is_recorded_as_one() {
    let (cluster, first) = after(|cluster, web| {
        cluster.scale(web, "kubectl", 4).unwrap();
    });
    let live = cluster.get(&key("Deployment", "web")).unwrap();
    assert_ne!(baseline(&live), first);
    let entries = live["metadata"]["managedFields"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["subresource"] == "scale"));
}

#[test]
fn what_others_add_beside_ours_does_not_show() {
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 4] = [
        ("rollout restart", |object| {
            object["spec"]["template"]["metadata"]["annotations"] =
                json!({"kubectl.kubernetes.io/restartedAt": "now"});
        }),
        ("rollout pause", |object| object["spec"]["paused"] = json!(true)),
        ("foreign label", |object| object["metadata"]["labels"] = json!({"x": "y"})),
        ("foreign env", |object| {
            object["spec"]["template"]["spec"]["containers"][0]["env"]
                .as_array_mut()
                .unwrap()
                .push(json!({"name": "C", "value": "3"}));
        }),
    ];
    for (name, edit) in edits {
        let (cluster, first) = after(|cluster, web| {
            cluster.edit(web, "kubectl-edit", edit).unwrap();
        });
        assert_eq!(baseline(&cluster.get(&key("Deployment", "web")).unwrap()), first, "{name}");
    }
}

#[test]
fn entries_written_back_onto_a_copy_are_taken_as_they_are() {
    let cluster = cluster();
    let original = applied(&cluster, &config("a", &json!({"k": "1"})));
    let mut copy = config("copy", &json!({"k": "1"}));
    copy["metadata"]["managedFields"] = original["metadata"]["managedFields"].clone();
    let made = cluster.create("velero", &copy).unwrap();
    assert_eq!(managers(&made), ["velero/Update"], "a creation drops them (1.14)");
    let patch = json!({"metadata": {"managedFields": original["metadata"]["managedFields"]}});
    let live = cluster.merge_patch(&key("ConfigMap", "copy"), "velero", &patch).unwrap();
    assert!(managers(&live).contains(&"nopea/Apply".to_owned()), "a patch takes them (1.15)");
}

#[test]
fn a_replace_without_our_labels_keeps_our_entry() {
    let cluster = cluster();
    applied(&cluster, &config("a", &json!({"k": "1"})));
    let mut body = config("a", &json!({"k": "1"}));
    body["metadata"]["labels"] = json!({});
    let live = cluster.replace("kubectl-replace", &body).unwrap();
    assert!(managers(&live).contains(&"nopea/Apply".to_owned()));
    assert!(live["metadata"]["labels"].get(PART_OF).is_none());
}
