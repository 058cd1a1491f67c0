//! Deletion: preconditions, finalizers, propagation, and the two kinds that take others with them.

use std::sync::Arc;

use nopea_core::{
    model::ObjectKey,
    port::{Mode, Refusal},
};
use serde_json::{Value, json};

use super::{Server, finish::seconds};
use crate::{answer, json};

/// The finalizer of a definition: its objects go first.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What a delete demands of the live object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Preconditions<'a> {
    pub(crate) uid: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
}

/// What becomes of the objects that the deleted one owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
    /// The request does not say: they go, but for a Job's Pods, which stay.
    Unsaid,
}

impl Server {
    pub(crate) fn delete(
        &mut self,
        key: &ObjectKey,
        api_version: &str,
        preconditions: Preconditions<'_>,
        propagation: Propagation,
        mode: Mode,
    ) -> Result<(), Refusal> {
        let kind = self.kinds.find(&key.kind, api_version)?;
        let live = self.store.get(key).cloned();
        let live = live.ok_or_else(|| answer::not_found(&kind, &key.name))?;
        let uid = json::text(&live, &["metadata", "uid"]);
        let version = json::text(&live, &["metadata", "resourceVersion"]);
        if let Some(wanted) = preconditions.uid.filter(|wanted| *wanted != uid) {
            return Err(answer::uid_precondition(&kind, &key.name, wanted, uid));
        }
        if let Some(wanted) = preconditions.version.filter(|wanted| *wanted != version) {
            return Err(answer::version_precondition(&kind, &key.name, wanted, version));
        }
        if key.kind.is("", "Namespace")
            && matches!(&*key.name, "default" | "kube-system" | "kube-public")
        {
            return Err(answer::forbidden(&kind, &key.name, "this namespace may not be deleted"));
        }
        if mode == Mode::Try {
            return Ok(());
        }
        let orphans = match propagation {
            Propagation::Orphan => true,
            Propagation::Unsaid => kind.is("batch", "Job"),
            Propagation::Background | Propagation::Foreground => false,
        };
        if orphans {
            self.orphaning.insert(uid.to_owned());
        }
        let foreground =
            propagation == Propagation::Foreground && !self.store.dependents(uid).is_empty();
        self.remove(key, &live, foreground);
        Ok(())
    }

    fn remove(&mut self, key: &ObjectKey, live: &Arc<Value>, foreground: bool) {
        let mut object = Value::clone(live);
        if foreground {
            let mut finalizers = json::items(live, &["metadata", "finalizers"]).to_vec();
            finalizers.push(Value::from("foregroundDeletion"));
            json::set(&mut object, &["metadata", "finalizers"], finalizers);
        }
        let finalized = json::items(&object, &["metadata", "finalizers"]).is_empty();
        let namespace = key.kind.is("", "Namespace");
        if finalized && !namespace {
            self.erase(key);
            return;
        }
        if json::get(live, &["metadata", "deletionTimestamp"]).is_some() {
            return;
        }
        json::set(&mut object, &["metadata", "deletionTimestamp"], seconds(self.now));
        json::set(&mut object, &["metadata", "deletionGracePeriodSeconds"], 0);
        if let Some(generation) = json::number(live, &["metadata", "generation"]) {
            json::set(&mut object, &["metadata", "generation"], generation + 1);
        }
        if namespace {
            json::set(&mut object, &["status"], json!({"phase": "Terminating"}));
        }
        self.save(key, object);
    }

    /// Deletes what the garbage collector or a terminating namespace takes, without conditions.
    pub(crate) fn sweep(&mut self, key: &ObjectKey) {
        if let Some(live) = self.store.get(key).cloned() {
            self.remove(key, &live, false);
        }
    }

    /// Deletes what the object of this uid owned, where no other owner lives.
    pub(crate) fn collect(&mut self, uid: &str) {
        for key in self.store.dependents(uid) {
            let Some(object) = self.store.get(&key).cloned() else { continue };
            let others = json::items(&object, &["metadata", "ownerReferences"])
                .iter()
                .filter(|owner| json::text(owner, &["uid"]) != uid)
                .any(|owner| self.lives(&key, owner));
            if !others {
                self.sweep(&key);
            }
        }
    }

    fn lives(&self, dependent: &ObjectKey, owner: &Value) -> bool {
        let group = crate::kinds::group_of(json::text(owner, &["apiVersion"]));
        let (kind, name) = (json::text(owner, &["kind"]), json::text(owner, &["name"]));
        let here = ObjectKey::new(group, kind, &*dependent.namespace, name);
        let cluster = ObjectKey::new(group, kind, "", name);
        [here, cluster]
            .iter()
            .filter_map(|key| self.store.get(key))
            .any(|object| json::text(object, &["metadata", "uid"]) == json::text(owner, &["uid"]))
    }

    /// Takes one finalizer off an object, as the controller that set it does.
    pub(crate) fn drop_finalizer(&mut self, key: &ObjectKey, finalizer: &str) {
        let Some(live) = self.store.get(key) else { return };
        let mut object = Value::clone(live);
        if let Some(Value::Array(list)) = json::at(&mut object, &["metadata", "finalizers"]) {
            list.retain(|one| one.as_str() != Some(finalizer));
        }
        if json::items(&object, &["metadata", "finalizers"]).is_empty() {
            self.erase(key);
        } else {
            self.save(key, object);
        }
    }
}
