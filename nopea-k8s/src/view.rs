//! What a cluster serves, what lives, and what changes.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use nopea_core::{
    model::Observation,
    observe::observe,
    port::{
        ClusterView, Follow, Look, Refusal, Scopes, ScopesRequest, ServerStatus, Survey, ViewStream,
    },
};
use serde_json::Value;

use crate::{Kubernetes, list::OBJECTS, refusal, watch::request::get};

mod survey;
mod together;

pub(crate) use together::Together;

#[async_trait]
impl ClusterView for Kubernetes {
    async fn scopes(&self, request: &ScopesRequest) -> Result<Scopes, Refusal> {
        self.discovery.scopes(&request.kinds).await
    }

    async fn look(&self, request: &Look) -> Result<Option<Box<Observation>>, Refusal> {
        let key = &request.key;
        let resource = self.discovery.resource(&key.kind, &request.api_version).await?;
        let uri = resource.path(&key.namespace, Some(&key.name));
        match self.transport.call(get(&uri, OBJECTS)?).await {
            Ok(answer) => Ok(Some(Box::new(observed(answer.body)?))),
            Err(Refusal::Status(status)) if status.code == 404 && names_object(&status) => Ok(None),
            Err(Refusal::Status(status)) if status.code == 404 => {
                self.discovery.forget_kind(&key.kind);
                Err(Refusal::Status(status))
            }
            Err(refusal) => Err(refusal),
        }
    }

    async fn follow(&self, request: &Follow) -> Result<ViewStream, Refusal> {
        Ok(self.watches.follow(request).boxed())
    }

    async fn survey(&self, request: &Survey) -> Result<Vec<Observation>, Refusal> {
        survey::survey(self, request).await
    }
}

/// Whether a 404 speaks of the object. One of a kind that is not served is plain text, one of a
/// version names nothing (experiments R29).
fn names_object(status: &ServerStatus) -> bool {
    status.typed && !status.kind.is_empty()
}

fn observed(object: Value) -> Result<Observation, Refusal> {
    observe(Arc::new(object)).map_err(|_| refusal::unreadable("an object"))
}

/// Reads the items of a page. What is no object is left out: there is nothing to do with it.
fn observed_all(page: Vec<Value>) -> impl Iterator<Item = Observation> {
    page.into_iter().filter_map(|object| {
        let seen = observe(Arc::new(object));
        seen.inspect_err(|malformed| tracing::warn!(%malformed, "an object cannot be read")).ok()
    })
}

#[cfg(test)]
mod tests;
