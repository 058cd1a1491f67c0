//! An API server in memory with streaming watches, for the tests of this crate: objects, versions,
//! the shared selector, discovery, and the ways in which a watch ends.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use kube::client::Body;
use nopea_core::{
    membership::{NAMESPACE, OBJECT, PART_OF, REPOSITORY, object_mark, part_of_id},
    model::{ObjectKey, RepoKey, Uid},
};
use serde_json::{Value, json};

use crate::Kubernetes;

/// An answer, whole or streamed.
type Answer = Response<UnsyncBoxBody<<Body as http_body::Body>::Data, io::Error>>;

/// The server. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Plane(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    version: u64,
    /// Path of the list (`/api/v1/configmaps`), kind.
    pub(crate) kinds: BTreeMap<String, &'static str>,
    /// Groups that do not answer.
    pub(crate) stale: Vec<&'static str>,
    objects: BTreeMap<(String, String), Value>,
    log: Vec<(u64, String, Value)>,
    watchers: Vec<(String, UnboundedSender<String>)>,
    pub(crate) lines: Vec<String>,
    pub(crate) bodies: Vec<Value>,
    pub(crate) no_streaming: bool,
    /// Versions below are refused: inside the stream, or as the status of the answer.
    pub(crate) compacted: u64,
    pub(crate) gone_as_answer: bool,
    /// What the next request is answered with.
    pub(crate) next: Vec<(u16, Value)>,
}

/// Where `ConfigMap`s are listed.
pub(crate) const CONFIGS: &str = "/api/v1/configmaps";
/// Where the definitions of kinds are listed.
pub(crate) const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

impl Plane {
    /// A server of `ConfigMap`s, Namespaces and definitions.
    pub(crate) fn new() -> Self {
        let plane = Self::default();
        let kinds = [
            (CONFIGS, "ConfigMap"),
            ("/api/v1/namespaces", "Namespace"),
            (DEFINITIONS, "CustomResourceDefinition"),
        ];
        plane.state().kinds =
            kinds.into_iter().map(|(path, kind)| (path.to_owned(), kind)).collect();
        plane.state().version = 100;
        plane
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The adapter in front of it.
    pub(crate) fn kubernetes(&self) -> Kubernetes {
        Kubernetes::builder(self.client()).page_size(2).deadline(Duration::from_secs(30)).build()
    }

    pub(crate) fn client(&self) -> kube::Client {
        let plane = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let plane = plane.clone();
            async move { plane.answer(request).await }
        });
        kube::Client::new(service, "default")
    }

    /// Creates or changes an object, at its list path.
    pub(crate) fn put(&self, path: &str, mut object: Value) {
        let mut state = self.state();
        state.version += 1;
        let version = state.version.to_string();
        object["metadata"]["resourceVersion"] = json!(version);
        let place = (path.to_owned(), name_of(&object));
        let old = state.objects.insert(place, object.clone());
        let selected = |object: &Value| object["metadata"]["labels"].get(PART_OF).is_some();
        let (was, is) = (old.as_ref().is_some_and(selected), selected(&object));
        let event = match (was, is) {
            (true, false) => {
                let mut left = old.unwrap();
                left["metadata"]["resourceVersion"] = json!(version);
                json!({"type": "DELETED", "object": left})
            }
            (true, true) => json!({"type": "MODIFIED", "object": object}),
            (false, _) => json!({"type": "ADDED", "object": object}),
        };
        if was || is || path == DEFINITIONS {
            state.tell(path, &event);
        }
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, path: &str, name: &str) {
        let mut state = self.state();
        let mut object = state.objects.remove(&(path.to_owned(), name.to_owned())).unwrap();
        state.version += 1;
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.tell(path, &json!({"type": "DELETED", "object": object}));
    }

    /// Ends every watch of a path, as the connection's end.
    pub(crate) fn cut(&self, path: &str) {
        self.state().watchers.retain(|(watched, _)| watched != path);
    }

    /// Forgets the log: who resumes an older version has to list.
    pub(crate) fn compact(&self) {
        let mut state = self.state();
        state.version += 1;
        state.compacted = state.version;
        state.log.clear();
    }

    /// How many watches of a path are open.
    pub(crate) fn open(&self, path: &str) -> usize {
        let state = self.state();
        let open = |(watched, sender): &&(String, UnboundedSender<String>)| {
            watched == path && !sender.is_closed()
        };
        state.watchers.iter().filter(open).count()
    }

    /// The requests for a path so far.
    pub(crate) fn asked(&self, path: &str) -> Vec<String> {
        let lines = self.state().lines.clone();
        lines.into_iter().filter(|line| line.contains(path)).collect()
    }

    async fn answer(&self, request: Request<Body>) -> Result<Answer, io::Error> {
        let (head, body) = request.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let mut state = self.state();
        let line = format!("{} {}", head.method, head.uri);
        state.lines.push(line);
        if !bytes.is_empty() {
            state.bodies.push(serde_json::from_slice(&bytes).unwrap());
        }
        let path = head.uri.path().to_owned();
        let query: BTreeMap<String, String> = head
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), unescaped(value)))
            .collect();
        if !path.ends_with("/api")
            && !path.ends_with("/apis")
            && path != DEFINITIONS
            && let Some((code, body)) = state.next.pop()
        {
            return Ok(reply(code, &body));
        }
        if path == "/api" || path == "/apis" {
            return Ok(reply(200, &state.discovery(path == "/api")));
        }
        if query.contains_key("watch") {
            return Ok(state.watch(&path, &query));
        }
        if state.kinds.contains_key(&path) {
            return Ok(state.list(&path, &query));
        }
        if let Some((path, namespace)) = inside(&path)
            && state.kinds.contains_key(&path)
        {
            let mut query = query;
            query.insert("namespace".to_owned(), namespace);
            return Ok(state.list(&path, &query));
        }
        Ok(state.read(&path))
    }
}

