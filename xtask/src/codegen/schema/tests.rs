//! Tests of the table's making, on definitions of a few lines.

use serde_json::json;

use super::*;

/// The lines that a document makes of one of its definitions.
fn lines(document: &Value, definition: &str) -> Result<Vec<String>> {
    let document = document.as_object().unwrap();
    let mut table = Table { document, waiting: Vec::new(), named: BTreeMap::new() };
    table.name(definition)?;
    let mut lines = Vec::new();
    while let Some(definition) = table.waiting.pop() {
        lines.push(table.line(&definition)?);
    }
    Ok(lines)
}

fn one(properties: &Value) -> Result<String> {
    let document = json!({
        "a.core.v1.X": {"properties": properties},
        "a.core.v1.Port": {"properties": {
            "port": {"type": "integer", "default": 0}, "protocol": {"type": "string", "default": "TCP"}}},
        "a.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
        "a.util.intstr.IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}]},
        "a.v1.Time": {"type": "string", "format": "date-time"},
        "a.runtime.Raw": {"type": "object"},
        "a.v1.Json": {}
    });
    let lines = lines(&document, "a.core.v1.X")?;
    Ok(lines.into_iter().find(|line| line.starts_with("type core.v1.X")).unwrap())
}

fn reference(name: &str) -> Value {
    json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]})
}

#[test]
fn scalars_and_definitions_that_are_no_structs_stand_inline() {
    let line = one(&json!({
        "b": {"type": "boolean"}, "i": {"type": "integer"}, "s": {"type": "string"},
        "y": {"type": "string", "format": "byte"}, "q": reference("a.api.resource.Quantity"),
        "p": reference("a.util.intstr.IntOrString"), "t": reference("a.v1.Time"),
        "r": reference("a.runtime.Raw"), "j": reference("a.v1.Json")
    }));
    assert_eq!(line.unwrap(), "type core.v1.X b:b i:n j:u p:a q:q r:{}u s:s t:a y:y");
}

#[test]
fn lists_name_their_keys_with_the_defaults_that_are_no_zero_values() {
    let port = reference("a.core.v1.Port")["allOf"][0].clone();
    let text = json!({"type": "string"});
    let line = one(&json!({
        "atomic": {"type": "array", "items": text, "x-kubernetes-list-type": "atomic"},
        "keyed": {"type": "array", "items": port, "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"]},
        "legacy": {"type": "array", "items": port, "x-kubernetes-patch-strategy": "merge",
            "x-kubernetes-patch-merge-key": "port"},
        "plain": {"type": "array", "items": text},
        "set": {"type": "array", "items": text, "x-kubernetes-list-type": "set"}
    }));
    assert_eq!(
        line.unwrap(),
        "type core.v1.X atomic:[]s keyed:[port,protocol=TCP]@core.v1.Port \
         legacy:[port]@core.v1.Port plain:[]s set:[*]s"
    );
}

#[test]
fn maps_and_structs_say_whether_they_are_one_value_and_always_written() {
    let mut here = reference("a.core.v1.Port");
    here["x-kubernetes-map-type"] = json!("granular");
    let mut always = reference("a.core.v1.Port");
    always["default"] = json!({});
    let text = json!({"type": "string"});
    let line = one(&json!({
        "atomic": {"type": "object", "additionalProperties": text, "x-kubernetes-map-type": "atomic"},
        "here": here, "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "written": always
    }));
    assert_eq!(
        line.unwrap(),
        "type core.v1.X atomic:{!}s here:@~core.v1.Port map:{}n written:+@core.v1.Port"
    );
}

#[test]
fn what_the_grammar_cannot_say_is_an_error_that_names_the_field() {
    let error = one(&json!({"deep": {"type": "object", "properties": {}}})).unwrap_err();
    assert_eq!(error.to_string(), "a.core.v1.X.deep");
}

#[test]
fn two_definitions_of_one_short_name_are_an_error() {
    let document = json!({
        "a.core.v1.X": {"properties": {"other": reference("b.core.v1.X")}},
        "b.core.v1.X": {"properties": {}}
    });
    assert!(lines(&document, "a.core.v1.X").is_err());
}

#[test]
fn without_the_document_the_check_is_skipped() {
    assert_eq!(make(Path::new("no/such/document.json")).unwrap(), None);
}
