//! A cluster of `ConfigMap`s, just true enough for the machine: server-side apply with field owners,
//! guards, preconditions, uids and versions. `nopea-memory` is the true one; this one is quick.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nopea_core::{
    model::{Change, Manifest, ObjectKey, Observation, ResourceVersion, Uid},
    observe,
    port::{Cause, Guard, Mode, Refusal, ServerStatus},
};
use serde_json::{Map, Value, json};

/// A live object.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) data: BTreeMap<String, String>,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    /// Which of the data we own.
    ours: BTreeSet<String>,
    /// Which of the data somebody else owns.
    theirs: BTreeSet<String>,
    uid: u64,
    pub(super) version: u64,
}

/// What a watch tells.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    /// An object.
    Object(Box<Observation>),
    /// All objects that live were shown.
    All(BTreeSet<Uid>),
}

/// All live objects and what watches were told of them.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) objects: BTreeMap<ObjectKey, Live>,
    clock: u64,
    /// What is on its way to the watcher; none while nobody watches.
    pub(super) events: Option<Vec<Shown>>,
}

fn refusal(code: u16, reason: &str, message: &str, cause: Option<&str>) -> Refusal {
    let cause = cause.map(|field| Cause {
        reason: "FieldValueInvalid".into(),
        field: field.into(),
        message: "field is immutable".into(),
    });
    Refusal::Status(Box::new(ServerStatus {
        code,
        reason: reason.into(),
        message: message.into(),
        causes: cause.into_iter().collect(),
        kind: "configmaps".into(),
        retry_after: None,
        typed: true,
    }))
}

fn conflict() -> Refusal {
    let message = "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again";
    refusal(409, "Conflict", message, None)
}

fn not_found() -> Refusal {
    refusal(404, "NotFound", "configmaps \"x\" not found", None)
}

impl Cluster {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn check(&self, key: &ObjectKey, guard: &Guard) -> Result<(), Refusal> {
        match (guard, self.objects.get(key)) {
            (Guard::Absent, None) => Ok(()),
            (Guard::Absent, Some(_)) => Err(conflict()),
            (Guard::Live { .. }, None) => {
                let message = "uid mismatch: the provided object specified uid x, and no existing object was found";
                Err(refusal(409, "Conflict", message, None))
            }
            (Guard::Live { uid, version }, Some(live)) => {
                let stale = version.as_ref().is_some_and(|v| *v.0 != *live.version.to_string());
                if *uid != uid_of(live) {
                    Err(refusal(422, "Invalid", "invalid", Some("metadata.uid")))
                } else if stale {
                    Err(conflict())
                } else {
                    Ok(())
                }
            }
        }
    }

    pub(super) fn apply(
        &mut self,
        manifest: &Manifest,
        guard: &Guard,
        mode: Mode,
    ) -> Result<(bool, Observation), Refusal> {
        let key = &manifest.key;
        self.check(key, guard)?;
        let before = self.objects.get(key).cloned();
        let created = before.is_none();
        let mut live = before.clone().unwrap_or_else(|| Live {
            data: BTreeMap::new(),
            labels: Map::new(),
            annotations: Map::new(),
            ours: BTreeSet::new(),
            theirs: BTreeSet::new(),
            uid: self.clock + 1_000_000,
            version: 0,
        });
        let wished = strings(&manifest.body["data"]);
        for name in live.ours.clone() {
            if !wished.contains_key(&name) && !live.theirs.contains(&name) {
                live.data.remove(&name);
            }
        }
        for (name, value) in &wished {
            if live.data.get(name) != Some(value) {
                live.theirs.remove(name);
            }
            live.data.insert(name.clone(), value.clone());
        }
        live.ours = wished.into_keys().collect();
        live.labels.extend(map(&manifest.body["metadata"]["labels"]));
        live.annotations.extend(map(&manifest.body["metadata"]["annotations"]));
        let same = before.as_ref().is_some_and(|before| same(before, &live));
        if !same {
            live.version = if mode == Mode::Real { self.tick() } else { live.version };
        }
        if mode == Mode::Real && !same {
            self.objects.insert(key.clone(), live.clone());
            self.tell(key, Change::Present);
        }
        Ok((created, observe(key, &live)))
    }

