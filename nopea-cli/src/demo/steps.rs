//! The steps of the demonstration: what is done, what is shown, what must hold.

use std::time::{Duration, Instant};

use nopea_core::{
    fault::Code,
    model::{Action, ObjectKey, Text, What},
};

use super::stage::Stage;
use crate::{attempt::first, exit::Exit, progress::Progress, show};

const NAMESPACE: &str = include_str!("manifests/namespace.yaml");
const SETTINGS: &str = include_str!("manifests/settings.yaml");
const BANNER: &str = include_str!("manifests/banner.yaml");
const WEB: &str = include_str!("manifests/web.yaml");
const API: &str = include_str!("manifests/api.yaml");
const WORKER: &str = include_str!("manifests/worker.yaml");

/// How long a heal may take before it counts as none.
const HEALED_WITHIN: Duration = Duration::from_secs(5);

/// All objects meet an empty cluster.
pub(super) async fn first_sync(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.step(
        "first sync",
        "A repository of 12 objects meets an empty cluster. The Namespace comes first.",
    );
    for (file, content) in [
        ("namespace.yaml", NAMESPACE),
        ("settings.yaml", SETTINGS),
        ("banner.yaml", BANNER),
        ("web.yaml", WEB),
        ("api.yaml", API),
        ("worker.yaml", WORKER),
    ] {
        stage.repository.write(file, content);
    }
    stage.repository.commit("first commit")?;
    let outcome = first(&mut stage.session, &Progress::Silent).await;
    stage.show(&outcome);
    let created = outcome.gathered.count(Action::Created);
    stage.check(!outcome.failed && created == 12, "12 objects were created");
    let requests = outcome.requests;
    stage.check(
        requests.dry_run == 12 + 11 && requests.apply == 12,
        "each object was dry run, those of the new namespace again at its gate, and applied once",
    );
    let ready = stage.cluster.get(&deployment("web")).is_some_and(|web| {
        web.pointer("/status/readyReplicas").and_then(serde_json::Value::as_i64) == Some(2)
    });
    stage.check(ready, "the sync waited until Deployment web was ready");
    Ok(())
}

/// A commit touches one object.
pub(super) async fn one_change(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.step("a commit changes one object", "Deployment web goes from 2 to 3 replicas.");
    let before = stage.members();
    stage.repository.write("web.yaml", &web(3));
    stage.repository.commit("web: three replicas")?;
    let outcome = stage.sync().await;
    let requests = outcome.requests;
    stage.check(!outcome.failed, "the commit was synced");
    stage.check(
        (requests.render, requests.dry_run, requests.apply) == (1, 1, 1),
        "it cost one render, one dry run and one apply",
    );
    let after = stage.members();
    let touched = before.iter().filter(|(key, version)| after.get(key) != Some(version)).count();
    stage.check(
        touched == 1 && replicas(stage, "web") == Some(3),
        "of 12 objects only Deployment web was written",
    );
    Ok(())
}

/// Nothing changed, and nothing is asked.
pub(super) async fn unchanged_poll(stage: &mut Stage<'_>) {
    stage.step("an unchanged poll", "Git is asked again; the branch names the same commit.");
    let outcome = stage.sync().await;
    let requests = outcome.requests;
    stage.check(!outcome.failed && requests.resolve == 1, "Git was asked which commit, once");
    stage.check(
        requests.render == 0 && show::requests(&requests) == "none",
        "nothing was rendered, and the cluster was asked nothing: 0 requests",
    );
}

/// A file goes, and with it its object.
pub(super) async fn removed_file(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    stage.step("a file is removed", "banner.yaml is deleted in Git.");
    stage.repository.write("banner.yaml", "");
    stage.repository.commit("no banner any more")?;
    let outcome = stage.sync().await;
    let pruned = outcome.gathered.count(Action::Pruned);
    let requests = outcome.requests;
    stage.check(
        !outcome.failed && pruned == 1 && (requests.delete, requests.apply) == (1, 0),
        "one object was deleted, and none applied",
    );
    let banner = ObjectKey::new("", "ConfigMap", "shop", "banner");
    stage.check(stage.cluster.get(&banner).is_none(), "ConfigMap shop/banner is gone");
    Ok(())
}

