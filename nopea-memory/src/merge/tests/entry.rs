//! Experiments 2a: what changes our entry, and what a heal restores to the byte.

use super::*;

/// Applies, lets somebody change something, and heals; answers our entry after the change.
fn drifted(change: impl Fn(&mut Stage)) -> Value {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let (fields, body) = (stage.fields("nopea"), stage.body());
    change(&mut stage);
    let after = stage.fields("nopea");
    assert_ne!(stage.body(), body, "the change changes the object");
    stage.force("nopea", &deployment());
    assert_eq!(stage.fields("nopea"), fields, "the heal restores the entry");
    let mut healed = stage.body();
    // What others added is theirs and stays.
    for (pointer, name) in [("/metadata/labels", "foreign"), ("/metadata", "annotations")] {
        healed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
    }
    assert_eq!(healed, body, "the heal restores the values");
    assert_ne!(after, fields, "the entry tells of the change");
    after
}

fn container(patch: &Value) -> Value {
    let mut container = deployment()["spec"]["template"]["spec"]["containers"][0].clone();
    json_merge_patch(&mut container, patch);
    json!({"spec": {"template": {"spec": {"containers": [container]}}}})
}

#[test]
fn another_image_takes_the_field_from_our_entry() {
    let after = drifted(|stage| stage.patch("kubectl-set", &container(&json!({"image": "i:2"}))));
    let container = &after["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    assert_eq!(container["f:image"], Value::Null);
    assert_eq!(container["f:name"], json!({}));
}

#[test]
fn a_removed_environment_variable_leaves_our_entry() {
    let env = json!({"env": [{"name": "A", "value": "1"}]});
    let after = drifted(|stage| stage.patch("kubectl-edit", &container(&env)));
    let container = &after["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    assert_eq!(container["f:env"]["k:{\"name\":\"B\"}"], Value::Null);
}

#[test]
fn a_changed_environment_variable_or_limit_takes_the_field() {
    let env = json!({"env": [{"name": "A", "value": "9"}, {"name": "B", "value": "2"}]});
    drifted(|stage| stage.patch("kubectl-set", &container(&env)));
    let limits = json!({"resources": {"limits": {"cpu": "2"}}});
    drifted(|stage| stage.patch("kubectl-set", &container(&limits)));
}

#[test]
fn an_atomic_list_is_taken_whole() {
    drifted(|stage| stage.patch("kubectl-edit", &container(&json!({"args": ["x"]}))));
    let tolerations = json!({"spec": {"template": {"spec": {"tolerations": []}}}});
    drifted(|stage| stage.patch("kubectl-edit", &tolerations));
}

#[test]
fn an_atomic_map_is_taken_whole() {
    let selector = json!({"spec": {"template": {"spec": {"nodeSelector": {"zone": "b"}}}}});
    let after = drifted(|stage| stage.patch("kubectl-edit", &selector));
    assert_eq!(after["f:spec"]["f:template"]["f:spec"]["f:nodeSelector"], Value::Null);
}

#[test]
fn a_scale_takes_replicas_under_the_subresource() {
    let after = drifted(|stage| {
        let mut new = stage.live().clone();
        new["spec"]["replicas"] = json!(5);
        let write = Stage::write(&stage.schema, &stage.api_version, &mut stage.at, "kubectl");
        stage.live = Some(update(stage.live(), &new, &write.through("scale")));
        assert_eq!(stage.owners(), ["nopea/Apply", "kubectl/Update/scale"]);
    });
    assert_eq!(after["f:spec"]["f:replicas"], Value::Null);
}

#[test]
fn a_scale_of_replicas_that_nobody_owns_leaves_no_entry() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    let mut body = deployment();
    body["spec"].as_object_mut().unwrap().remove("replicas");
    stage.force("nopea", &body);
    let mut new = stage.live().clone();
    new["spec"]["replicas"] = json!(5);
    let write = Stage::write(&stage.schema, &stage.api_version, &mut stage.at, "kubectl");
    stage.live = Some(update(stage.live(), &new, &write.through("scale")));
    assert_eq!(
        (stage.owners(), &stage.live()["spec"]["replicas"]),
        (vec!["nopea/Apply".to_owned()], &json!(5))
    );
}

