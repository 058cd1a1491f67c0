//! The handle with the real machine, over fakes that succeed with nothing to apply.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use nopea_core::{
    model::{Inputs, Phase, Rendered, Uid},
    port::{
        GitSource, MockSourceTree, Open, ParentState, Rendering, Resolve, Resolved, SourceError,
        SourceTree,
    },
};
use tokio::time::sleep;

use super::*;
use crate::{
    fixture::{Mocks, commit, declared, rendered, repo},
    subscription::Update,
};

const SECOND: Duration = Duration::from_secs(1);

/// What a Git source does when it is asked.
#[derive(Clone, Copy)]
enum Doing {
    Answer,
    Hang,
    Panic,
    Fail,
    Dawdle,
}

/// A source whose behaviour can be changed while it is used, by the path of the url.
#[derive(Default)]
struct FakeGit {
    doing: Mutex<BTreeMap<String, Doing>>,
    asked: AtomicUsize,
}

impl FakeGit {
    fn set(&self, url: &str, doing: Doing) {
        lock(&self.doing).insert(url.to_owned(), doing);
    }
}

#[async_trait]
impl GitSource for FakeGit {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let doing = lock(&self.doing).get(request.location.url.expose()).copied();
        match doing.unwrap_or(Doing::Answer) {
            Doing::Answer => Ok(Resolved { commit: commit('a') }),
            Doing::Dawdle => {
                sleep(SECOND).await;
                Ok(Resolved { commit: commit('a') })
            }
            Doing::Hang => std::future::pending().await,
            Doing::Panic => panic!("meant"),
            Doing::Fail => Err(SourceError::new(Code::UnknownReference, "no such branch")),
        }
    }

    async fn open(&self, _request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        Ok(Arc::new(MockSourceTree::new()))
    }
}

fn url(name: &str) -> String {
    format!("https://example.org/{name}")
}

fn of(name: &str) -> Declared {
    let mut one = declared(name);
    let url = nopea_core::model::SourceUrl::parse(&url(name)).unwrap();
    one.spec = Arc::new(nopea_core::model::Spec::new(url));
    one
}

fn quiet() -> Mocks {
    let mut mocks = Mocks::default();
    mocks.parent.expect_read().returning(|_| Ok(ParentState::default()));
    mocks.parent.expect_claim().returning(|_| Ok(()));
    mocks.parent.expect_release().returning(|_| Ok(()));
    mocks.view.expect_survey().returning(|_| Ok(vec![]));
    mocks.view.expect_scopes().returning(|_| Ok(BTreeMap::new()));
    mocks.status.expect_publish().returning(|_| Ok(()));
    mocks.events.expect_emit().return_const(());
    mocks.renderer.expect_render().returning(|_| {
        let inputs = Arc::new(Inputs::default());
        Ok(Rendering::Fresh(Rendered { manifests: vec![], inputs, ..rendered("none") }))
    });
    mocks
}

fn stage() -> (Engine, Arc<FakeGit>) {
    let git = Arc::new(FakeGit::default());
    let ports = Ports { git: Arc::<FakeGit>::clone(&git), ..quiet().ports() };
    let clock = Clock::starting_at(Timestamp(1_000_000));
    (Engine::with_clock(ports, Settings::default(), clock), git)
}

