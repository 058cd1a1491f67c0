//! Reads: scopes, looks, surveys; the follow has a file of its own.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use nopea_core::{
    model::{GroupKind, Observation},
    port::{
        ClusterView, Follow, Look, Mode, Refusal, Scope, Scopes, ScopesRequest, Survey, ViewStream,
    },
};

use super::{follow::Following, told};
use crate::{
    MemoryCluster, Verb, answer,
    server::{Server, in_version},
};

#[async_trait]
impl ClusterView for MemoryCluster {
    async fn scopes(&self, request: &ScopesRequest) -> Result<Scopes, Refusal> {
        let answer = self.shared.enter(Verb::Read, None, Mode::Real).await?;
        let scopes = self.shared.peek(|server| {
            let scope = |id: &GroupKind| Some((id.clone(), scope(server, id)?));
            request.kinds.iter().filter_map(scope).collect()
        });
        answer.deliver(Ok(scopes))
    }

    async fn look(&self, request: &Look) -> Result<Option<Box<Observation>>, Refusal> {
        let answer = self.shared.enter(Verb::Read, Some(&request.key), Mode::Real).await?;
        let found = self.shared.peek(|server| {
            let (key, api_version) = (&request.key, &*request.api_version);
            if server.is_lenient() && server.kinds.get(&key.kind).is_none() {
                return Ok(None);
            }
            server.kinds.find(&key.kind, api_version)?;
            Ok(server.read(key, api_version))
        });
        answer.deliver(found.and_then(|found| found.map(told).transpose()))
    }

    async fn follow(&self, request: &Follow) -> Result<ViewStream, Refusal> {
        let answer = self.shared.enter(Verb::Watch, None, Mode::Real).await?;
        let (repo, kinds) = (request.repo.clone(), request.kinds.clone());
        let channel = self.shared.with(|server| server.watches.open(repo, kinds));
        let stream = Following::new(Arc::clone(&self.shared), channel).boxed();
        answer.deliver(Ok(stream))
    }

    async fn survey(&self, request: &Survey) -> Result<Vec<Observation>, Refusal> {
        let answer = self.shared.enter(Verb::List, None, Mode::Real).await?;
        let objects = self.shared.peek(|server| match request {
            Survey::Members { repo, kinds } => {
                let served = |id: &&GroupKind| server.kinds.get(id).is_some();
                let members = kinds.iter().filter(served).flat_map(|id| {
                    let version = server.kinds.get(id).map(|kind| kind.preferred());
                    let version = version.unwrap_or_else(|| "v1".into());
                    let members = server.members(repo, id).into_iter();
                    members.map(move |object| in_version(&object, &version))
                });
                members.collect::<Vec<_>>()
            }
            Survey::AllKinds { repo } => {
                let members = server.kinds.all().flat_map(|kind| {
                    let version = kind.preferred();
                    let members = server.members(repo, &kind.id).into_iter();
                    members.map(move |object| in_version(&object, &version))
                });
                members.collect()
            }
            Survey::Contents { key } => server.contents(key),
        });
        answer.deliver(objects.into_iter().map(|object| Ok(*told(object)?)).collect())
    }
}

fn scope(server: &Server, id: &GroupKind) -> Option<Scope> {
    match server.kinds.get(id) {
        Some(kind) => Some(Scope {
            namespaced: kind.namespaced,
            versions: kind.versions.iter().map(|one| short(&one.api_version)).collect(),
        }),
        None if server.is_lenient() => {
            Some(Scope { namespaced: Server::guess_namespaced(id), versions: any_version() })
        }
        None => None,
    }
}

/// `v1` of `apps/v1`.
fn short(api_version: &str) -> Arc<str> {
    api_version.rsplit('/').next().unwrap_or_default().into()
}

/// Every version that a kind without a schema may be written in.
fn any_version() -> Vec<Arc<str>> {
    let stages = ["", "beta1", "beta2", "beta3", "alpha1", "alpha2", "alpha3", "alpha4"];
    let major = |number| stages.iter().map(move |stage| format!("v{number}{stage}").into());
    (1..=4).flat_map(major).collect()
}

impl Server {
    /// Refuses what is not served.
    pub(crate) fn is_served(&self, id: &GroupKind, api_version: &str) -> Result<(), Refusal> {
        let kind = self.kinds.get(id).ok_or_else(answer::page_not_found)?;
        kind.version(api_version).map(|_| ()).ok_or_else(answer::version_not_found)
    }
}
