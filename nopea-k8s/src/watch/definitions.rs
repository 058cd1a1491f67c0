//! Watches `CustomResourceDefinition`s, of which only that they change is of interest: what the
//! discovery knows of their kinds is forgotten.

use std::time::Duration;

use futures::StreamExt as _;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{
    pace::Pace,
    request::{self, From, TIMEOUT_SECONDS},
};
use crate::{
    discovery::{Discovery, Resource},
    list::{self, METADATA},
    transport::Transport,
};

const METADATA_EVENTS: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const OPENING: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(TIMEOUT_SECONDS as u64 + 10);

/// Runs until it is aborted.
pub(super) async fn run(transport: Transport, discovery: Discovery) {
    let resource = Resource {
        group: "apiextensions.k8s.io".into(),
        version: "v1".into(),
        plural: "customresourcedefinitions".into(),
        kind: "CustomResourceDefinition".into(),
        namespaced: false,
        verbs: Vec::new(),
    };
    let mut pace = Pace::default();
    let mut from = None;
    loop {
        let heard = match from.take() {
            None => {
                // one page says from which version on: what the definitions are is no matter
                let uri = format!("{}?limit=1", resource.path("", None));
                from = begin(&transport, &uri).await;
                discovery.forget();
                from.is_some()
            }
            Some(version) => {
                from = hear(&transport, &discovery, &resource, &version).await;
                from.is_some()
            }
        };
        if heard {
            pace.reset();
        } else {
            sleep(pace.refused()).await;
        }
    }
}

async fn begin(transport: &Transport, uri: &str) -> Option<String> {
    let request = request::get(uri, METADATA).ok()?;
    let answer = transport.call(request).await.ok()?;
    list::version(&answer.body)
}

/// Hears a watch to its end: from where to go on, none where that is lost or nothing was heard.
async fn hear(
    transport: &Transport,
    discovery: &Discovery,
    resource: &Resource,
    version: &str,
) -> Option<String> {
    let from = From::Version(version.to_owned());
    let mut request = request::watch(resource, "", &from).ok()?;
    let accept = http::HeaderValue::from_static(METADATA_EVENTS);
    request.headers_mut().insert(http::header::ACCEPT, accept);
    let client = transport.client().clone();
    let opened = timeout(OPENING, client.request_events::<Value>(request)).await;
    let mut events = std::pin::pin!(opened.ok()?.ok()?);
    let mut last = None;
    loop {
        match timeout(IDLE, events.next()).await.ok().flatten() {
            Some(Ok(
                WatchEvent::Added(object)
                | WatchEvent::Modified(object)
                | WatchEvent::Deleted(object),
            )) => {
                discovery.forget();
                last = list::version(&object).or(last);
            }
            Some(Ok(WatchEvent::Bookmark(bookmark))) => {
                last = Some(bookmark.metadata.resource_version);
            }
            Some(Ok(WatchEvent::Error(_)) | Err(_)) => return None,
            None => return last,
        }
    }
}
