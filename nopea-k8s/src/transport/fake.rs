//! An API server of one closure, for the tests of this crate: it records what was asked and answers
//! what it is told. It has no objects and checks nothing.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::{Value, json};

use super::Transport;

/// A request as the server saw it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    /// Method and path with query: `GET /api/v1/pods?limit=1`.
    pub(crate) line: String,
    /// The header `Accept`.
    pub(crate) accept: String,
    /// The header `Content-Type`.
    pub(crate) content_type: String,
    /// The body; null where it is empty.
    pub(crate) body: Value,
}

/// What the server answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A JSON body.
    Json(u16, Value),
    /// A body that need not be JSON, with further headers.
    Raw(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// The connection breaks.
    Broken(&'static str),
    /// Nothing, for ever.
    Silence,
    /// Another reply, later.
    Later(Duration, Box<Self>),
}

/// The server's record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<Seen>>>);

impl Record {
    /// What was asked so far.
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    /// The request lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.all().into_iter().map(|seen| seen.line).collect()
    }
}

/// A client whose server is `answer`.
pub(crate) fn client(
    answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (kube::Client, Record) {
    let (record, answer) = (Record::default(), Arc::new(answer));
    let log = record.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let (log, answer) = (log.clone(), Arc::clone(&answer));
        async move {
            let seen = read(request).await;
            log.0.lock().unwrap().push(seen.clone());
            let mut reply = answer(&seen);
            while let Reply::Later(wait, then) = reply {
                tokio::time::sleep(wait).await;
                reply = *then;
            }
            write(reply).await
        }
    });
    (kube::Client::new(service, "default"), record)
}

/// A transport whose server is `answer`: 8 in flight, 30 seconds.
pub(crate) fn transport(
    answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> (Transport, Record) {
    let (client, record) = client(answer);
    (Transport::new(client, Duration::from_secs(30), 8), record)
}

/// A `metav1.Status` as kube-apiserver writes it.
pub(crate) fn status(code: u16, reason: &str, message: &str, details: &Value) -> Reply {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code,
    });
    Reply::Json(code, body)
}

/// What kube-apiserver answers where it has no such path.
pub(crate) fn page_not_found() -> Reply {
    Reply::Raw(404, vec![("content-type", "text/plain")], b"404 page not found\n".to_vec())
}

async fn read(request: Request<Body>) -> Seen {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let header =
        |name| head.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    Seen {
        line: format!("{} {}", head.method, head.uri),
        accept: header("accept"),
        content_type: header("content-type"),
        body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() },
    }
}

async fn write(reply: Reply) -> Result<Response<Body>, io::Error> {
    let (code, headers, bytes) = match reply {
        Reply::Json(code, body) => (code, Vec::new(), serde_json::to_vec(&body).unwrap()),
        Reply::Raw(code, headers, bytes) => (code, headers, bytes),
        Reply::Broken(why) => return Err(io::Error::other(why)),
        Reply::Silence | Reply::Later(..) => std::future::pending().await,
    };
    let mut response = Response::builder().status(code);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Body::from(bytes)).unwrap())
}
