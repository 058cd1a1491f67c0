//! Bad sources, told by the real Git adapter: each with its code, while the last good commit stands.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use nopea_core::{
    fault::Fault,
    model::{Commit, Reference, TreePath},
    port::{GitSource, Open, Resolve, Resolved, SourceError, SourceTree},
};
use nopea_engine::Clock;
use nopea_git::{
    GixSource, Options,
    testing::{Behaviour, Repository, Server},
};
use tempfile::TempDir;

use crate::bad::scene::{Scene, map, url};

/// The real source; its look-ups take 200 ms at most once it is in a hurry.
struct Hurrying {
    patient: GixSource,
    hasty: GixSource,
    hurry: AtomicBool,
    _mirrors: [TempDir; 2],
}

impl Hurrying {
    fn new(clock: Clock) -> Self {
        let source = |mirrors: &TempDir, time| {
            let mut options = Options::new(mirrors.path());
            options.clock = Arc::new(move || clock.now());
            options.time = time;
            GixSource::new(options).unwrap()
        };
        let mirrors = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        Self {
            patient: source(&mirrors[0], Duration::from_secs(20)),
            hasty: source(&mirrors[1], Duration::from_millis(200)),
            hurry: AtomicBool::new(false),
            _mirrors: mirrors,
        }
    }
}

#[async_trait]
impl GitSource for Hurrying {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        let hurry = self.hurry.load(Ordering::Relaxed);
        if hurry { &self.hasty } else { &self.patient }.resolve(request).await
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        self.patient.open(request).await
    }
}

/// A repository behind a server, and a shop that reads it.
pub(crate) struct Shop {
    pub(crate) scene: Scene,
    source: Arc<Hurrying>,
    pub(crate) repository: Repository,
    pub(crate) server: Server,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let repository = Repository::new();
        repository.commit(&[("shop/settings.yaml", &map("settings", "good"))]);
        repository.git(&["tag", "v1.2.0"]);
        let server = Server::start(repository.root()).await;
        let url = server.url("app");
        let mut source = None;
        let real = |clock| {
            let real = source.insert(Arc::new(Hurrying::new(clock)));
            Arc::clone(real) as Arc<dyn GitSource>
        };
        let scene = Scene::over(real, |spec| spec.url = url).await;
        let source = source.unwrap();
        Self { scene, source, repository, server }
    }

    fn mend(&self) {
        self.repository.commit(&[("shop/settings.yaml", &map("settings", "mended"))]);
        self.server.behave(Behaviour::Serve);
        self.source.hurry.store(false, Ordering::Relaxed);
    }
}

/// Spoils what the server does, and mends it.
async fn misbehaving(behaviour: Behaviour, code: &str) -> Arc<[Fault]> {
    let shop = Shop::open().await;
    let standing = shop.scene.stands();
    shop.source.hurry.store(behaviour == Behaviour::Hang, Ordering::Relaxed);
    shop.server.behave(behaviour);
    let faults = standing.is_refused(&shop.scene, &[code]).await;
    assert!(faults[0].message.contains(&shop.server.url("app").to_string()), "{}", faults[0]);
    shop.mend();
    standing.is_synced_once_mended(&shop.scene).await;
    faults
}

/// Spoils what the spec names, and mends it.
async fn misnamed(reference: Reference, code: &str) -> Arc<[Fault]> {
    let mut shop = Shop::open().await;
    let standing = shop.scene.stands();
    shop.scene.edit(|spec| spec.reference = reference);
    let faults = standing.is_refused(&shop.scene, &[code]).await;
    shop.mend();
    shop.scene.edit(|spec| spec.reference = Reference::Head);
    standing.is_synced_once_mended(&shop.scene).await;
    faults
}

#[tokio::test]
async fn a_server_that_has_no_repository_there() {
    let faults = misbehaving(Behaviour::Status(404), "G002").await;
    assert!(faults[0].help.contains("git ls-remote"), "{:?}", faults[0]);
}

