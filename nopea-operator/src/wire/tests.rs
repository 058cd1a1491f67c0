//! The whole operator over a cluster in memory: declarations from a watch in the process, commits
//! from a repository of this machine.

use clap::Parser as _;
use kube::api::DynamicObject;
use nopea_core::model::{ConditionStatus, ConditionType, ObjectKey, Phase, RepoKey, Status};
use nopea_git::testing::Repository;
use nopea_memory::MemoryCluster;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::UnboundedSender,
    task::JoinHandle,
    time::{Duration, sleep, timeout},
};

use super::*;
use crate::fixture::{Reply, object, server, watch, with};

const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n";
const LIMIT: Duration = Duration::from_secs(30);

struct Rig {
    cluster: MemoryCluster,
    engine: Engine,
    shows: UnboundedSender<Value>,
    repository: Repository,
    watching: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

fn key() -> RepoKey {
    RepoKey::new("shop", "web")
}

impl Rig {
    /// An operator that has listed nothing, over an empty cluster, beside a repository of one manifest.
    fn new() -> Self {
        let repository = Repository::new();
        repository.commit(&[("a.yaml", MANIFEST)]);
        let cluster = MemoryCluster::new();
        cluster.create_namespace("shop");
        let ports = Cluster {
            applier: Arc::new(cluster.clone()),
            view: Arc::new(cluster.clone()),
            parent: Arc::new(cluster.clone()),
            status: Arc::new(cluster.clone()),
            sinks: Vec::new(),
        };
        let (shows, watched) = watch();
        let (client, _) = server([Reply::List(vec![]), watched]);
        let arguments = Arguments::parse_from(["nopea-operator", "--allow-file-urls"]);
        let operator = assemble(&arguments, ports, client, Arc::default()).unwrap();
        let Operator { engine, declarations, client, mirrors, .. } = operator;
        let watching = tokio::spawn(async move {
            let _kept = mirrors;
            declarations.run(client, Vec::new()).await;
        });
        Self { cluster, engine, shows, repository, watching }
    }

    /// The object of the repository, under the uid that the cluster gave it.
    fn object(&self, generation: i64, change: impl FnOnce(&mut Value)) -> DynamicObject {
        let url = format!("file://{}", self.repository.path().display());
        let object = object("web", &json!({ "url": url }));
        let uid = self.cluster.declare(&key());
        with(object, |metadata| {
            metadata["uid"] = json!(&*uid.0);
            metadata["generation"] = json!(generation);
            change(metadata);
        })
    }

    fn show(&self, kind: &str, object: &DynamicObject) {
        self.shows.send(json!({"type": kind, "object": object})).unwrap();
    }

    /// The status once something holds of it.
    async fn once(&self, holds: impl Fn(&Status) -> bool) -> Arc<Status> {
        let mut updates = self.engine.subscribe();
        let waiting = async {
            loop {
                match self.engine.status(&key()) {
                    Ok(status) if holds(&status) => return status,
                    Ok(_) | Err(_) => {}
                }
                // a repository that is not declared yet has no update to wait for
                let _changed = timeout(Duration::from_millis(50), updates.next()).await;
            }
        };
        timeout(LIMIT, waiting).await.unwrap()
    }

    /// An operator whose repository is synced.
    async fn synced() -> Self {
        let rig = Self::new();
        rig.show("ADDED", &rig.object(1, |_| {}));
        rig.once(|status| status.phase == Phase::Synced).await;
        rig
    }

    fn applied(&self) -> bool {
        self.cluster.get(&ObjectKey::new("", "ConfigMap", "shop", "a")).is_some()
    }
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, waiting).await.unwrap();
}

fn claimed(metadata: &mut Value) {
    metadata["finalizers"] = json!(["nopea.io/members"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_repository_is_applied_and_goes_with_its_objects() {
    let rig = Rig::synced().await;
    assert!(rig.applied());
    let dying = rig.object(1, |metadata| {
        claimed(metadata);
        metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    });
    rig.show("MODIFIED", &dying);
    until(|| rig.engine.repositories().is_empty()).await;
    assert!(!rig.applied());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_vanishes_leaves_its_objects() {
    let rig = Rig::synced().await;
    rig.show("DELETED", &rig.object(1, |_| {}));
    until(|| rig.engine.repositories().is_empty()).await;
    assert!(rig.applied());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_replaced_away_is_made_again() {
    let rig = Rig::synced().await;
    rig.show("MODIFIED", &rig.object(1, claimed));
    rig.cluster.strip_claim(&key());
    rig.show("MODIFIED", &rig.object(1, |_| {}));
    until(|| rig.cluster.parent(&key()).unwrap().finalizer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spec_that_becomes_unreadable_is_told_and_the_objects_stand() {
    let rig = Rig::synced().await;
    let mut wrong = rig.object(2, |_| {});
    wrong.data["spec"]["path"] = json!("/etc");
    rig.show("MODIFIED", &wrong);
    let status = rig.once(|status| status.phase == Phase::Failed).await;
    let ready = status.condition(ConditionType::Ready).unwrap();
    assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, "InvalidSpec"));
    assert_eq!(status.observed_generation, 2);
    assert!(rig.applied());
    rig.show("MODIFIED", &rig.object(3, |_| {}));
    let status = rig.once(|status| status.phase == Phase::Synced).await;
    assert_eq!(status.observed_generation, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_asks_for_a_sync_and_is_answered() {
    let rig = Rig::synced().await;
    rig.repository.commit(&[("b.yaml", &MANIFEST.replace("name: a", "name: b"))]);
    let asked = rig.object(1, |metadata| {
        metadata["annotations"] = json!({"nopea.io/sync-requested-at": "1"});
    });
    rig.show("MODIFIED", &asked);
    rig.once(|status| status.sync_token.as_deref() == Some("1")).await;
    assert!(rig.cluster.get(&ObjectKey::new("", "ConfigMap", "shop", "b")).is_some());
}

#[tokio::test]
async fn a_folder_of_this_machine_is_refused_without_the_flag() {
    let arguments = Arguments::parse_from(["nopea-operator"]);
    let folder = tempfile::tempdir().unwrap();
    let source = git(&arguments, folder.path().join("mirrors")).unwrap();
    let url = nopea_core::model::SourceUrl::parse("file:///etc").unwrap();
    let location =
        nopea_core::port::Location { url, reference: nopea_core::model::Reference::Head };
    let request =
        nopea_core::port::Resolve { location, not_before: nopea_core::model::Timestamp(0) };
    let refused = nopea_core::port::GitSource::resolve(&source, &request).await.unwrap_err();
    assert_eq!(refused.code, nopea_core::fault::Code::UnsupportedUrl);
}

#[tokio::test]
async fn an_event_receiver_that_is_no_url_stops_the_start() {
    let words = ["nopea-operator", "--cdevents-url", "nonsense"];
    assert!(cdevents(&Arguments::parse_from(words)).is_err());
}