impl State {
    fn tell(&mut self, path: &str, event: &Value) {
        self.log.push((self.version, path.to_owned(), event.clone()));
        for (_, watcher) in self.watchers.iter().filter(|(watched, _)| watched == path) {
            let _closed = watcher.unbounded_send(format!("{event}\n"));
        }
    }

    fn discovery(&self, core: bool) -> Value {
        let mut groups: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for (path, kind) in &self.kinds {
            let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
            let (group, version, plural) = match parts[..] {
                ["api", version, plural] => ("", version, plural),
                ["apis", group, version, plural] => (group, version, plural),
                _ => panic!("{path}"),
            };
            if core != group.is_empty() {
                continue;
            }
            let namespaced = !matches!(*kind, "Namespace" | "CustomResourceDefinition");
            groups.entry((group.to_owned(), version.to_owned())).or_default().push(json!({
                "resource": plural, "scope": if namespaced { "Namespaced" } else { "Cluster" },
                "responseKind": {"group": group, "version": version, "kind": kind},
                "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
            }));
        }
        let mut items: Vec<Value> = groups
            .into_iter()
            .map(|((group, version), resources)| {
                let version =
                    json!({"version": version, "freshness": "Current", "resources": resources});
                json!({"metadata": {"name": group}, "versions": [version]})
            })
            .collect();
        for group in self.stale.iter().filter(|_| !core) {
            let stale = json!([{"version": "v1", "freshness": "Stale"}]);
            items.push(json!({"metadata": {"name": group}, "versions": stale}));
        }
        let api_version = "apidiscovery.k8s.io/v2";
        json!({"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items})
    }

    fn watch(&mut self, path: &str, query: &BTreeMap<String, String>) -> Answer {
        if !self.kinds.contains_key(path) {
            return not_found();
        }
        let (sender, receiver) = unbounded();
        let send = |event: &Value| sender.unbounded_send(format!("{event}\n")).unwrap();
        if query.contains_key("sendInitialEvents") {
            if self.no_streaming {
                return reply(422, &status(422, "Invalid", "sendInitialEvents is forbidden"));
            }
            for object in self.selected(path, query) {
                send(&json!({"type": "ADDED", "object": object}));
            }
            let annotations = json!({"k8s.io/initial-events-end": "true"});
            let metadata =
                json!({"resourceVersion": self.version.to_string(), "annotations": annotations});
            let bookmark = json!({"apiVersion": "v1", "kind": "Kind", "metadata": metadata});
            send(&json!({"type": "BOOKMARK", "object": bookmark}));
        } else {
            let from: u64 = query["resourceVersion"].parse().unwrap();
            if from < self.compacted {
                let expired = status(410, "Expired", "too old resource version");
                if self.gone_as_answer {
                    return reply(410, &expired);
                }
                send(&json!({"type": "ERROR", "object": expired}));
                return streamed(receiver);
            }
            for (_, _, event) in
                self.log.iter().filter(|(version, told, _)| *version > from && told == path)
            {
                send(event);
            }
        }
        self.watchers.push((path.to_owned(), sender));
        streamed(receiver)
    }

    fn selected(&self, path: &str, query: &BTreeMap<String, String>) -> Vec<Value> {
        let (selector, namespace) = (query.get("labelSelector"), query.get("namespace"));
        let wanted = |object: &Value| {
            if namespace.is_some_and(|wanted| object["metadata"]["namespace"] != **wanted) {
                return false;
            }
            let label = object["metadata"]["labels"].get(PART_OF).and_then(Value::as_str);
            let Some(selector) = selector else { return true };
            match (selector.split_once('='), selector.split_once(" in (")) {
                (Some((_, set)), _) => label == Some(set),
                (None, Some((_, sets))) => label.is_some_and(|label| {
                    sets.trim_end_matches(')').split(',').any(|set| set == label)
                }),
                (None, None) => label.is_some(),
            }
        };
        let here = self.objects.iter().filter(|((place, _), _)| place == path);
        here.map(|(_, object)| object.clone()).filter(wanted).collect()
    }

    fn list(&self, path: &str, query: &BTreeMap<String, String>) -> Answer {
        let size: usize = query["limit"].parse().unwrap();
        let from: usize = query.get("continue").map_or(0, |token| token.parse().unwrap());
        let all = self.selected(path, query);
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if all.len() > from + size {
            metadata["continue"] = json!((from + size).to_string());
        }
        // as a server lists built-in kinds: the items do not say what they are
        let bare = |mut object: Value| {
            object.as_object_mut().unwrap().remove("kind");
            object.as_object_mut().unwrap().remove("apiVersion");
            object
        };
        let items: Vec<_> = all.into_iter().skip(from).take(size).map(bare).collect();
        let items = if items.is_empty() { Value::Null } else { json!(items) };
        reply(
            200,
            &json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}),
        )
    }

