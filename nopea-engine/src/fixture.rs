//! Values and ports for the tests of this crate. Mocks refuse what no test expects.

use std::sync::Arc;

use nopea_core::{
    model::{
        Change, Commit, Declared, Hash, Health, Inputs, Manifest, Marks, ObjectKey, Observation,
        Orders, Origin, Rendered, RepoKey, ResourceVersion, SourceUrl, Spec, Timestamp, Uid,
    },
    port::{
        Location, MockApplier, MockClusterView, MockEventSink, MockGitSource, MockParent,
        MockRenderer, MockStatusSink, ParentRef,
    },
};
use serde_json::json;
use tokio::runtime::Handle;

use crate::{
    clock::Clock,
    entry::Entry,
    shared::{Ports, Settings, Shared},
    worker::{Declaration, Worker},
};

pub(crate) const URL: &str = "https://example.org/shop.git";

#[derive(Default)]
pub(crate) struct Mocks {
    pub(crate) git: MockGitSource,
    pub(crate) renderer: MockRenderer,
    pub(crate) applier: MockApplier,
    pub(crate) view: MockClusterView,
    pub(crate) parent: MockParent,
    pub(crate) status: MockStatusSink,
    pub(crate) events: MockEventSink,
}

impl Mocks {
    pub(crate) fn ports(self) -> Ports {
        Ports {
            git: Arc::new(self.git),
            renderer: Arc::new(self.renderer),
            applier: Arc::new(self.applier),
            view: Arc::new(self.view),
            parent: Arc::new(self.parent),
            status: Arc::new(self.status),
            events: Arc::new(self.events),
        }
    }

    pub(crate) fn shared(self) -> Arc<Shared> {
        shared(self.ports(), Settings::default())
    }

    pub(crate) fn worker(self) -> Worker {
        let entry = Arc::new(Entry::new(repo("web"), 16, 8));
        let declaration = Declaration { declared: declared("web"), gone: false };
        Worker::new(self.shared(), entry, declaration)
    }
}

pub(crate) fn shared(ports: Ports, settings: Settings) -> Arc<Shared> {
    let clock = Clock::starting_at(Timestamp(1_000_000));
    Arc::new(Shared::new(ports, settings, clock, Handle::current()))
}

pub(crate) fn repo(name: &str) -> RepoKey {
    RepoKey::new("shop", name)
}

pub(crate) fn parent(name: &str) -> ParentRef {
    ParentRef { repo: repo(name), uid: Uid::new(format!("uid-{name}")) }
}

pub(crate) fn spec() -> Spec {
    Spec::new(SourceUrl::parse(URL).unwrap())
}

pub(crate) fn declared(name: &str) -> Declared {
    Declared {
        key: repo(name),
        uid: parent(name).uid,
        generation: 1,
        spec: Arc::new(spec()),
        orders: Orders::default(),
        deleted_at: None,
    }
}

pub(crate) fn location() -> Location {
    Location { url: spec().url, reference: spec().reference }
}

pub(crate) fn commit(digit: char) -> Commit {
    Commit::parse(&digit.to_string().repeat(40)).unwrap()
}

pub(crate) fn object(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "shop", name)
}

pub(crate) fn manifest(name: &str) -> Manifest {
    Manifest {
        key: object(name),
        api_version: "v1".into(),
        body: Arc::new(json!({"kind": "ConfigMap", "metadata": {"name": name}})),
        origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
    }
}

pub(crate) fn rendered(name: &str) -> Rendered {
    Rendered {
        manifests: vec![manifest(name)],
        inputs: Arc::new(Inputs::default()),
        fingerprint: Hash::of_parts([name]),
        warnings: vec![],
    }
}

pub(crate) fn observation(name: &str, version: u64) -> Box<Observation> {
    Box::new(Observation {
        key: object(name),
        api_version: "v1".into(),
        uid: Uid::new(format!("uid-{name}")),
        version: ResourceVersion::new(version.to_string()),
        change: Change::Present,
        marks: Marks::default(),
        baseline: None,
        health: Health::Healthy,
        break_glass: false,
        overlap: false,
        others: Arc::from([]),
        object: None,
    })
}
