//! What the API server would say to an object, for the tests: the schema of the CRD, then its CEL
//! rules. It knows no conversion.

use serde_json::{Value, json};

use crate::{GitRepository, crd};

/// An object with this spec, named as a user would.
pub(crate) fn object(spec: &Value) -> Value {
    named("web", spec)
}

/// The same under another name.
pub(crate) fn named(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "nopea.io/v1alpha1",
        "kind": "GitRepository",
        "metadata": {"name": name, "namespace": "shop", "uid": "u-1", "generation": 3},
        "spec": spec,
    })
}

/// Says whether the API server admits it, or why not.
pub(crate) fn admit(object: &Value) -> Result<(), String> {
    let definition = serde_json::to_value(crd()).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let validator = jsonschema::validator_for(schema).unwrap();
    let wrong: Vec<_> = validator.iter_errors(object).map(|error| error.to_string()).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    let typed: GitRepository = serde_json::from_value(object.clone()).unwrap();
    typed.validate_cel().map_err(|error| format!("{error:?}"))
}