    /// Objects are found by the last segment and the resource before it.
    fn read(&self, path: &str) -> Answer {
        let parts: Vec<&str> = path.split('/').collect();
        let [.., plural, name] = parts[..] else { return not_found() };
        let Some(list) = self.kinds.keys().find(|list| list.ends_with(&format!("/{plural}")))
        else {
            return not_found();
        };
        if let Some(object) = self.objects.get(&(list.clone(), name.to_owned())) {
            return reply(200, object);
        }
        let mut absent = status(404, "NotFound", "not found");
        absent["details"] = json!({"kind": plural, "name": name});
        reply(404, &absent)
    }
}

/// A member of a repository.
pub(crate) fn member(repo: &RepoKey, name: &str, uid: &str) -> Value {
    let key = ObjectKey::new("", "ConfigMap", "shop", name);
    let labels = json!({
        PART_OF: &*part_of_id(repo), REPOSITORY: &*repo.name, NAMESPACE: &*repo.namespace,
    });
    let annotations = json!({OBJECT: &*object_mark(&Uid::new("parent"), &key)});
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "1"},
        "metadata": {
            "name": name, "namespace": "shop", "uid": uid,
            "labels": labels, "annotations": annotations,
        },
    })
}

pub(crate) fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

/// The list of a kind that is meant by its list in a namespace, and the namespace.
fn inside(path: &str) -> Option<(String, String)> {
    let (head, rest) = path.split_once("/namespaces/")?;
    let (namespace, plural) = rest.split_once('/')?;
    Some((format!("{head}/{plural}"), namespace.to_owned()))
}

fn name_of(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap().to_owned()
}

fn reply(code: u16, body: &Value) -> Answer {
    whole(code, serde_json::to_vec(body).unwrap())
}

fn not_found() -> Answer {
    whole(404, b"404 page not found\n".to_vec())
}

fn whole(code: u16, bytes: Vec<u8>) -> Answer {
    let body = Full::from(bytes).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(code).body(body).unwrap()
}

fn streamed(lines: UnboundedReceiver<String>) -> Answer {
    let frames = lines.map(|line| Ok::<_, io::Error>(http_body::Frame::data(line.into())));
    Response::new(StreamBody::new(frames).boxed_unsync())
}

fn unescaped(value: &str) -> String {
    let pairs =
        [("%2F", "/"), ("%3D", "="), ("%20", " "), ("%28", "("), ("%29", ")"), ("%2C", ",")];
    pairs.iter().fold(value.to_owned(), |value, (code, sign)| value.replace(code, sign))
}
