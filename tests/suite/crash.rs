//! Crash anywhere: an engine that is killed at any call of a sync, before the world hears of the call or
//! after it was done with its answer lost, leaves nothing that the next one does not put right.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken expectation of a test is told by a panic"
)]

mod set;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use nopea_core::model::{Commit, ObjectKey, Phase, RepoKey};
use nopea_memory::Verb;
use nopea_tests::rig::{Kill, Moment, Rig};
use serde_json::Value;

use set::Side;

/// What lives, and of what uid.
type Living = BTreeMap<ObjectKey, Arc<Value>>;

/// A repository whose engine is killed time and again.
struct World {
    rig: Rig,
    repo: RepoKey,
    /// The other people's objects as they are.
    foreign: Living,
    /// How many times an engine was killed.
    kills: usize,
}

impl World {
    /// A cluster with the objects of other people in it, and a repository whose engine rests.
    async fn new() -> Self {
        let mut rig = Rig::new();
        let repo = rig.declare("shop/crash", |spec| spec.suspend = true);
        let uid = rig.declared(&repo).uid;
        let mut foreign = Living::new();
        for body in set::foreign(&repo, &uid) {
            rig.cluster.create("somebody", &body).unwrap();
        }
        rig.pass(Duration::from_secs(10)).await;
        for (key, object) in rig.cluster.dump() {
            foreign.insert(key, object);
        }
        foreign.retain(|key, _| &*key.kind.kind != "Namespace");
        Self { rig, repo, foreign, kills: 0 }
    }

    fn living(&self) -> Living {
        self.rig.cluster.dump().into_iter().collect()
    }

    /// Lets the engine go on until it dies at `call`, and another one from nothing after it. Says
    /// whether it died.
    async fn killed_at(&mut self, call: usize, moment: Moment, commit: &Commit) -> bool {
        let kill = Kill::at(call, moment);
        let ports = kill.wrap(self.rig.ports());
        self.rig.restart_with(ports);
        let died = tokio::select! {
            biased;
            () = kill.died() => true,
            answer = self.rig.sync(&self.repo) => {
                assert_eq!(answer.as_ref(), Ok(commit));
                false
            }
        };
        if died {
            self.kills += 1;
            self.rig.restart();
            assert_eq!(self.rig.sync(&self.repo).await.as_ref(), Ok(commit), "call {call}");
        }
        died
    }
}

impl World {
    /// Commits a side and syncs it with an engine that dies at `call`; says whether it died. What must
    /// hold at any time and at the end is checked.
    async fn sync(&mut self, side: Side, call: usize, moment: Moment) -> bool {
        let before = self.living();
        let commit = self.rig.source.commit(&[("all.yaml", &set::file(side))]);
        self.rig.cluster.reset_requests();
        let died = self.killed_at(call, moment, &commit).await;
        let when = format!("{side:?}, killed {moment:?} call {call}");

        let (wanted, gone) = (set::keys(side), set::keys(side.other()));
        for request in self.rig.cluster.request_log() {
            let deleted = request.key.filter(|_| request.verb == Verb::Delete);
            let wrong = deleted.filter(|key| wanted.contains(key) || !gone.contains(key));
            assert_eq!(wrong, None, "deleted wrongly: {when}");
        }
        let after = self.living();
        assert_eq!(self.ours(&after), wanted, "an orphan, or something missing: {when}");
        for key in wanted.intersection(&gone).filter(|key| before.contains_key(key)) {
            assert_eq!(uid(&after[key]), uid(&before[key]), "{key} was made anew: {when}");
        }
        self.foreign_stand(&after, &when);
        let status = self.rig.cluster.status(&self.repo).unwrap();
        assert_eq!((status.phase, status.applied_commit.as_ref()), (Phase::Synced, Some(&commit)));
        died
    }

    /// The other people's objects keep uid, resourceVersion, managedFields and everything else.
    fn foreign_stand(&self, living: &Living, when: &str) {
        for (key, object) in &self.foreign {
            assert_eq!(living.get(key), Some(object), "{key} is somebody else's: {when}");
        }
    }

    /// What lives and is neither foreign nor made by the cluster's own controllers.
    fn ours(&self, living: &Living) -> BTreeSet<ObjectKey> {
        let derived = |key: &ObjectKey, object: &Value| {
            let of_namespace = matches!(&*key.name, "default" | "kube-root-ca.crt")
                && matches!(&*key.kind.kind, "ServiceAccount" | "ConfigMap");
            let of_cluster = &*key.kind.kind == "Namespace"
                && matches!(&*key.name, "default" | "shop")
                || key.name.starts_with("kube-");
            let owned = object["metadata"]["ownerReferences"].is_array();
            let slice = matches!(&*key.kind.kind, "EndpointSlice" | "Endpoints");
            of_namespace || of_cluster || owned || slice
        };
        let mine = living.iter().filter(|(key, object)| {
            !self.foreign.contains_key(key) && !derived(key, object)
        });
        mine.map(|(key, _)| key.clone()).collect()
    }
}

fn uid(object: &Value) -> &Value {
    &object["metadata"]["uid"]
}

/// What the same commits make of the cluster: all but what each write makes anew.
fn timeless(living: &Living) -> BTreeMap<ObjectKey, Value> {
    let strip = |object: &Arc<Value>| {
        let mut object = Value::clone(object);
        let metadata = object["metadata"].as_object_mut().unwrap();
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.remove(field);
        }
        let entries = metadata.get_mut("managedFields").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("time");
        }
        object
    };
    living.iter().map(|(key, object)| (key.clone(), strip(object))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_is_killed_anywhere_ends_where_one_that_is_not_does() {
    let mut world = World::new().await;
    world.rig.edit(&world.repo.clone(), |spec| spec.suspend = false);
    for call in 1..=3 {
        world.sync(Side::A, call, Moment::Before).await;
        world.sync(Side::B, call, Moment::After).await;
    }
    dbg!(world.kills);
}
