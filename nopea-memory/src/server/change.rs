//! Storing and removing, and who hears of it: watches, definitions' kinds, the controllers' queue.

use std::sync::Arc;

use jiff::Timestamp;
use nopea_core::model::ObjectKey;
use serde_json::Value;

use super::{Server, Work};
use crate::{json, settings::Pace};

impl Server {
    /// Stores a new state under the next version.
    pub(crate) fn save(&mut self, key: &ObjectKey, mut object: Value) -> Arc<Value> {
        let version = self.store.next_version().to_string();
        json::set(&mut object, &["metadata", "resourceVersion"], version);
        let object = Arc::new(object);
        let old = self.store.put(key, &object);
        self.watches.changed(key, old.as_ref(), Some(&object));
        self.react(key, Some(&object));
        self.wake(Work::Object(key.clone()));
        object
    }

    /// Removes an object. What watches show of it is its last state, at the version of the removal.
    pub(crate) fn erase(&mut self, key: &ObjectKey) {
        let Some(old) = self.store.remove(key) else { return };
        let uid = json::text(&old, &["metadata", "uid"]).to_owned();
        let version = self.store.next_version().to_string();
        let mut shown = Value::clone(&old);
        json::set(&mut shown, &["metadata", "resourceVersion"], version);
        self.watches.changed(key, Some(&Arc::new(shown)), None);
        self.react(key, None);
        if !self.orphaning.remove(&uid) && !self.store.dependents(&uid).is_empty() {
            self.wake(Work::Owner(uid));
        }
        for owner in json::items(&old, &["metadata", "ownerReferences"]) {
            self.wake_owner(json::text(owner, &["kind"]), key, owner);
        }
        if !key.namespace.is_empty() {
            let namespace = ObjectKey::new("", "Namespace", "", &*key.namespace);
            if self.is_terminating(&namespace) {
                self.wake(Work::Object(namespace));
            }
        }
        if let Some(definition) = self.definition_of(key) {
            self.wake(Work::Object(definition));
        }
    }

    /// The terminating definition that waits for an object to go.
    fn definition_of(&self, key: &ObjectKey) -> Option<ObjectKey> {
        match &self.kinds.get(&key.kind)?.source {
            crate::kinds::Source::Custom(definition) => {
                self.is_terminating(definition).then(|| definition.clone())
            }
            crate::kinds::Source::Builtin | crate::kinds::Source::Assumed => None,
        }
    }

    fn wake_owner(&mut self, kind: &str, dependent: &ObjectKey, owner: &Value) {
        let group = crate::kinds::group_of(json::text(owner, &["apiVersion"])).to_owned();
        let name = json::text(owner, &["name"]).to_owned();
        let key = ObjectKey::new(group, kind, &*dependent.namespace, name);
        if self.store.get(&key).is_some() {
            self.wake(Work::Object(key));
        }
    }

    /// Has a controller look at something after the usual delay.
    pub(crate) fn wake(&mut self, work: Work) {
        let at = match self.settings.pace {
            Pace::After(delay) if !self.running => self.now + signed(delay),
            Pace::After(_) | Pace::Immediate | Pace::OnTick => self.now,
        };
        let due = self.due.entry(work).or_insert(at);
        *due = at.min(*due);
    }

    /// Has a controller look at something at a point in time.
    pub(crate) fn wake_at(&mut self, work: Work, at: Timestamp) {
        let due = self.due.entry(work).or_insert(at);
        *due = at.min(*due);
    }

    /// Keeps the served kinds and their watches in step with the definitions.
    fn react(&mut self, key: &ObjectKey, now: Option<&Arc<Value>>) {
        if !key.kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
            return;
        }
        let changed = match now {
            Some(definition) if is_established(definition) => self.kinds.serve(key, definition),
            Some(_) => None,
            None => self.kinds.withdraw(key),
        };
        if let Some(kind) = changed {
            // Any change to a definition ends the watches of its kind; they open again at once.
            self.watches.reopen(&kind);
        }
    }

    pub(crate) fn is_terminating(&self, key: &ObjectKey) -> bool {
        let deleted = ["metadata", "deletionTimestamp"];
        self.store.get(key).is_some_and(|object| json::get(object, &deleted).is_some())
    }
}

/// Whether a definition's kind is served.
pub(crate) fn is_established(definition: &Value) -> bool {
    json::items(definition, &["status", "conditions"]).iter().any(|condition| {
        json::text(condition, &["type"]) == "Established"
            && json::text(condition, &["status"]) == "True"
    })
}

/// A span as the clock's type has it.
pub(crate) fn signed(span: std::time::Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(span).unwrap_or(jiff::SignedDuration::MAX)
}
