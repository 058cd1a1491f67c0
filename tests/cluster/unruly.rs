//! A custom resource definition without our rules, as an old or foreign one is: what cannot be is told to that
//! object alone. It knows no adapter.

use nopea_tests::{
    plane::{Plane, eventually},
    scene::{Scene, config_map, message},
};
use serde_json::{Value, json};

/// Takes every rule out of a schema.
fn without_rules(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for rule in ["x-kubernetes-validations", "pattern", "enum", "minLength", "maxLength"] {
                // a field of that name would be an object of its own
                if fields.get(rule).is_some_and(|value| !value.is_object()) {
                    fields.remove(rule);
                }
            }
            fields.values_mut().for_each(without_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(without_rules),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn what_an_old_definition_lets_through_is_told_to_that_object_alone_and_can_be_deleted() {
    let scene = Scene::on(Plane::own("unruly"), "unruly").await;
    let mut definition = serde_json::to_value(nopea_k8s::crd()).unwrap();
    without_rules(&mut definition);
    scene.server.apply("install", &definition, "").await.ok();
    scene.repository.commit(&[("a.yaml", &config_map("a", "1"))]);
    let wrong = [
        ("interval", json!({"interval": "often"}), "interval"),
        ("short", json!({"interval": "1s"}), "interval"),
        ("path", json!({"path": "../outside"}), "path"),
        ("two", json!({"branch": "a", "tag": "b"}), "branch"),
        ("url", json!({"url": ""}), "url"),
        ("policy", json!({"deletionPolicy": "Perhaps"}), "deletionPolicy"),
        ("heal", json!({"healPolicy": "sometimes"}), "healPolicy"),
        ("commit", json!({"commit": "abc"}), "commit"),
        ("namespace", json!({"targetNamespace": "Upper_Case"}), "targetNamespace"),
        ("ignore", json!({"ignore": [{"paths": ["no-pointer"]}]}), "ignore"),
    ];
    for (name, spec, _) in &wrong {
        // the old rules hold a moment longer
        eventually("the rules are gone", async || {
            (scene.declare(name, spec.clone()).await.code < 300).then_some(())
        })
        .await;
    }
    scene.declare("good", json!({})).await.ok();
    scene.waits_for("good", "Ready", "True").await;
    for (name, _, field) in &wrong {
        let status = scene.waits_for(name, "Ready", "False").await;
        let conditions = status["conditions"].as_array().unwrap();
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready").unwrap();
        assert_eq!(ready["reason"], "InvalidSpec", "{name}: {status}");
        assert!(message(&status, "Ready").contains(field), "{name}: {status}");
    }
    for (name, ..) in &wrong {
        scene.undeclare(name).await;
        eventually("it is gone", async || (scene.declared(name).await.code == 404).then_some(()))
            .await;
    }
    // it is untouched, and is served on
    let second = scene.repository.commit(&[("a.yaml", &config_map("a", "2"))]);
    scene.sync("good").await;
    scene.synced("good", second.as_str()).await;
}
