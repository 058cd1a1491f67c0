//! Tests of the merge: each is a rule that was seen on a real kube-apiserver 1.37, named after it.

use serde_json::{Value, json};

use super::*;
use crate::schema::builtin;

mod body;
mod corpus;
mod entry;
mod field_set;
mod leaf;
mod order;
mod property;
mod take_back;

/// One object and those who write it; each write is one second after the last.
struct Stage {
    schema: Schema,
    api_version: String,
    live: Option<Value>,
    at: i64,
}

impl Stage {
    fn of(api_version: &str, kind: &str) -> Self {
        let schema = builtin::find(api_version, kind).unwrap().schema.clone();
        Self { schema, api_version: api_version.to_owned(), live: None, at: 1_800_000_000 }
    }

    /// A custom kind whose `spec` has this schema.
    fn custom(spec: &Value) -> Self {
        let root = json!({"type": "object", "properties": {"spec": spec}});
        let schema = Schema::custom(&root, StatusFields::Subresource);
        Self { schema, api_version: "x.io/v1".to_owned(), live: None, at: 1_800_000_000 }
    }

    fn write<'a>(
        schema: &'a Schema,
        version: &'a str,
        at: &mut i64,
        manager: &'a str,
    ) -> Write<'a> {
        *at += 1;
        Write::new(manager, version, schema, Timestamp::from_second(*at).unwrap())
    }

    fn try_apply(
        &mut self,
        manager: &str,
        body: &Value,
        mode: OnConflict,
    ) -> Result<(), MergeError> {
        let write = Self::write(&self.schema, &self.api_version, &mut self.at, manager);
        self.live = Some(apply(self.live.as_ref(), body, &write, mode)?);
        Ok(())
    }

    fn force(&mut self, manager: &str, body: &Value) {
        self.try_apply(manager, body, OnConflict::Force).unwrap();
    }

    fn put(&mut self, manager: &str, new: &Value) {
        let write = Self::write(&self.schema, &self.api_version, &mut self.at, manager);
        self.live = Some(update(self.live.as_ref().unwrap(), new, &write));
    }

    fn post(&mut self, manager: &str, body: &Value) {
        let write = Self::write(&self.schema, &self.api_version, &mut self.at, manager);
        self.live = Some(create(body, &write));
    }

    fn patch(&mut self, manager: &str, patch: &Value) {
        let mut new = self.live.clone().unwrap();
        json_merge_patch(&mut new, patch);
        self.put(manager, &new);
    }

    /// Replaces the entries alone, as a JSON patch under locks does.
    fn entries(&mut self, entries: Value) {
        let write = Self::write(&self.schema, &self.api_version, &mut self.at, "nopea");
        self.live = Some(patch_managed_fields(self.live.as_ref().unwrap(), entries, &write));
    }

    fn live(&self) -> &Value {
        self.live.as_ref().unwrap()
    }

    /// The object without its entries.
    fn body(&self) -> Value {
        let mut body = self.live().clone();
        take_managed_fields(&mut body);
        body
    }

    /// Every entry as (manager, operation).
    fn owners(&self) -> Vec<String> {
        let entries = self.live().pointer("/metadata/managedFields").and_then(Value::as_array);
        let name = |entry: &Value| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let subresource = text("subresource");
            let end = if subresource.is_empty() { subresource } else { format!("/{subresource}") };
            format!("{}/{}{end}", text("manager"), text("operation"))
        };
        entries.into_iter().flatten().map(name).collect()
    }

    /// The fields of the first entry of a manager, null without one.
    fn fields(&self, manager: &str) -> Value {
        let entries = self.live().pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut entries = entries.into_iter().flatten();
        let found = entries.find(|entry| entry["manager"] == manager);
        found.map_or(Value::Null, |entry| entry["fieldsV1"].clone())
    }
}

fn config_map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "t"}, "data": data})
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"own": "1"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "a"}},
            "template": {
                "metadata": {"labels": {"app": "a"}},
                "spec": {
                    "containers": [{
                        "name": "c", "image": "i:1", "args": ["x", "y"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80}],
                        "resources": {"limits": {"cpu": "1"}}
                    }],
                    "tolerations": [{"key": "k", "operator": "Exists"}],
                    "nodeSelector": {"disk": "ssd"}
                }
            }
        }
    })
}
