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

use nopea_core::model::{Commit, ObjectKey, Phase, RepoKey, Status};
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

    /// Starts an engine that dies at `call`, and, where it died before `end`, another one after it. Says
    /// whether it died.
    async fn killed_at<E>(&mut self, call: usize, moment: Moment, end: E) -> bool
    where
        E: AsyncFn(&Rig, &RepoKey),
    {
        let kill = Kill::at(call, moment);
        let ports = kill.wrap(self.rig.ports());
        self.rig.restart_with(ports);
        let died = tokio::select! {
            biased;
            () = kill.died() => true,
            () = end(&self.rig, &self.repo) => false,
        };
        if died {
            self.kills += 1;
            self.rig.restart();
            end(&self.rig, &self.repo).await;
        }
        died
    }
}

/// The repository is gone, and the declaration of it.
async fn is_removed(rig: &Rig, repo: &RepoKey) {
    for _second in 0..600 {
        if rig.cluster.parent(repo).is_none() {
            return;
        }
        rig.pass(Duration::from_secs(1)).await;
    }
    panic!("{repo} is not removed: {:#?}", rig.status(repo));
}

impl World {
    /// Commits a side and syncs it with an engine that dies at `call`; says whether it died. What must
    /// hold at any time and at the end is checked.
    async fn sync(&mut self, side: Side, call: usize, moment: Moment) -> bool {
        let before = self.living();
        let commit = self.rig.source.commit(&[("all.yaml", &set::file(side))]);
        self.rig.cluster.reset_requests();
        if self.rig.declared(&self.repo).spec.suspend {
            self.rig.edit(&self.repo.clone(), |spec| spec.suspend = false);
        }
        let is_synced = async |rig: &Rig, repo: &RepoKey| {
            if rig.sync(repo).await.as_ref() != Ok(&commit) {
                rig.wait_for(repo, |status| stands(status, &commit)).await;
            }
        };
        let died = self.killed_at(call, moment, is_synced).await;
        let when = format!("{side:?}, killed {moment:?} call {call}");

        let (wanted, gone) = (set::keys(side), set::keys(side.other()));
        self.deleted_only(&gone.difference(&wanted).cloned().collect(), &when);
        let after = self.living();
        assert_eq!(self.ours(&after), wanted, "an orphan, or something missing: {when}");
        for key in wanted.intersection(&gone).filter(|key| before.contains_key(key)) {
            assert_eq!(uid(&after[key]), uid(&before[key]), "{key} was made anew: {when}");
        }
        self.foreign_stand(&after, &when);
        let status = self.rig.cluster.status(&self.repo).unwrap();
        assert!(stands(&status, &commit), "{status:#?}: {when}");
        died
    }

    /// Deletes the repository with an engine that dies at `call`; says whether it died.
    async fn remove(&mut self, side: Side, call: usize, moment: Moment) -> bool {
        self.rig.cluster.reset_requests();
        self.rig.delete(&self.repo.clone());
        let died = self.killed_at(call, moment, is_removed).await;
        let when = format!("removal, killed {moment:?} call {call}");
        self.deleted_only(&set::keys(side), &when);
        let after = self.living();
        assert_eq!(self.ours(&after), BTreeSet::new(), "an orphan: {when}");
        self.foreign_stand(&after, &when);
        died
    }

    /// Whatever was asked to be deleted at any time is one of these.
    fn deleted_only(&self, allowed: &BTreeSet<ObjectKey>, when: &str) {
        for request in self.rig.cluster.request_log() {
            let deleted = request.key.filter(|_| request.verb == Verb::Delete);
            let wrong = deleted.filter(|key| !allowed.contains(key));
            assert_eq!(wrong, None, "deleted wrongly: {when}");
        }
    }

    /// The other people's objects keep uid, resourceVersion, managedFields and everything else.
    fn foreign_stand(&self, living: &Living, when: &str) {
        for (key, object) in &self.foreign {
            assert_eq!(living.get(key), Some(object), "{key} is somebody else's: {when}");
        }
    }

    /// The objects of a side as they live, without what each write makes anew.
    fn timeless(&self, side: Side) -> BTreeMap<ObjectKey, Value> {
        let living = self.living();
        set::keys(side).into_iter().map(|key| (key.clone(), timeless(&living[&key]))).collect()
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
        let mine = living
            .iter()
            .filter(|(key, object)| !self.foreign.contains_key(key) && !derived(key, object));
        mine.map(|(key, _)| key.clone()).collect()
    }
}

fn stands(status: &Status, commit: &Commit) -> bool {
    status.phase == Phase::Synced && status.applied_commit.as_ref() == Some(commit)
}

fn uid(object: &Value) -> &Value {
    &object["metadata"]["uid"]
}

/// An object without what each creation makes anew, and without what controllers say of it.
fn timeless(object: &Value) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
        metadata.remove(field);
    }
    let entries = metadata.get_mut("managedFields").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten() {
        entry.as_object_mut().unwrap().remove("time");
    }
    object.as_object_mut().unwrap().remove("status");
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    object
}

/// Never: more calls than any sync makes.
const NEVER: usize = usize::MAX;

#[tokio::test(start_paused = true)]
async fn a_sync_that_is_killed_anywhere_ends_where_one_that_is_not_does() {
    let mut world = World::new().await;
    let mut ends = BTreeMap::new();
    for side in [Side::A, Side::B, Side::A, Side::B] {
        assert!(!world.sync(side, NEVER, Moment::Before).await);
        ends.insert(side, world.timeless(side));
    }
    for call in 1.. {
        let mut died = false;
        for (side, moment) in [(Side::A, Moment::Before), (Side::B, Moment::After)] {
            died |= world.sync(side, call, moment).await;
            let end = world.timeless(side);
            for (key, object) in &ends[&side] {
                assert_eq!(&end[key], object, "{key}: {side:?}, killed {moment:?} call {call}");
            }
        }
        if !died {
            break;
        }
    }
    assert!(world.kills >= 180, "only {} points", world.kills);
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_and_a_removal_that_are_killed_anywhere_leave_nothing_behind() {
    let mut world = World::new().await;
    for call in 1.. {
        let (first, second) = match call % 2 {
            0 => (Moment::Before, Moment::After),
            _ => (Moment::After, Moment::Before),
        };
        let synced = !world.sync(Side::A, call, first).await;
        let removed = !world.remove(Side::A, call, second).await;
        if synced && removed {
            break;
        }
        world.repo = world.rig.declare("shop/crash", |spec| spec.suspend = true);
    }
    assert!(world.kills >= 150, "only {} points", world.kills);
}