    pub(super) fn look(&self, key: &ObjectKey) -> Option<Observation> {
        self.objects.get(key).map(|live| observe(key, live))
    }

    pub(super) fn delete(
        &mut self,
        key: &ObjectKey,
        uid: &Uid,
        version: Option<&ResourceVersion>,
    ) -> Result<(), Refusal> {
        let Some(live) = self.objects.get(key) else { return Err(not_found()) };
        if uid_of(live) != *uid {
            let message =
                "Precondition failed: the UID in the precondition does not match the UID in record";
            return Err(refusal(409, "Conflict", message, None));
        }
        if version.is_some_and(|version| *version.0 != *live.version.to_string()) {
            return Err(conflict());
        }
        self.remove(key);
        Ok(())
    }

    /// Somebody deletes an object.
    pub(super) fn remove(&mut self, key: &ObjectKey) {
        let version = self.tick();
        if let Some(live) = self.objects.get_mut(key) {
            live.version = version;
            self.tell(key, Change::LeftView);
            self.objects.remove(key);
        }
    }

    /// Somebody sets a field of an object.
    pub(super) fn edit(&mut self, key: &ObjectKey, name: &str, value: &str) {
        let version = self.tick();
        if let Some(live) = self.objects.get_mut(key) {
            live.data.insert(name.to_owned(), value.to_owned());
            live.ours.remove(name);
            live.theirs.insert(name.to_owned());
            live.version = version;
            self.tell(key, Change::Present);
        }
    }

    /// Somebody gives fields back (R12).
    pub(super) fn release(
        &mut self,
        key: &ObjectKey,
        version: &ResourceVersion,
    ) -> Result<Observation, Refusal> {
        let next = self.tick();
        let Some(live) = self.objects.get_mut(key) else { return Err(not_found()) };
        if *version.0 != *live.version.to_string() {
            return Err(conflict());
        }
        live.theirs = live.theirs.difference(&live.ours).cloned().collect();
        live.version = next;
        self.tell(key, Change::Present);
        Ok(self.look(key).unwrap())
    }

    /// A watch begins, or begins anew: everything is shown, then that it was everything.
    pub(super) fn watch(&mut self) {
        let live: Vec<Observation> = self.objects.keys().filter_map(|key| self.look(key)).collect();
        let uids = live.iter().map(|seen| seen.uid.clone()).collect();
        let shown = live.into_iter().map(|seen| Shown::Object(Box::new(seen)));
        self.events = Some(shown.chain([Shown::All(uids)]).collect());
    }

    fn tell(&mut self, key: &ObjectKey, change: Change) {
        let mut seen = observe(key, &self.objects[key]);
        seen.change = change;
        if let Some(events) = &mut self.events {
            events.push(Shown::Object(Box::new(seen)));
        }
    }
}

fn same(before: &Live, after: &Live) -> bool {
    before.data == after.data
        && before.ours == after.ours
        && before.theirs == after.theirs
        && before.labels == after.labels
        && before.annotations == after.annotations
}

fn uid_of(live: &Live) -> Uid {
    Uid::new(format!("uid-{}", live.uid))
}

fn strings(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    map(value).iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn fields<T: AsRef<str>>(names: impl Iterator<Item = T>) -> Value {
    names
        .map(|name| name.as_ref().to_owned())
        .map(|name| (format!("f:{name}"), json!({})))
        .collect::<Map<_, _>>()
        .into()
}

fn observe(key: &ObjectKey, live: &Live) -> Observation {
    let mut entries = vec![json!({
        "manager": "nopea", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {
            "f:data": fields(live.ours.iter()),
            "f:metadata": {
                "f:labels": fields(live.labels.keys()),
                "f:annotations": fields(live.annotations.keys()),
            },
        },
    })];
    if !live.theirs.is_empty() {
        entries.push(json!({
            "manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:data": fields(live.theirs.iter())},
        }));
    }
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": &*key.name, "namespace": &*key.namespace, "uid": &*uid_of(live).0,
            "resourceVersion": live.version.to_string(), "labels": live.labels,
            "annotations": live.annotations, "managedFields": entries,
        },
        "data": live.data,
    });
    observe::observe(Arc::new(object)).unwrap()
}
