//! The engine over the in-memory cluster: what it does as a whole, restarts and neighbours included.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's fakes fail loudly"
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use nopea_core::{
    fault::Code,
    model::{
        Commit, Declared, Notice, ObjectKey, Orders, Phase, RepoKey, SourceUrl, Spec, TreePath,
    },
    port::{EventSink, GitSource, Open, Resolve, Resolved, SourceError, SourceTree},
};
use nopea_engine::{
    Engine, Ports, Settings,
    meter::{Meter, Reading},
};
use nopea_memory::{Injected, MemoryCluster};
use nopea_render::{ManifestRenderer, MemoryTree};
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// Commits that a test makes.
#[derive(Default)]
struct History(Mutex<Vec<BTreeMap<String, String>>>);

impl History {
    fn commit(&self, files: impl IntoIterator<Item = (String, String)>) {
        self.0.lock().unwrap().push(files.into_iter().collect());
    }

    fn id(number: usize) -> Commit {
        Commit::parse(&format!("{number:040x}")).unwrap()
    }
}

#[async_trait]
impl GitSource for History {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        match request.location.url.expose() {
            "memory://hangs" => std::future::pending().await,
            "memory://panics" => panic!("meant"),
            _ => Ok(Resolved { commit: Self::id(self.0.lock().unwrap().len() - 1) }),
        }
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        let number = usize::from_str_radix(request.commit.as_str(), 16).unwrap();
        let files = self.0.lock().unwrap()[number].clone();
        let tree =
            files.into_iter().fold(MemoryTree::new(), |tree, (path, text)| tree.file(&path, text));
        Ok(Arc::new(tree))
    }
}

struct Deaf;

impl EventSink for Deaf {
    fn emit(&self, _notice: &Notice) {}
}

struct World {
    git: Arc<History>,
    cluster: Arc<MemoryCluster>,
    meter: Arc<Meter>,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        let (git, cluster) = (Arc::new(History::default()), Arc::new(MemoryCluster::new()));
        let meter = Arc::new(Meter::default());
        let engine = Self::engine(&git, &cluster, &meter);
        Self { git, cluster, meter, engine }
    }

    fn engine(git: &Arc<History>, cluster: &Arc<MemoryCluster>, meter: &Arc<Meter>) -> Engine {
        let ports = Ports {
            git: Arc::<History>::clone(git),
            renderer: Arc::new(ManifestRenderer::default()),
            applier: Arc::<MemoryCluster>::clone(cluster),
            view: Arc::<MemoryCluster>::clone(cluster),
            parent: Arc::<MemoryCluster>::clone(cluster),
            status: Arc::<MemoryCluster>::clone(cluster),
            events: Arc::new(Deaf),
        };
        Engine::new(ports.metered(meter), Settings::default())
    }

    fn put(&self, name: &str, url: &str, path: &str) -> RepoKey {
        let key = RepoKey::new("default", name);
        let mut spec = Spec::new(SourceUrl::parse(url).unwrap());
        spec.path = TreePath::parse(path).unwrap();
        self.engine.put(Declared {
            uid: self.cluster.declare(&key),
            key: key.clone(),
            generation: 1,
            spec: Arc::new(spec),
            orders: Orders::default(),
            deleted_at: None,
        });
        key
    }

    fn names(&self) -> Vec<String> {
        let kind = object("x").kind;
        let named = |o: &serde_json::Value| o["metadata"]["name"].as_str().unwrap().to_owned();
        self.cluster.list(&kind).iter().map(|o| named(o)).collect()
    }
}

fn object(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "default", name)
}

fn map(name: &str, value: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{a: {value}}}}}\n"
    )
}

