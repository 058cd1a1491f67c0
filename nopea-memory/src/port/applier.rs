//! Writes as manager `nopea`: forced, strict, guarded.

use async_trait::async_trait;
use nopea_core::{
    model::Observation,
    port::{
        Applied, Applier, Apply, Delete, Guard, Mode, Refusal, Release, TryCreate,
        applier::FIELD_MANAGER,
    },
};
use serde_json::Value;

use super::told;
use crate::{
    MemoryCluster, Propagation, Verb, json,
    merge::OnConflict,
    server::{ApplyRequest, Preconditions, Writer},
};

#[async_trait]
impl Applier for MemoryCluster {
    async fn apply(&self, request: &Apply) -> Result<Applied, Refusal> {
        let (manifest, mode) = (&request.manifest, request.mode);
        let verb = match mode {
            Mode::Try => Verb::DryRun,
            Mode::Real => Verb::Apply,
        };
        let answer = self.shared.enter(verb, Some(&manifest.key), mode).await?;
        let mut body = Value::clone(&manifest.body);
        match &request.guard {
            // No object has this version: an existing one answers 409, an absent one is created (R25).
            Guard::Absent => json::set(&mut body, &["metadata", "resourceVersion"], "1"),
            Guard::Live { uid, version } => {
                json::set(&mut body, &["metadata", "uid"], &*uid.0);
                if let Some(version) = version {
                    json::set(&mut body, &["metadata", "resourceVersion"], &*version.0);
                }
            }
        }
        let asked = ApplyRequest {
            key: &manifest.key,
            api_version: &manifest.api_version,
            body: &body,
            manager: FIELD_MANAGER,
            on_conflict: OnConflict::Force,
            mode,
        };
        let written = self.shared.with(|server| server.apply(&asked));
        let applied = written.and_then(|written| {
            Ok(Applied { created: written.created, now: told(written.object)? })
        });
        answer.deliver(applied)
    }

    async fn release(&self, request: &Release) -> Result<Box<Observation>, Refusal> {
        let answer = self.shared.enter(Verb::Release, Some(&request.key), Mode::Real).await?;
        let (key, api_version) = (&request.key, &request.api_version);
        let (version, entries) = (&request.version.0, &request.managed_fields);
        let written = self
            .shared
            .with(|server| server.rewrite_entries(key, api_version, version, entries))
            .and_then(told);
        answer.deliver(written)
    }

    async fn delete(&self, request: &Delete) -> Result<(), Refusal> {
        let answer = self.shared.enter(Verb::Delete, Some(&request.key), request.mode).await?;
        let preconditions = Preconditions {
            uid: Some(&request.uid.0),
            version: request.version.as_ref().map(|version| &*version.0),
        };
        let deleted = self.shared.with(|server| {
            let (key, api_version) = (&request.key, &request.api_version);
            server.delete(key, api_version, preconditions, Propagation::Background, request.mode)
        });
        answer.deliver(deleted)
    }

    async fn try_create(&self, request: &TryCreate) -> Result<(), Refusal> {
        let manifest = &request.manifest;
        let answer = self.shared.enter(Verb::DryRun, Some(&manifest.key), Mode::Try).await?;
        let writer = Writer { mode: Mode::Try, ..Writer::new(FIELD_MANAGER) };
        let tried = self.shared.with(|server| {
            server.create(&manifest.key, &manifest.api_version, &manifest.body, writer).map(drop)
        });
        answer.deliver(tried)
    }
}
