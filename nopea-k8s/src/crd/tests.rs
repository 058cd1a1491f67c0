//! The definition says what the issue of the operator asks for, and the file is what it says.

use serde_json::{Value, json};

use super::*;
use crate::admission::{admit, named, object};

fn definition() -> Value {
    serde_json::to_value(crd()).unwrap()
}

fn schema() -> Value {
    definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

#[test]
fn the_file_that_is_installed_is_the_derived_definition() {
    let file = include_str!("../../../deploy/crd.yaml");
    let installed: Value = serde_yaml::from_str(file).unwrap();
    assert_eq!(installed, definition(), "run `cargo xtask codegen`");
}

#[test]
fn the_short_names_are_gr_and_gitrepo() {
    let names = &definition()["spec"]["names"];
    assert_eq!(names["shortNames"], json!(["gr", "gitrepo"]));
    assert_eq!(names["plural"], "gitrepositories");
}

#[test]
fn kubectl_get_shows_five_columns_and_three_more_when_wide() {
    let definition = definition();
    let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap();
    let names = |wide: bool| -> Vec<_> {
        let shown = columns.iter().filter(|column| column["priority"].is_number() == wide);
        shown.map(|column| column["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names(false), ["Ready", "Phase", "Commit", "Objects", "Age"]);
    assert_eq!(names(true), ["Url", "Branch", "Message"]);
}

#[test]
fn a_new_object_does_not_count_as_observed() {
    assert_eq!(schema()["properties"]["status"]["default"], json!({"observedGeneration": -1}));
}

#[test]
fn status_is_a_subresource_and_its_conditions_are_a_map_by_type() {
    let definition = definition();
    assert!(definition["spec"]["versions"][0]["subresources"]["status"].is_object());
    let conditions = &schema()["properties"]["status"]["properties"]["conditions"];
    assert_eq!(conditions["x-kubernetes-list-type"], "map");
    assert_eq!(conditions["x-kubernetes-list-map-keys"], json!(["type"]));
}

#[test]
fn the_lists_of_the_status_are_bounded() {
    let status = &schema()["properties"]["status"]["properties"];
    assert_eq!(status["faults"]["maxItems"], 50);
    assert_eq!(status["history"]["maxItems"], 20);
}

#[test]
fn the_defaults_are_those_of_core() {
    let fields = &schema()["properties"]["spec"]["properties"];
    for (field, default) in [
        ("interval", json!("5m")),
        ("timeout", json!("5m")),
        ("suspend", json!(false)),
        ("prune", json!(true)),
        ("wait", json!(true)),
        ("deletionPolicy", json!("Delete")),
        ("healPolicy", json!("auto")),
        ("healGracePeriod", json!("0s")),
        ("foreignFields", json!("report")),
    ] {
        assert_eq!(fields[field]["default"], default, "{field}");
    }
}

#[test]
fn no_field_is_nullable_so_that_has_means_given() {
    assert!(!definition().to_string().contains("nullable"));
}

#[test]
fn every_field_is_described() {
    fn undescribed(path: &str, schema: &Value, found: &mut Vec<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let standard = ["status.conditions", "metadata"].iter().any(|part| path.contains(part));
            if !standard && !field["description"].is_string() {
                found.push(path.clone());
            }
            undescribed(&path, field, found);
            undescribed(&path, &field["items"], found);
        }
    }
    let mut found = Vec::new();
    undescribed("", &schema()["properties"]["spec"], &mut found);
    undescribed("status", &schema()["properties"]["status"], &mut found);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_name_ends_at_63_characters() {
    let spec = json!({"url": "https://example.org/a.git"});
    admit(&named(&"a".repeat(63), &spec)).unwrap();
    let refused = admit(&named(&"a".repeat(64), &spec)).unwrap_err();
    assert!(refused.contains("at most 63 characters"), "{refused}");
}

#[test]
fn two_references_are_refused_with_the_way_out() {
    let spec = json!({"url": "https://example.org/a.git", "branch": "main", "tag": "v1"});
    let refused = admit(&object(&spec)).unwrap_err();
    assert!(refused.contains("at most one of branch, tag, semver, commit and ref"), "{refused}");
}
