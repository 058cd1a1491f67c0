//! Isolation: of 200 repositories one panics always, one hangs in Git and one is flooded; the other 197
//! are synced as if nothing were, and the three say why they are not.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken expectation of a test is told by a panic"
)]

use std::time::Duration;

use futures::future::join_all;
use nopea_core::{
    fault::Code,
    model::{ObjectKey, Phase, RepoKey, SourceUrl},
};
use nopea_tests::rig::{Doing, Rig};
use serde_json::json;
use tokio::time::Instant;

/// How many repositories there are.
const REPOSITORIES: usize = 200;
/// How many objects the flooded one has.
const OBJECTS: usize = 20;

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
    format!("---\n{object}\n")
}

/// Declares a repository with a source of its own that holds so many objects.
fn declare(rig: &mut Rig, name: &str, objects: usize) -> RepoKey {
    let file: String = (0..objects).map(|n| config(&format!("{name}-{n}"))).collect();
    rig.source.commit_to(&url(name), &[("all.yaml", &file)]);
    rig.declare(&format!("team/{name}"), |spec| spec.url = SourceUrl::parse(&url(name)).unwrap())
}

/// Pushes to a repository and edits each of its objects, a thousand times a second.
async fn flood(rig: &Rig, repo: &RepoKey) {
    for round in 0_u64.. {
        for _ in 0..50 {
            rig.engine.pushed(repo).unwrap();
        }
        for number in 0..OBJECTS {
            let key = ObjectKey::new("", "ConfigMap", "team", format!("floods-{number}"));
            let edit = json!({"data": {"value": round.to_string()}});
            let _not_there_yet = rig.cluster.merge_patch(&key, "kubectl-edit", &edit);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_200_repositories_one_panics_one_hangs_one_is_flooded_and_197_are_synced() {
    let mut rig = Rig::new();
    rig.source.set_at(&url("panics"), Doing::PanicInTree);
    rig.source.set_at(&url("hangs"), Doing::Hang);
    let panics = declare(&mut rig, "panics", 1);
    let hangs = declare(&mut rig, "hangs", 1);
    let floods = declare(&mut rig, "floods", OBJECTS);
    let calm: Vec<_> =
        (3..REPOSITORIES).map(|n| declare(&mut rig, &format!("calm-{n}"), 2)).collect();
    assert_eq!(calm.len(), 197);

    let began = Instant::now();
    let all = async {
        let synced = join_all(calm.iter().map(|repo| rig.sync(repo))).await;
        let took = began.elapsed();
        (synced, took)
    };
    let (synced, took) = tokio::select! {
        biased;
        answer = all => answer,
        () = flood(&rig, &floods) => panic!("the flood ended"),
    };
    assert!(synced.iter().all(Result::is_ok), "{:?}", synced.iter().find(|one| one.is_err()));
    assert!(took < Duration::from_secs(10), "the others had to wait: {took:?}");
    for repo in &calm {
        assert_eq!(rig.status(repo).phase, Phase::Synced, "{repo}");
    }

    let error = rig.sync(&panics).await.unwrap_err();
    eprintln!("{:?} {:#?}", error, rig.status(&panics));
    let error = rig.sync(&hangs).await.unwrap_err();
    eprintln!("{:?} {:#?}", error, rig.status(&hangs));
    eprintln!("{:#?} {:?}", rig.status(&floods), rig.cluster.requests());
    rig.pass(Duration::from_secs(600)).await;
    eprintln!("{:#?}", rig.status(&hangs));
    eprintln!("{:#?} {:?}", rig.status(&floods), rig.cluster.requests());
    assert_eq!(error.faults().first().unwrap().code, Code::WorkerBusy);
}
