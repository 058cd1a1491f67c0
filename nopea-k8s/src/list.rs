//! Lists, page by page, as raw objects. It judges nothing.

use nopea_core::{model::GroupKind, port::Refusal};
use serde_json::Value;

use crate::{
    discovery::Resource,
    refusal,
    transport::Transport,
    watch::request::{escape, get},
};

/// Whole objects.
pub(crate) const OBJECTS: &str = "application/json";
/// Their metadata alone.
pub(crate) const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The pages of one list.
#[derive(Debug)]
pub(crate) struct Pages {
    uri: String,
    accept: &'static str,
    api_version: String,
    kind: String,
    state: State,
    version: Option<String>,
}

#[derive(Debug)]
enum State {
    First,
    Then(String),
    Done,
}

impl Pages {
    /// The objects of a kind in a namespace (empty: in all), selected by a part of a query.
    pub(crate) fn new(resource: &Resource, namespace: &str, selector: &str, size: u32) -> Self {
        let mut uri = format!("{}?limit={size}", resource.path(namespace, None));
        if !selector.is_empty() {
            uri.push('&');
            uri.push_str(selector);
        }
        Self {
            uri,
            accept: OBJECTS,
            api_version: resource.api_version(),
            kind: resource.kind.to_string(),
            state: State::First,
            version: None,
        }
    }

    /// Asks for the metadata alone.
    pub(crate) fn metadata(self) -> Self {
        Self { accept: METADATA, ..self }
    }

    /// The next page; none after the last.
    pub(crate) async fn next(
        &mut self,
        transport: &Transport,
    ) -> Result<Option<Vec<Value>>, Refusal> {
        let uri = match &self.state {
            State::First => self.uri.clone(),
            State::Then(token) => format!("{}&continue={}", self.uri, escape(token)),
            State::Done => return Ok(None),
        };
        let mut body = transport.call(get(&uri, self.accept)?).await?.body;
        let next = body.pointer("/metadata/continue").and_then(Value::as_str);
        self.state = match next {
            Some(token) if !token.is_empty() => State::Then(token.to_owned()),
            Some(_) | None => State::Done,
        };
        self.version = version(&body);
        let mut items = match body.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            // how an empty list of metadata is written
            Some(Value::Null) => Vec::new(),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))
            | None => {
                return Err(refusal::unreadable("the list"));
            }
        };
        for item in &mut items {
            self.name(item);
        }
        Ok(Some(items))
    }

    /// The version of the whole list.
    pub(crate) fn version(&self) -> Option<String> {
        self.version.clone()
    }

    /// The items of built-in kinds, and metadata alone, do not say what they are of.
    fn name(&self, item: &mut Value) {
        if let Value::Object(fields) = item {
            fields.insert("apiVersion".to_owned(), Value::from(self.api_version.as_str()));
            fields.insert("kind".to_owned(), Value::from(self.kind.as_str()));
        }
    }
}

/// `metadata.resourceVersion`; none where it is absent or empty.
pub(crate) fn version(body: &Value) -> Option<String> {
    let version = body.pointer("/metadata/resourceVersion").and_then(Value::as_str)?;
    Some(version.to_owned()).filter(|version| !version.is_empty())
}

/// Group and version as objects write them.
pub(crate) fn api_version(kind: &GroupKind, version: &str) -> String {
    match &*kind.group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }
}
