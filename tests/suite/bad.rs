//! What every bad input gets, whatever it is: a scene with a good commit and a neighbour, and the
//! assertions that hold for all of them. Must not know any particular input.
pub(crate) mod scene;

use std::{collections::BTreeMap, sync::Arc};

use nopea_core::{
    fault::Fault,
    model::{Commit, ConditionStatus, ConditionType, ObjectKey, Phase, Status},
};
use nopea_memory::Requests;
use serde_json::{Value, json};

use self::scene::{NEIGHBOUR, Scene, config, neighbourly};

/// Uid and version of every object of the cluster.
type Objects = BTreeMap<ObjectKey, (Value, Value)>;

/// What stood when the good commit was synced, before something bad came.
pub(crate) struct Standing {
    objects: Objects,
    applied: Commit,
    neighbour: Arc<Status>,
}

impl Scene {
    /// Remembers what stands; the input may be spoiled now.
    pub(crate) fn stands(&self) -> Standing {
        let status = self.status();
        assert_eq!(status.phase, Phase::Synced, "{:?}", status.faults);
        self.cluster().reset_requests();
        Standing {
            objects: objects(self),
            applied: status.applied_commit.clone().unwrap(),
            neighbour: self.rig.status(&self.neighbour),
        }
    }
}

impl Standing {
    /// ALWAYS: every fault with code, place, object and a way out; nothing written; the last good
    /// state stands and is healed; the neighbour notices nothing and syncs meanwhile.
    ///
    /// `expected` are the faults up to their messages: code, place, object.
    pub(crate) async fn is_refused(&self, scene: &Scene, expected: &[&str]) -> Arc<[Fault]> {
        let faults = scene.sync().await.expect_err("bad input was taken");
        let places: Vec<_> = faults.iter().map(place).collect();
        assert_eq!(places, expected, "{faults:#?}");
        for fault in &*faults {
            assert!(!fault.message.is_empty() && !fault.help.is_empty(), "{fault:?}");
        }
        self.is_told(scene, &faults);
        self.nothing_was_written(scene);
        self.is_healed(scene).await;
        neighbour_syncs(scene).await;
        self.is_told(scene, &faults);
        faults
    }

    /// The status says it: failed, why, and which commit stands.
    fn is_told(&self, scene: &Scene, faults: &[Fault]) {
        let status = scene.status();
        assert_eq!(status.phase, Phase::Failed);
        assert_eq!(status.applied_commit.as_ref(), Some(&self.applied));
        assert_eq!(status.faults, faults);
        assert_eq!(status.fault_count, faults.len());
        let ready = status.condition(ConditionType::Ready).unwrap();
        assert_eq!(ready.status, ConditionStatus::False, "{ready:?}");
        assert!(faults.iter().any(|fault| ready.message.contains(&*fault.message)), "{ready:?}");
    }

    fn nothing_was_written(&self, scene: &Scene) {
        let Requests { apply, delete, release, claim, .. } = scene.cluster().requests();
        assert_eq!((apply, delete, release, claim), (0, 0, 0, 0));
        assert_eq!(objects(scene), self.objects);
        assert_eq!(scene.rig.status(&scene.neighbour), self.neighbour);
    }

    async fn is_healed(&self, scene: &Scene) {
        let key = config("settings");
        let uid = scene.cluster().get(&key).unwrap()["metadata"]["uid"].clone();
        let edit = json!({"data": {"state": "edited by hand"}});
        scene.cluster().merge_patch(&key, "kubectl-edit", &edit).unwrap();
        scene.until("healed", || scene.data("settings") == "good").await;
        assert_eq!(scene.cluster().get(&key).unwrap()["metadata"]["uid"], uid, "healed in place");
        let Requests { apply, delete, .. } = scene.cluster().requests();
        assert_eq!((apply, delete), (1, 0), "the heal and nothing else");
        let mut others = objects(scene);
        others.remove(&key);
        assert!(others.iter().all(|(key, seen)| self.objects.get(key) == Some(seen)));
    }

    /// After the input was mended everything is synced, and no trace of the fault is left.
    pub(crate) async fn is_synced_once_mended(&self, scene: &Scene) {
        let commit = scene.sync().await.expect("the input was mended");
        let status = scene.status();
        assert_eq!(status.applied_commit, Some(commit));
        assert_eq!((status.phase, status.fault_count), (Phase::Synced, 0), "{:?}", status.faults);
        assert_eq!((&*status.faults, status.pending_prune), (&[][..], None));
        assert_eq!(scene.data("settings"), "mended");
    }
}

/// Faults as a terminal shows them without colours, for snapshots.
pub(crate) fn told(name: &str, faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| format!("  {fault}\n    = {}\n", fault.help));
    format!("{name}\n{}", lines.collect::<String>())
}

/// A fault up to its message.
pub(crate) fn place(fault: &Fault) -> String {
    let text = fault.to_string();
    text.strip_suffix(&format!(": {}", fault.message)).unwrap().to_owned()
}

fn objects(scene: &Scene) -> Objects {
    let all = scene.cluster().dump().into_iter();
    all.map(|(key, object)| {
        let metadata = &object["metadata"];
        (key, (metadata["uid"].clone(), metadata["resourceVersion"].clone()))
    })
    .collect()
}

async fn neighbour_syncs(scene: &Scene) {
    let newer = scene.rig.source.commit_tree(NEIGHBOUR, neighbourly("newer"));
    assert_eq!(scene.rig.sync(&scene.neighbour).await, Ok(newer.clone()));
    assert_eq!(scene.data("neighbour"), "newer");
    let status = scene.rig.status(&scene.neighbour);
    assert_eq!((status.phase, &status.applied_commit), (Phase::Synced, &Some(newer)));
}