#[tokio::test(start_paused = true)]
async fn a_sync_answers_with_the_commit_that_the_cluster_equals() {
    let (engine, _git) = stage();
    engine.put(of("web"));
    assert_eq!(engine.sync_now(&repo("web")).await, Ok(commit('a')));
    assert_eq!(engine.status(&repo("web")).unwrap().phase, Phase::Synced);
    assert_eq!(engine.repositories(), [repo("web")]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_unknown_to_every_call() {
    let (engine, _git) = stage();
    let key = repo("nobody");
    let unknown = UnknownRepository { key: key.clone() };
    assert_eq!(engine.sync_now(&key).await, Err(SyncError::UnknownRepository(unknown.clone())));
    assert_eq!(engine.status(&key), Err(unknown.clone()));
    assert_eq!(engine.pushed(&key), Err(unknown.clone()));
    assert_eq!(engine.heal(&key, BTreeSet::new()), Err(unknown.clone()));
    assert_eq!(engine.remove(&key), Err(unknown));
    assert_eq!(engine.pushed_url("https://example.org/nobody"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_fails_answers_with_its_faults() {
    let (engine, git) = stage();
    git.set(&url("web"), Doing::Fail);
    engine.put(of("web"));
    let error = engine.sync_now(&repo("web")).await.unwrap_err();
    assert_eq!(error.faults().first().unwrap().code, Code::UnknownReference);
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_hangs_is_busy_after_a_minute_and_no_other_notices() {
    let (engine, git) = stage();
    git.set(&url("hangs"), Doing::Hang);
    engine.put(of("hangs"));
    engine.put(of("web"));
    assert_eq!(engine.sync_now(&repo("web")).await, Ok(commit('a')));
    let begin = Instant::now();
    let error = engine.sync_now(&repo("hangs")).await.unwrap_err();
    assert_eq!(begin.elapsed(), 60 * SECOND);
    assert_eq!(error.faults().first().unwrap().code, Code::WorkerBusy);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_and_the_worker_starts_again_until_it_lives() {
    let (engine, git) = stage();
    git.set(&url("web"), Doing::Panic);
    engine.put(of("web"));
    engine.put(of("api"));
    let error = engine.sync_now(&repo("web")).await.unwrap_err();
    assert_eq!(error.faults().first().unwrap().code, Code::WorkerCrashed);
    let status = engine.status(&repo("web")).unwrap();
    assert_eq!(status.phase, Phase::Failed);
    assert_eq!(status.faults.first().unwrap().code, Code::WorkerCrashed);
    assert_eq!(engine.sync_now(&repo("api")).await, Ok(commit('a')));
    sleep(30 * SECOND).await;
    git.set(&url("web"), Doing::Answer);
    sleep(60 * SECOND).await;
    assert_eq!(engine.status(&repo("web")).unwrap().phase, Phase::Synced);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_crashes_always_is_restarted_ever_more_slowly() {
    let (engine, git) = stage();
    git.set(&url("web"), Doing::Panic);
    engine.put(of("web"));
    sleep(64 * SECOND).await;
    // at 0, 1, 3, 7, 15, 31 and 63 seconds
    assert_eq!(git.asked.load(Ordering::Relaxed), 7);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_pushes_costs_one_look_up() {
    let (engine, git) = stage();
    engine.put(of("web"));
    engine.sync_now(&repo("web")).await.unwrap();
    sleep(SECOND).await;
    let before = git.asked.load(Ordering::Relaxed);
    (0..10_000).for_each(|_| engine.pushed(&repo("web")).unwrap());
    sleep(SECOND).await;
    assert_eq!(git.asked.load(Ordering::Relaxed), before + 1);
    assert_eq!(engine.pushed_url("https://example.org/web.git"), 1);
    sleep(SECOND).await;
    assert_eq!(git.asked.load(Ordering::Relaxed), before + 2);
}

#[tokio::test(start_paused = true)]
async fn a_push_to_many_repositories_costs_two_look_ups_at_most() {
    let (engine, git) = stage();
    for number in 0..100 {
        let name = format!("unit-{number}");
        engine.put(Declared { spec: of("mono").spec, ..declared(&name) });
    }
    sleep(SECOND).await;
    git.set(&url("mono"), Doing::Dawdle);
    let before = git.asked.load(Ordering::Relaxed);
    assert_eq!(engine.pushed_url(&url("mono")), 100);
    sleep(10 * SECOND).await;
    let asked = git.asked.load(Ordering::Relaxed) - before;
    assert!((1..=2).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_vanished_leaves_and_its_name_is_free() {
    let (engine, _git) = stage();
    engine.put(of("web"));
    engine.sync_now(&repo("web")).await.unwrap();
    engine.remove(&repo("web")).unwrap();
    sleep(SECOND).await;
    assert!(engine.repositories().is_empty());
    engine.put(of("web"));
    assert_eq!(engine.sync_now(&repo("web")).await, Ok(commit('a')));
}

#[tokio::test(start_paused = true)]
async fn another_object_of_the_name_is_a_repository_of_its_own() {
    let (engine, git) = stage();
    git.set(&url("web"), Doing::Hang);
    engine.put(of("web"));
    sleep(SECOND).await;
    git.set(&url("web"), Doing::Answer);
    engine.put(Declared { uid: Uid::new("another"), ..of("web") });
    assert_eq!(engine.sync_now(&repo("web")).await, Ok(commit('a')));
    assert_eq!(engine.repositories(), [repo("web")]);
}

#[tokio::test(start_paused = true)]
async fn a_declaration_that_comes_and_goes_at_once_leaves_nothing() {
    let (engine, git) = stage();
    engine.put(of("web"));
    engine.remove(&repo("web")).unwrap();
    sleep(SECOND).await;
    assert!(engine.repositories().is_empty());
    assert_eq!(git.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn subscribers_hear_each_change_and_that_they_lag() {
    let (engine, _git) = stage();
    let mut updates = engine.subscribe();
    engine.put(of("web"));
    engine.sync_now(&repo("web")).await.unwrap();
    let Some(Update::Changed(key, status)) = updates.next().await else { panic!("nothing") };
    assert_eq!((key, status.phase), (repo("web"), Phase::Synced));

    let mut slow = engine.subscribe();
    for number in 0..300 {
        let update = Update::Changed(repo(&number.to_string()), Arc::default());
        engine.shared().updates.send(update).unwrap();
    }
    assert!(matches!(slow.next().await, Some(Update::Lagged(44))));
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_nothing_is_begun() {
    let (engine, git) = stage();
    engine.put(of("web"));
    engine.sync_now(&repo("web")).await.unwrap();
    engine.shutdown(SECOND).await;
    let before = git.asked.load(Ordering::Relaxed);
    sleep(Duration::from_hours(1)).await;
    assert_eq!(git.asked.load(Ordering::Relaxed), before);
    assert!(engine.shared().tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_gives_up_what_hangs() {
    let (engine, git) = stage();
    git.set(&url("web"), Doing::Hang);
    engine.put(of("web"));
    sleep(SECOND).await;
    let begin = Instant::now();
    engine.shutdown(10 * SECOND).await;
    assert!(begin.elapsed() <= 10 * SECOND);
    assert!(engine.shared().tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_takes_every_task_with_it() {
    let (engine, _git) = stage();
    engine.put(of("web"));
    engine.sync_now(&repo("web")).await.unwrap();
    let shared = Arc::downgrade(engine.shared());
    let clone = engine.clone();
    drop(engine);
    sleep(SECOND).await;
    assert!(shared.upgrade().is_some());
    drop(clone);
    sleep(SECOND).await;
    assert!(shared.upgrade().is_none());
}
