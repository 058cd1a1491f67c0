//! A cluster of schema-free objects, just true enough for the machine: server-side apply with field
//! owners, guards, preconditions, finalizers, and the events that a watch would show.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use crate::{
    model::{Change, GroupKind, Manifest, ObjectKey, Observation, ResourceVersion, Uid},
    observe,
    port::{Cause, Guard, Mode, Refusal, ServerStatus},
};

type Path = Vec<String>;

/// A live object and who owns which of its fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Live {
    pub(super) body: Value,
    ours: BTreeSet<Path>,
    theirs: BTreeSet<Path>,
    uid: u64,
    version: u64,
}

/// All live objects, and what a watch would show next.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) objects: BTreeMap<ObjectKey, Live>,
    pub(super) events: Vec<Observation>,
    clock: u64,
    uids: u64,
}

pub(super) fn status(code: u16, reason: &str, message: &str) -> Refusal {
    Refusal::Status(Box::new(ServerStatus {
        code,
        reason: reason.into(),
        message: message.into(),
        typed: true,
        ..ServerStatus::default()
    }))
}

pub(super) fn invalid(field: &str, message: &str) -> Refusal {
    let cause =
        Cause { reason: "FieldValueInvalid".into(), field: field.into(), message: message.into() };
    Refusal::Status(Box::new(ServerStatus {
        code: 422,
        reason: "Invalid".into(),
        message: message.into(),
        causes: vec![cause],
        typed: true,
        ..ServerStatus::default()
    }))
}

fn conflict() -> Refusal {
    status(409, "Conflict", "the object has been modified; please apply your changes")
}

fn not_found() -> Refusal {
    status(404, "NotFound", "it was not found")
}

impl Cluster {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn check(&self, key: &ObjectKey, guard: &Guard) -> Result<(), Refusal> {
        match (guard, self.objects.get(key)) {
            (Guard::Absent, Some(_)) => Err(conflict()),
            (Guard::Live { .. }, None) => {
                Err(status(409, "Conflict", "uid mismatch: no existing object was found"))
            }
            (Guard::Live { uid, .. }, Some(live)) if *uid != uid_of(live) => {
                Err(invalid("metadata.uid", "field is immutable"))
            }
            (Guard::Live { version: Some(version), .. }, Some(live))
                if *version.0 != *live.version.to_string() =>
            {
                Err(conflict())
            }
            (Guard::Absent, None) | (Guard::Live { .. }, Some(_)) => Ok(()),
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
        let mut live = before.clone().unwrap_or_else(|| self.newborn(key, &manifest.api_version));
        let wished = leaves(&manifest.body);
        for path in live.ours.clone() {
            if !wished.contains_key(&path) && !live.theirs.contains(&path) {
                remove(&mut live.body, &path);
            }
        }
        for (path, value) in &wished {
            if get(&live.body, path) != Some(value) {
                live.theirs.remove(path);
                set(&mut live.body, path, value.clone());
            }
        }
        live.ours = wished.into_keys().collect();
        let created = before.is_none();
        if mode == Mode::Real && before.as_ref() != Some(&live) {
            live.version = self.tick();
            self.uids += u64::from(created);
            self.objects.insert(key.clone(), live.clone());
            self.tell(key, Change::Present);
        }
        Ok((created, seen(&live)))
    }

    fn newborn(&self, key: &ObjectKey, api_version: &str) -> Live {
        let mut body = json!({"apiVersion": api_version, "kind": &*key.kind.kind,
            "metadata": {"name": &*key.name}});
        if !key.namespace.is_empty() {
            body["metadata"]["namespace"] = (*key.namespace).into();
        }
        let (ours, theirs) = (BTreeSet::new(), BTreeSet::new());
        Live { body, ours, theirs, uid: self.uids + 1, version: 0 }
    }

    pub(super) fn look(&self, key: &ObjectKey) -> Option<Observation> {
        self.objects.get(key).map(seen)
    }

    pub(super) fn delete(
        &mut self,
        key: &ObjectKey,
        uid: &Uid,
        version: Option<&ResourceVersion>,
    ) -> Result<(), Refusal> {
        let Some(live) = self.objects.get(key) else { return Err(not_found()) };
        if uid_of(live) != *uid {
            let text = "the UID in the precondition does not match the UID in record";
            return Err(status(409, "Conflict", text));
        }
        if version.is_some_and(|version| *version.0 != *live.version.to_string()) {
            return Err(conflict());
        }
        self.vanish(key);
        Ok(())
    }

    /// Gives fields back that we own as well (R12).
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
        let now = seen(live);
        self.tell(key, Change::Present);
        Ok(now)
    }

