//! Raw requests to an API server, and its raw answers: what others do to the cluster, and what the server
//! says. Knows no adapter.

use std::fmt;

use futures::{AsyncBufReadExt as _, StreamExt as _, stream::BoxStream};
use http::{HeaderValue, Method, Request, header::CONTENT_TYPE};
use kube::client::Body;
use serde_json::{Value, json};

use super::eventually;

const JSON: &str = "application/json";

/// An API server, asked by one user.
#[derive(Clone)]
pub struct Server {
    client: kube::Client,
    headers: Vec<(&'static str, HeaderValue)>,
}

/// What a server said.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status code.
    pub code: u16,
    /// The body; a string where it was no JSON.
    pub body: Value,
}

/// The events of a watch.
pub struct Watch(BoxStream<'static, Value>);

impl Server {
    /// Of a client.
    pub fn new(client: kube::Client) -> Self {
        Self { client, headers: Vec::new() }
    }

    /// The same server, asked by another user.
    ///
    /// # Panics
    ///
    /// Where the name is no header.
    #[must_use]
    pub fn impersonating(&self, user: &str) -> Self {
        let mut other = self.clone();
        other.headers.push(("Impersonate-User", user.parse().unwrap()));
        other
    }

    /// Waits until it answers that it is ready.
    pub async fn ready(&self) {
        eventually("the API server is ready", async || {
            let request = Request::get("/readyz").body(Body::empty()).ok()?;
            let answer = self.client.send(request).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, JSON, None).await
    }

    /// Reads the object that the body names, as it lives.
    pub async fn live(&self, body: &Value) -> Answer {
        self.get(&path(body)).await
    }

    /// Reads as the table that kubectl shows.
    pub async fn table(&self, path: &str) -> Answer {
        let mut asking = self.clone();
        let table = HeaderValue::from_static("application/json;as=Table;v=v1;g=meta.k8s.io");
        asking.headers.push(("Accept", table));
        asking.get(path).await
    }

    /// Posts whatever it is to wherever it is.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, JSON, Some(body)).await
    }

    /// Creates an object.
    pub async fn create(&self, manager: &str, body: &Value) -> Answer {
        self.post(&format!("{}?fieldManager={manager}", collection(body)), body).await
    }

    /// Applies on the server's side, forced and strict; `more` is further query, such as `&dryRun=All`.
    pub async fn apply(&self, manager: &str, body: &Value, more: &str) -> Answer {
        let query = format!("fieldManager={manager}&force=true&fieldValidation=Strict{more}");
        let path = format!("{}?{query}", path(body));
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", Some(body)).await
    }

    /// Applies, and gives way where somebody else's field is in the way.
    pub async fn apply_unforced(&self, manager: &str, body: &Value) -> Answer {
        let path = format!("{}?fieldManager={manager}", path(body));
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", Some(body)).await
    }

    /// Merges a patch into the object that the body names.
    pub async fn merge(&self, manager: &str, body: &Value, patch: &Value) -> Answer {
        let to = format!("{}?fieldManager={manager}", path(body));
        self.send(Method::PATCH, &to, "application/merge-patch+json", Some(patch)).await
    }

    /// Applies a JSON patch to the object that the body names.
    pub async fn json_patch(&self, body: &Value, patch: &Value) -> Answer {
        self.send(Method::PATCH, &path(body), "application/json-patch+json", Some(patch)).await
    }

    /// Replaces an object.
    pub async fn replace(&self, manager: &str, body: &Value) -> Answer {
        let path = format!("{}?fieldManager={manager}", path(body));
        self.send(Method::PUT, &path, JSON, Some(body)).await
    }

    /// Deletes the object that the body names.
    pub async fn delete(&self, body: &Value) -> Answer {
        self.delete_with(body, &json!({"propagationPolicy": "Background"})).await
    }

    /// The same with other options.
    pub async fn delete_with(&self, body: &Value, options: &Value) -> Answer {
        self.send(Method::DELETE, &path(body), JSON, Some(options)).await
    }

    /// Watches; `query` says what.
    ///
    /// # Panics
    ///
    /// Where the server refuses at once.
    pub async fn watch(&self, collection: &str, query: &str) -> Watch {
        let request = Request::get(format!("{collection}?watch=true&{query}"));
        let lines = self.client.request_stream(request.body(Vec::new()).unwrap()).await.unwrap();
        let events = lines.lines().filter_map(|line| async {
            line.ok().and_then(|line| serde_json::from_str(&line).ok())
        });
        Watch(events.boxed())
    }

    async fn send(&self, method: Method, path: &str, kind: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, kind);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let bytes = body.map(|body| serde_json::to_vec(body).unwrap()).unwrap_or_default();
        let answer = self.client.send(request.body(Body::from(bytes)).unwrap()).await.unwrap();
        let code = answer.status().as_u16();
        let bytes = answer.into_body().collect_bytes().await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).trim().to_owned());
        Answer { code, body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("headers", &self.headers).finish_non_exhaustive()
    }
}

impl Answer {
    /// The body of an answer that must be a success.
    ///
    /// # Panics
    ///
    /// Where it is none.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.code), "{self:?}");
        self.body
    }

    /// Its message.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().or(self.body.as_str()).unwrap_or_default()
    }

    /// The fields that its causes name.
    pub fn fields(&self) -> Vec<&str> {
        let causes = self.body["details"]["causes"].as_array();
        causes.into_iter().flatten().filter_map(|cause| cause["field"].as_str()).collect()
    }
}

impl Watch {
    /// The next event.
    ///
    /// # Panics
    ///
    /// Where none comes.
    pub async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(super::PATIENCE, self.0.next()).await;
        next.unwrap().unwrap_or_else(|| panic!("the watch ended"))
    }

    /// The next event of an object of this name, as its type and the object.
    ///
    /// # Panics
    ///
    /// Where none comes.
    pub async fn of(&mut self, name: &str) -> (String, Value) {
        loop {
            let mut event = self.next().await;
            if event["object"]["metadata"]["name"] == name {
                let kind = event["type"].as_str().unwrap().to_owned();
                return (kind, event["object"].take());
            }
        }
    }

    /// Waits until the server ends it.
    ///
    /// # Panics
    ///
    /// Where it does not.
    pub async fn ended(&mut self) {
        let end = async { while self.0.next().await.is_some() {} };
        tokio::time::timeout(super::PATIENCE, end).await.unwrap();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// The path of the object that a body names.
///
/// # Panics
///
/// Where it names none.
pub fn path(body: &Value) -> String {
    format!("{}/{}", collection(body), body["metadata"]["name"].as_str().unwrap())
}

fn collection(body: &Value) -> String {
    let (version, kind) = (body["apiVersion"].as_str().unwrap(), body["kind"].as_str().unwrap());
    let root = if version.contains('/') { "/apis" } else { "/api" };
    match body["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{root}/{version}/namespaces/{namespace}/{}", plural(kind)),
        None => format!("{root}/{version}/{}", plural(kind)),
    }
}

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match (kind.strip_suffix('y'), kind.ends_with("ss")) {
        (Some(stem), _) => format!("{stem}ies"),
        (None, true) => format!("{kind}es"),
        (None, false) => format!("{kind}s"),
    }
}