#[tokio::test(start_paused = true)]
async fn an_object_that_moves_to_another_repository_is_handed_over_and_never_deleted() {
    for first in ["one", "two"] {
        let world = World::new();
        let files = [("one/a.yaml", "a"), ("one/b.yaml", "b"), ("two/c.yaml", "c")];
        world.git.commit(files.map(|(path, name)| (path.to_owned(), map(name, "one"))));
        let keys = ["one", "two"].map(|path| world.put(path, "memory://history", path));
        for key in &keys {
            world.engine.sync_now(key).await.unwrap();
        }
        let uid =
            |world: &World| world.cluster.get(&object("b")).unwrap()["metadata"]["uid"].clone();
        let before = uid(&world);

        let files = [("one/a.yaml", "a"), ("two/b.yaml", "b"), ("two/c.yaml", "c")];
        world.git.commit(files.map(|(path, name)| (path.to_owned(), map(name, "one"))));
        let (first, second) = if first == "one" { (0, 1) } else { (1, 0) };
        assert_eq!(world.engine.sync_now(&keys[first]).await, Ok(History::id(1)));
        assert_eq!(world.engine.sync_now(&keys[second]).await, Ok(History::id(1)));

        let object = world.cluster.get(&object("b")).unwrap();
        assert_eq!(uid(&world), before, "it was not made anew");
        assert_eq!(object["metadata"]["labels"]["nopea.io/repository"], "two");
        assert_eq!(world.names(), ["a", "b", "c"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_git_says_is_created_changed_pruned_and_healed() {
    let world = World::new();
    world.git.commit([("a.yaml".into(), map("a", "one")), ("b.yaml".into(), map("b", "one"))]);
    let key = world.put("web", "memory://history", "");
    assert_eq!(world.engine.sync_now(&key).await, Ok(History::id(0)));
    assert_eq!(world.names(), ["a", "b"]);

    let before = world.meter.read();
    assert_eq!(world.engine.sync_now(&key).await, Ok(History::id(0)));
    let nothing = Reading { resolve: 1, ..Reading::default() };
    assert_eq!(world.meter.read().since(&before), nothing, "a no-op costs one look-up");

    world.git.commit([("a.yaml".into(), map("a", "two")), ("b.yaml".into(), map("b", "one"))]);
    let before = world.meter.read();
    assert_eq!(world.engine.sync_now(&key).await, Ok(History::id(1)));
    let cost = world.meter.read().since(&before);
    assert_eq!((cost.render, cost.dry_run, cost.apply), (1, 1, 1), "{cost:?}");

    world.git.commit([("a.yaml".into(), map("a", "two"))]);
    world.engine.pushed(&key).unwrap();
    sleep(SECOND).await;
    assert_eq!(world.names(), ["a"]);

    world
        .cluster
        .merge_patch(&object("a"), "kubectl", &serde_json::json!({"data": {"a": "mine"}}))
        .unwrap();
    sleep(SECOND).await;
    let healed = world.cluster.get(&object("a")).unwrap();
    assert_eq!(healed["data"]["a"], "two");
}

/// A first commit of ten objects, synced, and a second one that creates, changes and prunes.
async fn changing() -> (World, RepoKey) {
    let world = World::new();
    let files = |range: std::ops::Range<usize>, value: &str| {
        let files = range.map(|number| {
            let value = if number % 2 == 0 { value } else { "same" };
            (format!("{number}.yaml"), map(&format!("o{number}"), value))
        });
        files.collect::<Vec<_>>()
    };
    world.git.commit(files(0..10, "one"));
    let key = world.put("web", "memory://history", "");
    world.engine.sync_now(&key).await.unwrap();
    world.git.commit(files(3..13, "two"));
    world.cluster.reset_requests();
    (world, key)
}

fn assert_changed(world: &World, key: &RepoKey, point: u64) {
    let mut names: Vec<_> = (3..13).map(|number| format!("o{number}")).collect();
    names.sort();
    assert_eq!(world.names(), names, "point {point}");
    let value = |name| world.cluster.get(&object(name)).unwrap()["data"]["a"].clone();
    assert_eq!((value("o4"), value("o5")), ("two".into(), "same".into()), "point {point}");
    let status = world.cluster.status(key).unwrap();
    assert_eq!(status.phase, Phase::Synced, "point {point}: {status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_any_request_of_a_sync_ends_in_the_same_cluster() {
    for point in 1..=40 {
        let (world, key) = changing().await;
        world.cluster.faults().at_call(point, Injected::Panic);
        world.engine.pushed(&key).unwrap();
        sleep(120 * SECOND).await;
        assert_changed(&world, &key, point);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_hundred_repositories_three_misbehave_and_no_other_notices() {
    let world = World::new();
    let names: Vec<String> = (0..197).map(|number| format!("r{number}")).collect();
    world.git.commit(names.iter().map(|name| (format!("{name}/a.yaml"), map(name, "x"))));
    let hangs = world.put("hangs", "memory://hangs", "");
    let panics = world.put("panics", "memory://panics", "");
    let keys: Vec<_> = names.iter().map(|name| world.put(name, "memory://history", name)).collect();
    for key in &keys {
        world.engine.pushed(&hangs).unwrap();
        assert_eq!(world.engine.sync_now(key).await, Ok(History::id(0)));
    }
    let code = |error: nopea_engine::SyncError| error.faults()[0].code;
    assert_eq!(code(world.engine.sync_now(&hangs).await.unwrap_err()), Code::WorkerBusy);
    assert_eq!(code(world.engine.sync_now(&panics).await.unwrap_err()), Code::WorkerCrashed);
    assert_eq!(world.engine.status(&panics).unwrap().faults[0].code, Code::WorkerCrashed);
}