#[test]
fn an_overwritten_label_is_taken_and_a_foreign_one_is_not_ours() {
    drifted(|stage| stage.patch("kubectl-label", &json!({"metadata": {"labels": {"own": "2"}}})));
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let fields = stage.fields("nopea");
    stage.patch("kubectl-label", &json!({"metadata": {"labels": {"foreign": "1"}}}));
    assert_eq!(stage.fields("nopea"), fields);
    stage.force("nopea", &deployment());
    assert_eq!(stage.live()["metadata"]["labels"], json!({"own": "1", "foreign": "1"}));
}

#[test]
fn a_forced_apply_of_another_manager_takes_the_field() {
    let other = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 7}});
    drifted(|stage| stage.force("other", &other));
}

#[test]
fn an_apply_without_force_names_the_conflict_and_changes_nothing() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("kubectl-edit", &config_map(&json!({"a": "1", "b": "1"})));
    let before = stage.live().clone();
    let error =
        stage.try_apply("nopea", &config_map(&json!({"a": "2"})), OnConflict::Refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using v1: .data.a"
    );
    assert_eq!(stage.live(), &before);
    let error = stage
        .try_apply("nopea", &config_map(&json!({"a": "2", "b": "2"})), OnConflict::Refuse)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using v1:\n- .data.a\n- .data.b"
    );
    let MergeError::Conflicts(Conflicts(conflicts)) = error else { panic!("conflicts") };
    assert_eq!(conflicts[0].message(), "conflict with \"kubectl-edit\" using v1");
    assert_eq!(
        (conflicts[1].field(), conflicts[1].manager.operation),
        (".data.b".to_owned(), Operation::Update)
    );
}

#[test]
fn a_conflict_with_another_applier_names_no_version() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("flux", &config_map(&json!({"a": "1"})));
    let error =
        stage.try_apply("nopea", &config_map(&json!({"a": "2"})), OnConflict::Refuse).unwrap_err();
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"flux\": .data.a");
}

#[test]
fn the_same_value_makes_a_co_owner_and_leaves_our_entry() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &config_map(&json!({"a": "1"})));
    let fields = stage.fields("nopea");
    stage.try_apply("other", &config_map(&json!({"a": "1"})), OnConflict::Refuse).unwrap();
    assert_eq!((stage.fields("nopea"), stage.fields("other")), (fields.clone(), fields));
}

#[test]
fn a_write_under_our_own_name_changes_the_value_and_not_the_apply_entry_it_took_nothing_from() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &config_map(&json!({"a": "1"})));
    let fields = stage.fields("nopea");
    stage.force("nopea", &config_map(&json!({"a": "2"})));
    assert_eq!((stage.fields("nopea"), &stage.live()["data"]["a"]), (fields, &json!("2")));
}

#[test]
fn an_apply_that_changes_nothing_is_the_same_object_times_included() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let before = stage.live().clone();
    stage.force("nopea", &deployment());
    assert_eq!(stage.live(), &before);
}

#[test]
fn an_update_that_changes_nothing_is_the_same_object() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let before = stage.live().clone();
    stage.patch("kubectl-edit", &json!({"metadata": {"labels": {"own": "1"}}}));
    assert_eq!(stage.live(), &before);
}

#[test]
fn quantities_are_compared_in_their_canonical_form() {
    let limits = |cpu: Value| {
        let mut body = deployment();
        body["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = cpu;
        body
    };
    for (written, live) in
        [(json!("1000m"), "1"), (json!("0.5"), "500m"), (json!(2), "2"), (json!("2e9"), "2e9")]
    {
        let mut stage = Stage::of("apps/v1", "Deployment");
        stage.force("nopea", &limits(written.clone()));
        let before = stage.live().clone();
        let pointer = "/spec/template/spec/containers/0/resources/limits/cpu";
        assert_eq!(before.pointer(pointer).unwrap(), live);
        stage.force("nopea", &limits(written));
        assert_eq!(stage.live(), &before, "{live} is stable");
    }
}

#[test]
fn an_unforced_apply_conflicts_on_the_spelling_of_a_quantity_alone() {
    let limits = |cpu: &str| {
        let mut body = deployment();
        body["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] =
            json!(cpu);
        body
    };
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &limits("1000m"));
    stage.try_apply("other", &limits("1"), OnConflict::Refuse).unwrap();
    let refused = stage.try_apply("third", &limits("1000m"), OnConflict::Refuse);
    assert!(matches!(refused, Err(MergeError::Conflicts(_))));
}

#[test]
fn a_status_write_touches_no_entry_but_its_own() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let fields = stage.fields("nopea");
    let mut new = stage.live().clone();
    new["status"] = json!({"readyReplicas": 2});
    new["spec"]["replicas"] = json!(9);
    let write =
        Stage::write(&stage.schema, &stage.api_version, &mut stage.at, "kube-controller-manager");
    stage.live = Some(update(stage.live(), &new, &write.through("status")));
    assert_eq!(stage.fields("nopea"), fields);
    assert_eq!(
        stage.fields("kube-controller-manager"),
        json!({"f:status": {"f:readyReplicas": {}}})
    );
    assert_eq!(stage.live()["spec"]["replicas"], 2, "a status write changes the status alone");
    stage.force("nopea", &deployment());
    assert_eq!(stage.live()["status"], json!({"readyReplicas": 2}));
}

