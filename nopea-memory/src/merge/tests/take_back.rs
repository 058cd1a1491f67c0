//! Experiments 3: what stays live after Git drops it, and how a release of co-owners helps.

use super::*;

fn ours(data: &Value) -> Value {
    config_map(data)
}

fn both() -> Value {
    ours(&json!({"a": "1", "b": "1"}))
}

fn only_a() -> Value {
    ours(&json!({"a": "1"}))
}

/// Subtracts our fields from every update entry without a subresource (R12), and drops what is empty.
fn release(stage: &mut Stage) {
    let mut owners = managers(stage.live()).unwrap();
    let our = owners.iter().find(|(manager, _)| manager.name == "nopea").unwrap().1.set.clone();
    for (manager, owned) in &mut owners {
        if manager.operation == Operation::Update && manager.subresource.is_empty() {
            owned.set = owned.set.difference(&our);
        }
    }
    owners.retain(|_, owned| !owned.set.is_empty());
    let mut object = stage.live().clone();
    write_managers(&mut object, &owners);
    let before = stage.body();
    stage.entries(object["metadata"]["managedFields"].clone());
    assert_eq!(stage.body(), before, "a release changes no value");
}

#[test]
fn a_after_a_strip_what_git_drops_stays_live() {
    for strip in [json!([]), json!([{}])] {
        let mut stage = Stage::of("v1", "ConfigMap");
        stage.force("nopea", &both());
        stage.entries(strip);
        assert_eq!(stage.owners(), Vec::<String>::new());
        stage.force("nopea", &both());
        assert_eq!(stage.owners(), ["nopea/Apply", "before-first-apply/Update"]);
        assert_eq!(
            stage.fields("before-first-apply"),
            json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}})
        );
        stage.force("nopea", &only_a());
        assert_eq!(stage.live()["data"], json!({"a": "1", "b": "1"}));
    }
}

#[test]
fn b_writes_between_a_strip_and_the_next_apply_are_untracked() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.entries(json!([{}]));
    stage.patch("kubectl", &json!({"data": {"a": "9", "u": "1"}}));
    assert_eq!(stage.owners(), Vec::<String>::new());
    stage.force("nopea", &both());
    assert_eq!(
        stage.fields("before-first-apply"),
        json!({"f:data": {".": {}, "f:b": {}, "f:u": {}}})
    );
}

#[test]
fn c_without_the_before_first_apply_entry_what_git_drops_is_gone() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.entries(json!([]));
    stage.force("nopea", &both());
    let ours = stage.live()["metadata"]["managedFields"][0].clone();
    stage.entries(json!([ours]));
    assert_eq!(stage.owners(), ["nopea/Apply"]);
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1"}));
}

#[test]
fn d_our_old_entry_written_back_prevents_a_before_first_apply() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    let entries = stage.live()["metadata"]["managedFields"].clone();
    stage.entries(json!([]));
    stage.entries(entries);
    stage.force("nopea", &only_a());
    assert_eq!(
        (stage.owners(), &stage.live()["data"]),
        (vec!["nopea/Apply".to_owned()], &json!({"a": "1"}))
    );
}

#[test]
fn e_adopting_an_object_of_kubectl_create_leaves_what_git_drops() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("kubectl-create", &ours(&json!({"a": "1", "b": "1", "extra": "1"})));
    stage.force("nopea", &both());
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1", "b": "1", "extra": "1"}));
}

#[test]
fn f_released_co_owners_let_go_of_what_git_drops_and_keep_their_own() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("kubectl-create", &ours(&json!({"a": "1", "b": "1", "extra": "1"})));
    stage.force("nopea", &both());
    release(&mut stage);
    assert_eq!(stage.fields("kubectl-create"), json!({"f:data": {".": {}, "f:extra": {}}}));
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1", "extra": "1"}));
}

#[test]
fn g_a_foreign_entry_renamed_to_ours_removes_what_only_they_had() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("kubectl-create", &ours(&json!({"a": "1", "b": "1", "extra": "1"})));
    let mut entries = stage.live()["metadata"]["managedFields"].clone();
    entries[0]["manager"] = json!("nopea");
    entries[0]["operation"] = json!("Apply");
    stage.entries(entries);
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1"}));
}

#[test]
fn h_an_object_of_client_side_apply_keeps_what_git_drops() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.post("kubectl-client-side-apply", &both());
    stage.force("nopea", &both());
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1", "b": "1"}));
}

#[test]
fn i_what_another_applier_owns_too_stays() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.force("flux", &ours(&json!({"b": "1"})));
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1", "b": "1"}));
    stage.force("flux", &ours(&json!({"c": "1"})));
    assert_eq!(stage.live()["data"], json!({"a": "1", "c": "1"}));
}

#[test]
fn j_a_field_changed_and_changed_back_is_shared_and_stays_after_the_drop() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.patch("kubectl-patch", &json!({"data": {"b": "9"}}));
    stage.patch("kubectl-patch", &json!({"data": {"b": "1"}}));
    let before = stage.live().clone();
    stage.force("nopea", &both());
    assert_ne!(stage.live(), &before, "the heal is a write");
    assert_eq!(stage.fields("kubectl-patch"), json!({"f:data": {"f:b": {}}}));
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"]["b"], "1");
}

