//! Objects, an API server and ports for the tests of this crate.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::body::Body as Answer;
use futures::StreamExt as _;
use http::{Request, Response};
use kube::{Client, api::DynamicObject, client::Body};
use nopea_core::port::{
    Claim, MockApplier, MockClusterView, MockEventSink, MockGitSource, MockRenderer,
    MockStatusSink, Parent, ParentRef, ParentState, Refusal,
};
use nopea_engine::Ports;
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::Instant};

/// A `GitRepository` as the API server stores it.
pub(crate) fn stored(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "nopea.io/v1alpha1",
        "kind": "GitRepository",
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "generation": 1,
            "resourceVersion": "1",
        },
        "spec": spec,
    })
}

/// The same as the watch shows it.
pub(crate) fn object(name: &str, spec: &Value) -> DynamicObject {
    serde_json::from_value(stored(name, spec)).unwrap()
}

/// The object with other metadata.
pub(crate) fn with(object: DynamicObject, change: impl FnOnce(&mut Value)) -> DynamicObject {
    let mut value = serde_json::to_value(object).unwrap();
    change(&mut value["metadata"]);
    serde_json::from_value(value).unwrap()
}

/// What an API server answers to one request.
pub(crate) enum Reply {
    /// These objects.
    List(Vec<Value>),
    /// A watch that shows what is sent.
    Watch(mpsc::UnboundedReceiver<Value>),
    /// Nothing: the connection breaks.
    Broken,
}

/// A watch, and its other end.
pub(crate) fn watch() -> (mpsc::UnboundedSender<Value>, Reply) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Reply::Watch(receiver))
}

/// The paths that were asked for, and when.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Instant)>>>;

/// A server that answers so in turn, then never again; and when it was asked.
pub(crate) fn server(replies: impl IntoIterator<Item = Reply>) -> (Client, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let replies = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
    let service = tower::service_fn(move |request: Request<Body>| {
        log.lock().unwrap().push((request.uri().path().to_owned(), Instant::now()));
        let reply = replies.lock().unwrap().pop_front();
        async move {
            match reply {
                Some(Reply::List(items)) => Ok(list(&items)),
                Some(Reply::Watch(events)) => Ok(Response::new(stream(events))),
                Some(Reply::Broken) => Err(io::Error::other("broken")),
                None => std::future::pending().await,
            }
        }
    });
    (Client::new(service, "default"), asked)
}

fn list(items: &[Value]) -> Response<Answer> {
    let list = json!({
        "apiVersion": "nopea.io/v1alpha1", "kind": "GitRepositoryList",
        "metadata": {"resourceVersion": "9"}, "items": items,
    });
    Response::new(Answer::from(list.to_string()))
}

fn stream(events: mpsc::UnboundedReceiver<Value>) -> Answer {
    let lines = futures::stream::unfold(events, |mut events| async {
        let event = events.recv().await?;
        Some((Ok::<_, io::Error>(format!("{event}\n")), events))
    });
    Answer::from_stream(lines.boxed())
}

/// Ports of an engine whose workers ask for their parents and never hear an answer.
pub(crate) fn silent() -> (Ports, mpsc::UnboundedReceiver<ParentRef>) {
    let (asked, parents) = mpsc::unbounded_channel();
    let ports = Ports {
        git: Arc::new(MockGitSource::new()),
        renderer: Arc::new(MockRenderer::new()),
        applier: Arc::new(MockApplier::new()),
        view: Arc::new(MockClusterView::new()),
        parent: Arc::new(SilentParent(asked)),
        status: Arc::new(MockStatusSink::new()),
        events: Arc::new(MockEventSink::new()),
    };
    (ports, parents)
}

struct SilentParent(mpsc::UnboundedSender<ParentRef>);

#[async_trait]
impl Parent for SilentParent {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        let _nobody_listens = self.0.send(request.clone());
        std::future::pending().await
    }

    async fn claim(&self, _request: &Claim) -> Result<(), Refusal> {
        std::future::pending().await
    }

    async fn release(&self, _request: &ParentRef) -> Result<(), Refusal> {
        std::future::pending().await
    }
}