    /// Somebody deletes an object; finalizers hold it.
    pub(super) fn vanish(&mut self, key: &ObjectKey) {
        let version = self.tick();
        let live = self.objects.get_mut(key).unwrap();
        let held = live.body.pointer("/metadata/finalizers").is_some();
        live.version = version;
        if held {
            live.body["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            self.tell(key, Change::Terminating);
        } else {
            let last = if live.body.pointer("/metadata/deletionTimestamp").is_some() {
                Change::Gone
            } else {
                Change::LeftView
            };
            self.tell(key, last);
            self.objects.remove(key);
        }
    }

    /// Somebody takes the finalizers off an object that is being deleted.
    pub(super) fn let_go(&mut self, key: &ObjectKey) {
        let live = self.objects.get_mut(key).unwrap();
        live.body["metadata"].as_object_mut().unwrap().remove("finalizers");
        self.vanish(key);
    }

    /// Somebody sets a field, and owns it alone.
    pub(super) fn edit(&mut self, key: &ObjectKey, pointer: &str, value: impl Into<Value>) {
        let path: Path = pointer.split('/').skip(1).map(|part| part.replace("~1", "/")).collect();
        let version = self.tick();
        let live = self.objects.get_mut(key).unwrap();
        set(&mut live.body, &path, value.into());
        live.ours.remove(&path);
        live.theirs.insert(path);
        live.version = version;
        self.tell(key, Change::Present);
    }

    /// Somebody sets a field of ours to what it is: both own it.
    pub(super) fn co_own(&mut self, key: &ObjectKey, name: &str) {
        let version = self.tick();
        let live = self.objects.get_mut(key).unwrap();
        live.theirs.insert(vec!["data".to_owned(), name.to_owned()]);
        live.version = version;
        self.tell(key, Change::Present);
    }

    /// A controller writes what nobody of us owns.
    pub(super) fn report(&mut self, key: &ObjectKey, status: Value) {
        let version = self.tick();
        let live = self.objects.get_mut(key).unwrap();
        live.body["status"] = status;
        live.version = version;
        self.tell(key, Change::Present);
    }

    /// Somebody removes a field of ours.
    pub(super) fn take(&mut self, key: &ObjectKey, path: &[&str], change: Change) {
        let path: Path = path.iter().map(|part| (*part).to_owned()).collect();
        let version = self.tick();
        let live = self.objects.get_mut(key).unwrap();
        remove(&mut live.body, &path);
        live.ours.remove(&path);
        live.theirs.remove(&path);
        live.version = version;
        self.tell(key, change);
    }

    /// Puts an object there that we did not make.
    pub(super) fn plant(&mut self, key: &ObjectKey, extra: &Value) {
        let mut live = self.newborn(key, "v1");
        for (path, value) in leaves(extra) {
            set(&mut live.body, &path, value);
            live.theirs.insert(path);
        }
        self.uids += 1;
        live.version = self.tick();
        self.objects.insert(key.clone(), live);
    }

    pub(super) fn field(&self, key: &ObjectKey, pointer: &str) -> Option<&Value> {
        self.objects.get(key)?.body.pointer(pointer)
    }

    /// All uids that live of a kind.
    pub(super) fn uids(&self, kind: &GroupKind) -> BTreeSet<Uid> {
        let of_kind = self.objects.iter().filter(|(key, _)| key.kind == *kind);
        of_kind.map(|(_, live)| uid_of(live)).collect()
    }

    fn tell(&mut self, key: &ObjectKey, change: Change) {
        let now = seen(&self.objects[key]);
        let change = if change == Change::Present { now.change } else { change };
        let now = Observation { change, ..now };
        self.events.push(now);
    }
}

fn uid_of(live: &Live) -> Uid {
    Uid::new(format!("uid-{}", live.uid))
}

/// The leaves of a body that an apply owns; lists are one leaf.
fn leaves(body: &Value) -> BTreeMap<Path, Value> {
    let mut found = BTreeMap::new();
    walk(body, &mut Vec::new(), &mut found);
    found.retain(|path, _| {
        !matches!(
            path.join("/").as_str(),
            "apiVersion" | "kind" | "metadata/name" | "metadata/namespace"
        )
    });
    found
}

fn walk(value: &Value, path: &mut Path, found: &mut BTreeMap<Path, Value>) {
    match value.as_object().filter(|map| path.is_empty() || !map.is_empty()) {
        Some(map) => {
            for (name, inner) in map {
                path.push(name.clone());
                walk(inner, path, found);
                path.pop();
            }
        }
        None => {
            found.insert(path.clone(), value.clone());
        }
    }
}

fn get<'a>(body: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(body, |value, part| value.get(part))
}

fn set(body: &mut Value, path: &[String], value: Value) {
    let (last, parents) = path.split_last().unwrap();
    let mut at = body;
    for part in parents {
        if !at.is_object() {
            *at = json!({});
        }
        at = at.as_object_mut().unwrap().entry(part).or_insert_with(|| json!({}));
    }
    at[last] = value;
}

fn remove(body: &mut Value, path: &[String]) {
    let (last, parents) = path.split_last().unwrap();
    let parent = parents.iter().try_fold(body, |value, part| value.get_mut(part));
    if let Some(map) = parent.and_then(Value::as_object_mut) {
        map.remove(last);
    }
}

fn fields(paths: &BTreeSet<Path>) -> Value {
    let mut tree = Value::Object(Map::new());
    for path in paths {
        let marked: Path = path.iter().map(|part| format!("f:{part}")).collect();
        set(&mut tree, &marked, json!({}));
    }
    tree
}

fn seen(live: &Live) -> Observation {
    let mut body = live.body.clone();
    let api_version = body["apiVersion"].clone();
    let entry = |manager: &str, operation: &str, paths: &BTreeSet<Path>| {
        json!({"manager": manager, "operation": operation, "apiVersion": api_version,
            "fieldsType": "FieldsV1", "fieldsV1": fields(paths)})
    };
    let mut entries = Vec::new();
    if !live.ours.is_empty() {
        entries.push(entry("nopea", "Apply", &live.ours));
    }
    if !live.theirs.is_empty() {
        entries.push(entry("kubectl-edit", "Update", &live.theirs));
    }
    body["metadata"]["managedFields"] = entries.into();
    body["metadata"]["uid"] = (*uid_of(live).0).into();
    body["metadata"]["resourceVersion"] = live.version.to_string().into();
    observe::observe(Arc::new(body)).unwrap()
}