#[test]
fn k_a_heal_that_changes_the_value_empties_the_other_entry_and_the_drop_works() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.patch("kubectl-patch", &json!({"data": {"b": "9"}}));
    stage.force("nopea", &both());
    assert_eq!(stage.owners(), ["nopea/Apply"]);
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1"}));
}

#[test]
fn l_the_entry_of_who_renumbered_a_port_merged_into_ours_removes_their_port() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"type": "ClusterIP", "ports": [{"name": "http", "port": 80}]}});
    let mut stage = Stage::of("v1", "Service");
    stage.force("nopea", &service);
    stage.patch("kubectl-patch", &json!({"spec": {"ports": [{"name": "http", "port": 81}]}}));
    let mut owners = managers(stage.live()).unwrap();
    let theirs = owners.iter().find(|(manager, _)| manager.name == "kubectl-patch").unwrap();
    let (manager, set) = (theirs.0.clone(), theirs.1.set.clone());
    owners.remove(&manager);
    let applier = Manager {
        name: "nopea".to_owned(),
        operation: Operation::Apply,
        api_version: None,
        subresource: String::new(),
    };
    let entry = owners.get_mut(&applier).unwrap();
    entry.set = entry.set.union(&set);
    let mut object = stage.live().clone();
    write_managers(&mut object, &owners);
    stage.entries(object["metadata"]["managedFields"].clone());
    stage.force("nopea", &service);
    assert_eq!(stage.live()["spec"]["ports"], json!([{"name": "http", "port": 80}]));
}

#[test]
fn m_an_apply_without_the_drifted_fields_leaves_them_to_the_user() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &ours(&json!({"a": "1", "b": "1", "c": "1"})));
    stage.patch("kubectl", &json!({"data": {"b": "9", "c": null}}));
    for _ in 0..2 {
        stage.force("nopea", &ours(&json!({"a": "2"})));
        assert_eq!(stage.live()["data"], json!({"a": "2", "b": "9"}));
    }
}

#[test]
fn n_a_release_after_a_strip_leaves_the_user_what_is_theirs() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    stage.entries(json!([]));
    stage.patch("kubectl", &json!({"data": {"u": "1"}}));
    stage.force("nopea", &both());
    release(&mut stage);
    assert_eq!(stage.fields("before-first-apply"), json!({"f:data": {".": {}, "f:u": {}}}).clone());
    stage.force("nopea", &only_a());
    assert_eq!(stage.live()["data"], json!({"a": "1", "u": "1"}));
}

#[test]
fn n_on_a_created_deployment_git_can_drop_one_variable_and_then_the_list() {
    let env = |names: &[&str]| {
        let mut body = deployment();
        let env: Vec<Value> =
            names.iter().map(|name| json!({"name": name, "value": "1"})).collect();
        let container = &mut body["spec"]["template"]["spec"]["containers"][0];
        if env.is_empty() {
            container.as_object_mut().unwrap().remove("env");
        } else {
            container["env"] = Value::Array(env);
        }
        body
    };
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.post("kubectl-create", &env(&["A", "B"]));
    stage.force("nopea", &env(&["A", "B"]));
    release(&mut stage);
    stage.force("nopea", &env(&["A"]));
    let live =
        |stage: &Stage| stage.live()["spec"]["template"]["spec"]["containers"][0]["env"].clone();
    assert_eq!(live(&stage), json!([{"name": "A", "value": "1"}]));
    stage.force("nopea", &env(&[]));
    assert_eq!(live(&stage), Value::Null);
}

#[test]
fn a_replace_without_managed_fields_keeps_the_entries() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    let fields = stage.fields("nopea");
    for absent in [json!(null), json!("leave out")] {
        let mut new = stage.live().clone();
        new["metadata"]["managedFields"] = Value::Null;
        if absent == "leave out" {
            take_managed_fields(&mut new);
        }
        stage.put("kubectl-replace", &new);
        assert_eq!(stage.fields("nopea"), fields);
    }
}

#[test]
fn a_create_drops_foreign_managed_fields() {
    let mut stage = Stage::of("v1", "ConfigMap");
    stage.force("nopea", &both());
    let copy = stage.live().clone();
    stage.post("velero", &copy);
    assert_eq!(stage.owners(), ["velero/Update"]);
    let entries = copy["metadata"]["managedFields"].clone();
    stage.entries(entries);
    assert_eq!(stage.owners(), ["nopea/Apply"], "written back, they are taken at their word");
}

#[test]
fn a_handover_keeps_replicas_that_git_drops() {
    let mut stage = Stage::of("apps/v1", "Deployment");
    stage.force("nopea", &deployment());
    let replicas = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 2}});
    stage.try_apply("nopea-handover", &replicas, OnConflict::Refuse).unwrap();
    let mut without = deployment();
    without["spec"].as_object_mut().unwrap().remove("replicas");
    stage.force("nopea", &without);
    assert_eq!(stage.live()["spec"]["replicas"], 2);
    stage.patch("hpa", &json!({"spec": {"replicas": 8}}));
    assert_eq!(stage.owners(), ["nopea/Apply", "hpa/Update"]);
}
