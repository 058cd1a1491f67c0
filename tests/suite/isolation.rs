//! Isolation: of 200 repositories one panics always, one hangs in Git and one is flooded; the other 197
//! are synced as if nothing were, the flooded one too, and the two say why they are not.
#![expect(clippy::unwrap_used, reason = "a broken expectation of a test is told by a panic")]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures::future::join_all;
use nopea_core::{
    fault::Code,
    model::{ConditionStatus, ConditionType, ObjectKey, Phase, RepoKey, SourceUrl, Status},
};
use nopea_engine::SyncError;
use nopea_memory::Injected;
use nopea_tests::rig::{Doing, Rig};
use serde_json::json;
use tokio::time::Instant;

/// How many repositories there are.
const REPOSITORIES: usize = 200;
/// How many objects the flooded one has.
const OBJECTS: usize = 20;

/// How long the cluster takes for a request.
const LATENCY: Duration = Duration::from_millis(5);

fn url(name: &str) -> String {
    format!("https://git.test/{name}")
}

fn config(name: &str) -> String {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"value": "git"},
    });
    object.to_string()
}

/// Declares a repository with a source of its own that holds so many objects.
fn declare(rig: &mut Rig, name: &str, objects: usize) -> RepoKey {
    let all: Vec<_> = (0..objects).map(|n| config(&format!("{name}-{n}"))).collect();
    rig.source.commit_to(&url(name), &[("all.yaml", &all.join("\n---\n"))]);
    rig.declare(&format!("team/{name}"), |spec| spec.url = SourceUrl::parse(&url(name)).unwrap())
}

/// Pushes to a repository and edits each of its objects, a thousand times a second.
async fn flood(rig: &Rig, repo: &RepoKey, rounds: &AtomicU64) {
    for round in 0_u64.. {
        for _ in 0..50 {
            rig.engine.pushed(repo).unwrap();
        }
        for number in 0..OBJECTS {
            let key = ObjectKey::new("", "ConfigMap", "team", format!("floods-{number}"));
            let edit = json!({"data": {"value": round.to_string()}});
            let _not_there_yet = rig.cluster.merge_patch(&key, "kubectl-edit", &edit);
        }
        rounds.store(round, Ordering::Relaxed);
        rig.pass(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_200_repositories_one_panics_one_hangs_one_is_flooded_and_197_are_synced() {
    let mut rig = Rig::new();
    rig.source.set_at(&url("panics"), Doing::PanicInTree);
    rig.source.set_at(&url("hangs"), Doing::Hang);
    // so that there is time for a flood
    rig.cluster.faults().whenever(u64::MAX, |_any| true, Injected::Latency(LATENCY));
    let panics = declare(&mut rig, "panics", 1);
    let hangs = declare(&mut rig, "hangs", 1);
    let floods = declare(&mut rig, "floods", OBJECTS);
    let calm: Vec<_> =
        (3..REPOSITORIES).map(|n| declare(&mut rig, &format!("calm-{n}"), 2)).collect();
    assert_eq!(calm.len(), 197);

    let (began, rounds) = (Instant::now(), AtomicU64::new(0));
    let all = async {
        let synced = join_all(calm.iter().map(|repo| rig.sync(repo))).await;
        let took = began.elapsed();
        (synced, took)
    };
    let (synced, took) = tokio::select! {
        biased;
        answer = all => answer,
        () = flood(&rig, &floods, &rounds) => panic!("the flood ended"),
    };
    assert!(synced.iter().all(Result::is_ok), "{:?}", synced.iter().find(|one| one.is_err()));
    assert!(took < Duration::from_secs(10), "the others had to wait: {took:?}");
    for repo in &calm {
        assert_eq!(rig.status(repo).phase, Phase::Synced, "{repo}");
    }

    assert!(rounds.load(Ordering::Relaxed) >= 20, "that was no flood: {rounds:?}");
    // the flooded one is synced all the same
    let during = tokio::select! {
        biased;
        answer = rig.sync(&floods) => answer,
        () = flood(&rig, &floods, &rounds) => panic!("the flood ended"),
    };
    assert!(during.is_ok(), "{during:?}");

    // the other two say why they are not
    let code = |error: &SyncError| error.faults().first().map(|fault| fault.code);
    assert_eq!(code(&rig.sync(&panics).await.unwrap_err()), Some(Code::WorkerCrashed));
    assert_says(&rig, &panics, Code::WorkerCrashed);
    assert_eq!(code(&rig.sync(&hangs).await.unwrap_err()), Some(Code::WorkerBusy));
    let told = |status: &Status| !status.faults.is_empty();
    rig.wait_for(&hangs, told).await;
    assert_says(&rig, &hangs, Code::SourceTimedOut);

    // once the flood ended, nothing of it is left
    rig.wait_for(&floods, |status| status.phase == Phase::Synced && status.objects.drifted == 0)
        .await;
    for number in 0..OBJECTS {
        let key = ObjectKey::new("", "ConfigMap", "team", format!("floods-{number}"));
        assert_eq!(rig.cluster.get(&key).unwrap()["data"]["value"], "git");
    }
    for repo in &calm {
        assert_eq!(rig.status(repo).phase, Phase::Synced, "{repo}");
    }
}

fn assert_says(rig: &Rig, repo: &RepoKey, code: Code) {
    let status = rig.status(repo);
    assert_eq!(status.phase, Phase::Failed, "{repo}");
    assert_eq!(status.faults.first().map(|fault| fault.code), Some(code), "{repo}");
    let ready = status.condition(ConditionType::Ready).unwrap();
    assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, &*format!("{code:?}")));
}