/// A commit that cannot be read changes nothing.
pub(super) async fn broken_commit(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let about = "A commit changes two files, and one of them is no valid YAML any more.";
    stage.step("a broken commit", about);
    let before = stage.members();
    stage.repository.write("api.yaml", &API.replace("replicas: 2", "replicas: 4"));
    stage.repository.write(
        "web.yaml",
        &web(3).replace("selector:\n    matchLabels:", "selector: {\n    matchLabels:"),
    );
    stage.repository.commit("api: four replicas")?;
    let outcome = stage.sync().await;
    let refused = outcome.failed && outcome.exit() == Exit::Differs;
    stage.check(refused, "the commit was refused, as `nopea sync` would with exit code 1");
    let placed = outcome.faults.iter().any(|fault| {
        let file = fault.origin.as_ref().map(|origin| &*origin.file);
        file == Some("deploy/web.yaml") && fault.excerpt.is_some()
    });
    stage.check(placed, "the fault names file, line and column");
    let requests = outcome.requests;
    stage.check(
        requests.dry_run + requests.apply + requests.delete == 0 && stage.members() == before,
        "no object was touched: the last good state stands",
    );
    Ok(())
}

/// A commit that would delete nearly everything waits for a yes.
pub(super) async fn held_commit(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let about = "The broken file is repaired, but all files beside it and the Namespace are gone.";
    stage.step("a commit that would delete nearly everything", about);
    let before = stage.members();
    for file in ["api.yaml", "worker.yaml", "settings.yaml"] {
        stage.repository.write(file, "");
    }
    stage.repository.write("web.yaml", &web(3));
    stage.repository.commit("clean up")?;
    let outcome = stage.sync().await;
    let held = outcome.faults.iter().any(|fault| fault.code == Code::PruneHeld);
    stage.check(
        outcome.failed && held && stage.members() == before,
        "it is held: nothing was deleted, nothing written",
    );
    let Some(digest) = outcome.gathered.prune_digest else {
        stage.check(false, "the fault shows how to approve the list");
        return Ok(());
    };
    stage.output.result(format!("\nIt is meant: approved with --approve {digest}.\n"));
    stage.declare(|orders| orders.approved_prune = Some(digest));
    let outcome = stage.sync().await;
    let pruned = outcome.gathered.count(Action::Pruned);
    stage.check(
        !outcome.failed && pruned == 7 && stage.members().len() == 4,
        "exactly the 7 objects of the approved list were deleted; 4 stay",
    );
    Ok(())
}

/// Somebody changes the cluster by hand.
pub(super) async fn manual_change(stage: &mut Stage<'_>) {
    let about = "kubectl edit sets Deployment web to 7 replicas. Git says 3.";
    stage.step("somebody's manual change", about);
    let _before = stage.session.counted();
    let began = Instant::now();
    let edited = stage.cluster.edit(&deployment("web"), "kubectl-edit", |object| {
        if let Some(replicas) = object.pointer_mut("/spec/replicas") {
            *replicas = 7.into();
        }
    });
    let healed = tokio::time::timeout(HEALED_WITHIN, healed(stage)).await;
    let took = began.elapsed();
    let Ok(Some((key, by))) = healed else {
        stage.check(false, "it was put back");
        return;
    };
    let by = by.unwrap_or_else(|| "somebody".into());
    stage
        .output
        .result(format!("healed {key}, which {by} had changed ({} ms)\n", took.as_millis()));
    stage.check(
        edited.is_ok() && replicas(stage, "web") == Some(3),
        "Deployment web has 3 replicas again",
    );
    stage.check(&*by == "kubectl-edit", "the report names who had changed it");
    let applies = stage.session.counted().apply;
    stage.check(applies == 1, "it cost one apply");
}

async fn healed(stage: &mut Stage<'_>) -> Option<(ObjectKey, Option<Text>)> {
    loop {
        if let What::Healed { key, by } = stage.session.notices.recv().await?.what {
            return Some((key, by));
        }
    }
}

fn web(replicas: u32) -> String {
    WEB.replace("replicas: 2", &format!("replicas: {replicas}"))
}

fn deployment(name: &str) -> ObjectKey {
    ObjectKey::new("apps", "Deployment", "shop", name)
}

fn replicas(stage: &Stage<'_>, name: &str) -> Option<i64> {
    let live = stage.cluster.get(&deployment(name))?;
    live.pointer("/spec/replicas")?.as_i64()
}
