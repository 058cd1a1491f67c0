//! The engine on the real adapter, as an operator runs it: what a test declares is created in the cluster
//! and put to the engine. Its source and its notices are the rig's. It expects nothing.

use std::{collections::BTreeSet, sync::Arc};

use nopea_core::{
    fault::Fault,
    model::{Commit, RepoKey},
    port::{GitSource, Renderer},
};
use nopea_engine::{Engine, Ports, Settings, SyncError};
use nopea_k8s::{GitRepository, declared};
use nopea_tests::{
    plane::{Plane, Server},
    rig::{CountedRenderer, MemorySource, Notices, URL},
};
use serde_json::{Value, json};

use crate::world::{git_repository, kubernetes, with_crd};

/// An engine with a namespace of its own.
pub(crate) struct Operator {
    pub(crate) plane: Plane,
    /// What others do, and what the server says.
    pub(crate) server: Server,
    /// Where commits are made.
    pub(crate) source: Arc<MemorySource>,
    /// How the adapter calls itself in the audit log.
    pub(crate) agent: String,
    pub(crate) namespace: String,
    engine: Engine,
}

impl Operator {
    /// On the shared plane.
    pub(crate) async fn new(name: &str) -> Self {
        Self::on(Plane::shared(), name).await
    }

    /// On a plane of the test's own.
    pub(crate) async fn on(plane: Plane, name: &str) -> Self {
        let server = plane.server("others").await;
        with_crd(&server).await;
        let namespace = plane.namespace(&server, name).await;
        let (agent, source) = (format!("{namespace}/1"), Arc::default());
        let engine = engine(&plane, &agent, &source).await;
        Self { plane, server, source, agent, namespace, engine }
    }

    /// Declares a repository with these fields beside the url, and lets the engine follow it.
    pub(crate) async fn declare(&self, name: &str, spec: &Value) -> RepoKey {
        let key = RepoKey::new(self.namespace.as_str(), name);
        let mut body = git_repository(&key);
        body["spec"] = json!({"url": URL});
        for (field, value) in spec.as_object().into_iter().flatten() {
            body["spec"][field] = value.clone();
        }
        self.server.create("user", &body).await.ok();
        self.put(&key).await;
        key
    }

    /// Tells the engine what stands declared.
    pub(crate) async fn put(&self, key: &RepoKey) {
        let live = self.repository(key).await;
        let object: GitRepository = serde_json::from_value(live).unwrap();
        self.engine.put(declared(&object).unwrap().0);
    }

    /// The declared object as it lives.
    pub(crate) async fn repository(&self, key: &RepoKey) -> Value {
        self.server.live(&git_repository(key)).await.ok()
    }

    /// Syncs to the end.
    pub(crate) async fn sync(&self, key: &RepoKey) -> Result<Commit, Arc<[Fault]>> {
        self.engine.sync_now(key).await.map_err(|error| match error {
            SyncError::Failed(faults) => faults,
            other @ (SyncError::UnknownRepository(_) | SyncError::TimedOut { .. } | _) => {
                panic!("{other}: {:#?}", self.engine.status(key))
            }
        })
    }

    /// Syncs, which must succeed.
    pub(crate) async fn synced(&self, key: &RepoKey) {
        self.sync(key).await.unwrap_or_else(|faults| panic!("{faults:#?}"));
    }

    /// Syncs, which must fail, with faults of these codes.
    pub(crate) async fn refused(&self, key: &RepoKey) -> (BTreeSet<&'static str>, Arc<[Fault]>) {
        let faults = self.sync(key).await.unwrap_err();
        (faults.iter().map(|fault| fault.code.id()).collect(), faults)
    }

    /// Drops the engine as a kill does, and starts another one from nothing.
    pub(crate) async fn restart(&mut self, keys: &[&RepoKey]) {
        self.engine = engine(&self.plane, &self.agent, &self.source).await;
        for key in keys {
            self.put(key).await;
        }
    }

    /// The engine itself.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A config map of the namespace as a file.
    pub(crate) fn file(&self, name: &str, data: &Value) -> String {
        crate::world::config(&self.namespace, name, data).to_string()
    }

    /// Commits exactly these objects, each in a file of its own.
    pub(crate) fn commit(&self, objects: &[Value]) -> Commit {
        let texts: Vec<_> = objects.iter().map(Value::to_string).collect();
        let names: Vec<_> = (0..texts.len()).map(|index| format!("{index}.json")).collect();
        let files: Vec<_> =
            names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.source.commit(&files)
    }
}

async fn engine(plane: &Plane, agent: &str, source: &Arc<MemorySource>) -> Engine {
    let cluster = Arc::new(kubernetes(plane, agent).await);
    let ports = Ports {
        git: Arc::clone(source) as Arc<dyn GitSource>,
        renderer: Arc::new(CountedRenderer::default()) as Arc<dyn Renderer>,
        applier: Arc::clone(&cluster) as _,
        view: Arc::clone(&cluster) as _,
        parent: Arc::clone(&cluster) as _,
        status: cluster,
        events: Arc::new(Notices::default()),
    };
    Engine::new(ports, Settings::default())
}