#[test]
fn entries_stand_applies_first_then_by_time_and_name() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("z", &config_map(&json!({"a": "1"})));
    stage.patch("b", &json!({"data": {"b": "1"}}));
    stage.force("nopea", &config_map(&json!({"c": "1"})));
    assert_eq!(stage.owners(), ["nopea/Apply", "z/Update", "b/Update"]);
    let entry = &stage.live()["metadata"]["managedFields"][0];
    assert_eq!(
        (&entry["time"], &entry["fieldsType"]),
        (&json!("2027-01-15T08:00:03Z"), &json!("FieldsV1"))
    );
}

#[test]
fn the_eleventh_updater_merges_the_oldest_two() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("m0", &config_map(&json!({"k0": "1"})));
    for number in 1..11 {
        stage.patch(&format!("m{number}"), &json!({"data": {format!("k{number}"): "1"}}));
    }
    assert_eq!(stage.owners().len(), 10);
    assert_eq!(
        stage.fields("ancient-changes"),
        json!({"f:data": {".": {}, "f:k0": {}, "f:k1": {}}})
    );
    stage.patch("m11", &json!({"data": {"k11": "1"}}));
    assert_eq!(stage.owners().len(), 10);
    assert_eq!(stage.fields("m2"), Value::Null);
}

#[test]
fn a_second_item_of_one_name_takes_what_we_own_of_the_first() {
    let twice = json!({"env": [
        {"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "A", "value": "3"}]});
    let after = drifted(|stage| stage.patch("kubectl-replace", &container(&twice)));
    let container = &after["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    assert_eq!(container["f:env"]["k:{\"name\":\"A\"}"]["f:value"], Value::Null);
}

#[test]
fn a_removed_finalizer_of_ours_leaves_our_entry_and_a_foreign_one_is_nothing_to_us() {
    let mut body = config_map(&json!({"a": "1"}));
    body["metadata"]["finalizers"] = json!(["x/ours"]);
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &body);
    let fields = stage.fields("nopea");
    stage.patch("other", &json!({"metadata": {"finalizers": ["x/ours", "x/theirs"]}}));
    assert_eq!(stage.fields("nopea"), fields);
    stage.patch("other", &json!({"metadata": {"finalizers": ["x/theirs"]}}));
    assert_ne!(stage.fields("nopea"), fields);
    stage.force("nopea", &body);
    assert_eq!(stage.fields("nopea"), fields);
    assert_eq!(stage.live()["metadata"]["finalizers"], json!(["x/theirs", "x/ours"]));
}

#[test]
fn another_type_of_an_int_or_string_is_a_change() {
    let spec = json!({"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true}}});
    let mut stage = Stage::custom(&spec);
    let body =
        json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"p": 1}});
    stage.force("nopea", &body);
    stage.patch("kubectl", &json!({"spec": {"p": "1"}}));
    assert_eq!(stage.owners(), ["kubectl/Update"]);
}

#[test]
fn foreign_items_and_annotations_leave_our_entry() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let fields = stage.fields("nopea");
    let mut new = stage.live().clone();
    let pod = &mut new["spec"]["template"]["spec"];
    pod["containers"].as_array_mut().unwrap().insert(0, json!({"name": "sidecar", "image": "s"}));
    pod["containers"][1]["env"].as_array_mut().unwrap().push(json!({"name": "F", "value": "1"}));
    pod["imagePullSecrets"] = json!([{"name": "p"}]);
    new["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    new["metadata"]["ownerReferences"] =
        json!([{"uid": "u", "name": "o", "kind": "K", "apiVersion": "v1"}]);
    new["spec"]["paused"] = json!(true);
    stage.put("puts", &new);
    assert_eq!(stage.fields("nopea"), fields);
    let before = stage.live().clone();
    stage.force("nopea", &deployment());
    assert_eq!(stage.live(), &before, "and the heal is no write");
}
