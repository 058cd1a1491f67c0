//! Fifty random histories of one object, each with the answers of structured-merge-diff v6.4.2 itself
//! (`merge.Updater` over the schema of `property`): the values, the owners, the conflicts.

use super::property::spec;
use super::*;

/// The text of a history per line; a `spec` that is not there is `"absent"`.
const HISTORIES: &str = include_str!("corpus.jsonl");

fn body(spec: &Value) -> Value {
    let mut body = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}});
    if spec != "absent" {
        body["spec"] = spec.clone();
    }
    body
}

fn answer(stage: &mut Stage, write: &Value) -> Value {
    let (manager, body) = (write["manager"].as_str().unwrap(), body(&write["spec"]));
    let mode = if write["force"] == true { OnConflict::Force } else { OnConflict::Refuse };
    let operation = |manager: &Manager| match manager.operation {
        Operation::Apply => format!("{}/Apply", manager.name),
        Operation::Update => format!("{}/Update", manager.name),
    };
    match (write["op"].as_str().unwrap(), &stage.live) {
        ("apply", _) => match stage.try_apply(manager, &body, mode) {
            Ok(()) => {}
            Err(MergeError::Conflicts(Conflicts(conflicts))) => {
                let text = |one: &Conflict| format!("{} {}", operation(&one.manager), one.field());
                let mut texts: Vec<String> = conflicts.iter().map(text).collect();
                texts.sort();
                return json!({"conflicts": texts});
            }
            Err(error) => return json!({"error": error.to_string()}),
        },
        (_, None) => stage.post(manager, &body),
        (_, Some(_)) => stage.put(manager, &body),
    }
    let owners = managers(stage.live()).unwrap();
    let owners =
        owners.iter().map(|(manager, owned)| (operation(manager), owned.set.to_fields_v1()));
    let owners: serde_json::Map<String, Value> = owners.collect();
    let spec = stage.live().get("spec").cloned().unwrap_or_else(|| json!("absent"));
    json!({"spec": spec, "managers": owners})
}

#[test]
fn every_history_ends_as_in_structured_merge_diff() {
    let mut steps = 0;
    for (number, history) in HISTORIES.lines().enumerate() {
        let history: Value = serde_json::from_str(history).unwrap();
        let mut stage = Stage::custom(&spec());
        for (index, step) in history.as_array().unwrap().iter().enumerate() {
            let answer = answer(&mut stage, &step["write"]);
            assert_eq!(answer, step["answer"], "history {number}, write {index}");
            steps += 1;
        }
    }
    assert!(steps > 150, "{steps}");
}
