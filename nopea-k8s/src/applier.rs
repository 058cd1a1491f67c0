//! Writes as manager `nopea`: server-side apply of the raw body, forced, strict and guarded.
//!
//! The body goes to the server as it was rendered, never through a typed struct, which would drop the
//! fields it does not know. One request for each call, no retry; what an answer means is judged
//! elsewhere.

mod request;

use async_trait::async_trait;
use nopea_core::{
    model::{GroupKind, Observation},
    observe,
    port::{Applied, Applier, Apply, Delete, Mode, Refusal, Release, TryCreate},
    prepare::is_custom_resource_definition,
};
use serde_json::Value;

use crate::{Kubernetes, refusal, transport::Answer};

#[async_trait]
impl Applier for Kubernetes {
    async fn apply(&self, request: &Apply) -> Result<Applied, Refusal> {
        let (manifest, mode) = (&request.manifest, request.mode);
        let kind = &manifest.key.kind;
        let resource = self.discovery.resource(kind, &manifest.api_version).await?;
        let asked = request::apply(&resource, request)?;
        let answer = self.ask(kind, mode, asked).await?;
        Ok(Applied { created: answer.code == 201, now: seen(answer.body)? })
    }

    async fn release(&self, request: &Release) -> Result<Box<Observation>, Refusal> {
        let kind = &request.key.kind;
        let resource = self.discovery.resource(kind, &request.api_version).await?;
        let asked = request::release(&resource, request)?;
        seen(self.ask(kind, Mode::Real, asked).await?.body)
    }

    async fn delete(&self, request: &Delete) -> Result<(), Refusal> {
        let kind = &request.key.kind;
        let resource = self.discovery.resource(kind, &request.api_version).await?;
        let asked = request::delete(&resource, request)?;
        self.ask(kind, request.mode, asked).await.map(drop)
    }

    async fn try_create(&self, request: &TryCreate) -> Result<(), Refusal> {
        let manifest = &request.manifest;
        let kind = &manifest.key.kind;
        let resource = self.discovery.resource(kind, &manifest.api_version).await?;
        let asked = request::try_create(&resource, request)?;
        self.ask(kind, Mode::Try, asked).await.map(drop)
    }
}

impl Kubernetes {
    /// Sends a write, and forgets of the discovery what the answer shows to be outdated.
    async fn ask(
        &self,
        kind: &GroupKind,
        mode: Mode,
        request: http::Request<Vec<u8>>,
    ) -> Result<Answer, Refusal> {
        let answer = self.transport.call(request).await;
        match &answer {
            // the server has no such path (any longer)
            Err(Refusal::Status(status)) if status.code == 404 && !status.typed => {
                self.discovery.forget_kind(kind);
            }
            // sooner than the watch of definitions tells it
            Ok(_) if mode == Mode::Real && is_custom_resource_definition(kind) => {
                self.discovery.forget();
            }
            Ok(_) | Err(_) => {}
        }
        answer
    }
}

/// What the object of an answer shows.
fn seen(object: Value) -> Result<Box<Observation>, Refusal> {
    let seen = observe::observe(object.into()).map_err(|_| refusal::unreadable("the object"))?;
    Ok(Box::new(seen))
}

#[cfg(test)]
mod tests;