#[tokio::test]
async fn a_server_that_sends_garbage() {
    misbehaving(Behaviour::Garbage, "G002").await;
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_after_its_limit() {
    let faults = misbehaving(Behaviour::Hang, "G010").await;
    assert!(faults[0].message.contains("200ms"), "{}", faults[0]);
}

#[tokio::test]
async fn a_server_that_wants_credentials() {
    misbehaving(Behaviour::Status(401), "G003").await;
}

#[tokio::test]
async fn a_branch_that_is_unknown() {
    let faults = misnamed(Reference::Branch("mian".into()), "G004").await;
    assert!(faults[0].help.contains("main"), "{:?}", faults[0]);
}

#[tokio::test]
async fn a_tag_that_is_unknown() {
    misnamed(Reference::Tag("v9.9.9".into()), "G004").await;
}

#[tokio::test]
async fn a_range_of_versions_without_a_match() {
    let faults = misnamed(Reference::Semver(">=2".into()), "G007").await;
    assert!(faults[0].message.contains("v1.2.0"), "{}", faults[0]);
}

#[tokio::test]
async fn a_commit_by_less_than_its_full_id() {
    let error = Commit::parse("4b825dc").unwrap_err().to_string();
    assert!(error.contains("40 or 64"), "a commit that is short cannot be declared: {error}");
    misnamed(Reference::Branch("4b825dc".into()), "G006").await;
}

#[tokio::test]
async fn a_commit_that_is_unknown() {
    let commit = Commit::parse(&"5".repeat(40)).unwrap();
    misnamed(Reference::Commit(commit), "G005").await;
}

#[tokio::test]
async fn a_connection_that_is_refused() {
    let mut shop = Shop::open().await;
    let standing = shop.scene.stands();
    // nobody listens at a port that only root may open, and no other test can take it
    let nobody = url("http://127.0.0.1:1/app");
    shop.scene.edit(|spec| spec.url = nobody);
    standing.is_refused(&shop.scene, &["G001"]).await;
    shop.mend();
    let back = shop.server.url("app");
    shop.scene.edit(|spec| spec.url = back);
    standing.is_synced_once_mended(&shop.scene).await;
}

#[tokio::test]
async fn a_repository_without_a_commit() {
    let mut shop = Shop::open().await;
    shop.repository.git(&["init", "-q", "../empty"]);
    let standing = shop.scene.stands();
    let empty = shop.server.url("empty");
    shop.scene.edit(|spec| spec.url = empty);
    standing.is_refused(&shop.scene, &["G008"]).await;
    shop.mend();
    let back = shop.server.url("app");
    shop.scene.edit(|spec| spec.url = back);
    standing.is_synced_once_mended(&shop.scene).await;
}

#[tokio::test]
async fn a_path_that_the_commit_does_not_have() {
    let mut shop = Shop::open().await;
    let standing = shop.scene.stands();
    shop.scene.edit(|spec| spec.path = TreePath::parse("shop/overlays").unwrap());
    standing.is_refused(&shop.scene, &["M001"]).await;
    shop.mend();
    shop.scene.edit(|spec| spec.path = TreePath::parse("shop").unwrap());
    standing.is_synced_once_mended(&shop.scene).await;
}

#[tokio::test]
async fn links_out_of_a_repository_and_submodules_as_git_keeps_them() {
    let shop = Shop::open().await;
    let standing = shop.scene.stands();
    let git = |arguments: &[&str]| shop.repository.git(arguments);
    std::os::unix::fs::symlink("../../outside.yaml", shop.repository.path().join("shop/out.yaml"))
        .unwrap();
    std::os::unix::fs::symlink("self.yaml", shop.repository.path().join("shop/self.yaml")).unwrap();
    git(&["add", "-A"]);
    git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},shop/vendor", "7".repeat(40)),
    ]);
    git(&["commit", "-q", "-m", "links"]);
    standing.is_refused(&shop.scene, &["M002 shop/out.yaml:1:1", "M003 shop/self.yaml:1:1"]).await;
    git(&["rm", "-q", "--cached", "shop/out.yaml", "shop/self.yaml"]);
    std::fs::remove_file(shop.repository.path().join("shop/out.yaml")).unwrap();
    std::fs::remove_file(shop.repository.path().join("shop/self.yaml")).unwrap();
    shop.repository.write("shop/settings.yaml", map("settings", "mended"));
    git(&["add", "shop/settings.yaml"]);
    git(&["commit", "-q", "-m", "mended"]);
    drop(shop.scene.warnings());
    standing.is_synced_once_mended(&shop.scene).await;
    let told: Vec<_> = shop.scene.warnings().iter().map(crate::bad::place).collect();
    assert_eq!(told, ["M025 shop/vendor:1:1"]);
}
