//! The JSON schema of the events that are sent, for the tests: what CDEvents 0.5.1 says of a context,
//! a subject and the contents of `service.*` 0.3.0 and of custom events, written as one function,
//! because the published schemas differ in the type and the content alone. Links are never sent, so
//! none is allowed.

use serde_json::{Value, json};

/// The schema of one event type; of every custom one where it is not a standard type.
pub(super) fn schema(kind: &str) -> Value {
    let kind_rule = match standard(kind) {
        Some(_) => json!({"const": kind}),
        None => json!({
            "pattern": r"^dev\.cdeventsx\.[a-zA-Z0-9]+-[a-zA-Z]+\.[a-zA-Z]+\.[0-9]\.[0-9]\.[0-9]$"
        }),
    };
    let text = json!({"type": "string", "minLength": 1});
    let reference = json!({"type": "string", "minLength": 1, "format": "uri-reference"});
    let context = strict(
        &json!({
            "specversion": {"const": "0.5.1"},
            "id": text,
            "source": reference,
            "type": kind_rule,
            "timestamp": {"type": "string", "format": "date-time"},
            "schemaUri": {"type": "string", "minLength": 1, "format": "uri"},
            "chainId": text,
        }),
        &["specversion", "id", "source", "type", "timestamp"],
    );
    let inner = standard(kind).unwrap_or_else(|| json!({"type": "object"}));
    let subject =
        strict(&json!({"id": text, "source": reference, "content": inner}), &["id", "content"]);
    strict(
        &json!({
            "context": context,
            "subject": subject,
            "customData": {"type": "object"},
            "customDataContentType": {"type": "string"},
        }),
        &["context", "subject"],
    )
}

/// The content of a standard event.
fn standard(kind: &str) -> Option<Value> {
    let text = json!({"type": "string", "minLength": 1});
    let reference = json!({"type": "string", "minLength": 1, "format": "uri-reference"});
    let environment = strict(&json!({"id": text, "source": reference}), &["id"]);
    match kind {
        "dev.cdevents.service.deployed.0.3.0"
        | "dev.cdevents.service.upgraded.0.3.0"
        | "dev.cdevents.service.rolledback.0.3.0" => Some(strict(
            &json!({"environment": environment, "artifactId": text}),
            &["environment", "artifactId"],
        )),
        "dev.cdevents.service.removed.0.3.0" => {
            Some(strict(&json!({"environment": environment}), &[]))
        }
        _ => None,
    }
}

fn strict(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
