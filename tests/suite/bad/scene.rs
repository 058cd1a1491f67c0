//! An engine over the in-memory cluster with two repositories: the shop, which bad things happen to,
//! and a neighbour.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt as _;
use nopea_core::{
    fault::Fault,
    model::{Commit, ObjectKey, Orders, RepoKey, SourceUrl, Spec, Status, TreePath, What},
    port::{ClusterView as _, Follow, GitSource, Open, Resolve, Resolved, SourceError, SourceTree},
};
use nopea_engine::{Clock, Settings};
use nopea_memory::MemoryCluster;
use nopea_render::MemoryTree;
use nopea_tests::rig::{MemorySource, Rig, URL};

/// The url of the neighbour.
pub(crate) const NEIGHBOUR: &str = "https://git.test/neighbour";
/// How long real time may be waited for: only a broken test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Commits in memory, beside a real source for all other urls.
struct Sources {
    memory: Arc<MemorySource>,
    real: Arc<dyn GitSource>,
}

impl Sources {
    fn of(&self, url: &SourceUrl) -> &dyn GitSource {
        if url.expose().starts_with("https://git.test/") { &*self.memory } else { &*self.real }
    }
}

#[async_trait]
impl GitSource for Sources {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        self.of(&request.location.url).resolve(request).await
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        self.of(&request.location.url).open(request).await
    }
}

/// A shop and its neighbour, in one engine.
pub(crate) struct Scene {
    pub(crate) rig: Rig,
    pub(crate) shop: RepoKey,
    pub(crate) neighbour: RepoKey,
}

impl Scene {
    /// A shop with two objects whose commits are in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::of(Rig::new(), good()).await
    }

    /// A shop of this tree, synced and at rest. Needs paused time.
    pub(crate) async fn of(rig: Rig, tree: MemoryTree) -> Self {
        rig.source.commit_tree(URL, tree);
        let scene = Self::start(rig, |_| ()).await;
        scene.rest().await;
        scene
    }

    /// Lets the controllers come to rest. Needs paused time.
    pub(crate) async fn rest(&self) {
        self.rig.pass(Duration::from_secs(5)).await;
    }

    /// A shop whose commits come from a real source.
    pub(crate) async fn over(
        real: impl FnOnce(Clock) -> Arc<dyn GitSource>,
        change: impl FnOnce(&mut Spec),
    ) -> Self {
        let mut rig = Rig::new();
        let real = real(rig.clock());
        let memory = Arc::clone(&rig.source);
        let mut ports = rig.ports();
        ports.git = Arc::new(Sources { memory, real });
        // nothing is remembered of sources: what is healed is read anew
        rig.settings = Settings { trees: 0, manifests: 0, ..Settings::default() };
        rig.restart_with(ports);
        Self::start(rig, change).await
    }

    async fn start(mut rig: Rig, change: impl FnOnce(&mut Spec)) -> Self {
        rig.source.commit_tree(NEIGHBOUR, neighbourly("first"));
        let neighbour = rig.declare("shop/neighbour", |spec| spec.url = url(NEIGHBOUR));
        rig.sync(&neighbour).await.unwrap();
        let shop = rig.declare("shop/shop", |spec| {
            spec.path = TreePath::parse("shop").unwrap();
            change(spec);
        });
        let scene = Self { rig, shop, neighbour };
        scene.sync().await.unwrap();
        scene
    }

    /// The cluster.
    pub(crate) fn cluster(&self) -> &MemoryCluster {
        &self.rig.cluster
    }

    /// Commits a tree to the shop.
    pub(crate) fn commit(&self, tree: MemoryTree) -> Commit {
        self.rig.source.commit_tree(URL, tree)
    }

    /// Changes the spec of the shop.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Spec)) {
        let shop = self.shop.clone();
        self.rig.edit(&shop, change);
    }

    /// Changes the annotations of the shop.
    pub(crate) fn annotate(&mut self, change: impl FnOnce(&mut Orders)) {
        let shop = self.shop.clone();
        self.rig.annotate(&shop, change);
    }

    /// Syncs the shop.
    pub(crate) async fn sync(&self) -> Result<Commit, Arc<[Fault]>> {
        self.rig.sync(&self.shop).await.map_err(|error| error.faults())
    }

    /// The status of the shop.
    pub(crate) fn status(&self) -> Arc<Status> {
        self.rig.status(&self.shop)
    }

    /// The warnings that were told since the last call.
    pub(crate) fn warnings(&self) -> Vec<Fault> {
        let told = self.rig.take_notices().into_iter();
        told.filter_map(
            |notice| if let What::Warned(fault) = notice.what { Some(fault) } else { None },
        )
        .collect()
    }

    /// The state that a `ConfigMap` holds.
    pub(crate) fn data(&self, name: &str) -> String {
        let object = self.cluster().get(&config(name)).unwrap();
        object["data"]["state"].as_str().unwrap().to_owned()
    }

    /// Waits for something that shows in a `ConfigMap` of the shop.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let kinds = [(config("a").kind, "v1".into())].into();
        let follow = Follow { repo: self.shop.clone(), kinds };
        let mut events = self.cluster().follow(&follow).await.unwrap();
        let wait = async {
            while !holds() {
                let _event = events.next().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        assert!(waited.is_ok(), "never {what}: {:#?}", self.status());
    }
}

/// A url that can be parsed.
pub(crate) fn url(text: &str) -> SourceUrl {
    SourceUrl::parse(text).unwrap()
}

/// The key of a `ConfigMap`.
pub(crate) fn config(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "shop", name)
}

/// The text of a `ConfigMap`.
pub(crate) fn map(name: &str, state: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  state: {state}\n")
}

/// The neighbour's files.
pub(crate) fn neighbourly(state: &str) -> MemoryTree {
    MemoryTree::new().file("all.yaml", map("neighbour", state))
}

/// The shop's files at the good commit.
pub(crate) fn good() -> MemoryTree {
    tree("good")
}

/// The shop's files after whatever was wrong.
pub(crate) fn mended() -> MemoryTree {
    tree("mended")
}

/// The shop's files.
pub(crate) fn tree(state: &str) -> MemoryTree {
    MemoryTree::new()
        .file("shop/settings.yaml", map("settings", state))
        .file("shop/web.yaml", web("web"))
}

/// A Deployment whose Pods are labelled so.
pub(crate) fn web(label: &str) -> String {
    format!(
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {{app: {label}}}
  template:
    metadata:
      labels: {{app: {label}}}
    spec:
      containers:
        - name: web
          image: example.org/web:1
"
    )
}
