//! The bookkeeping of every write that is no apply: create, replace, patch (structured-merge-diff
//! `Updater.Update` and apimachinery's stack of managers above it).
//! It must not know how the new object came about.

use serde_json::Value;

use super::cap::cap;
use super::compare::{Comparison, compare};
use super::managers::write_managers;
use super::managers::{
    Manager, ManagersError, Operation, OwnedFields, managers, read_entries, seconds,
};
use super::path::{PathElement, same};
use super::reconcile::fitted;
use super::{FieldSet, Owners, Versions, Write, never_owned, take_managed_fields};
use crate::schema::{Schema, decode};

/// Creates an object by POST: the manager owns every field of the body, defaults included, whatever
/// `managedFields` the body names.
pub fn create(body: &Value, write: &Write<'_>) -> Value {
    let mut new = body.clone();
    take_managed_fields(&mut new);
    reset_fields(&mut new, None, write);
    let mut new = decoded(write.schema, new);
    let owners = updated(&empty(write.schema, &new), &new, Owners::new(), write);
    write_managers(&mut new, &owners);
    new
}

/// Replaces a live object by a new state of it, made by PUT or a patch.
///
/// What differs is the manager's from now on and nobody else's; what is gone is nobody's. The
/// `managedFields` of the new state are taken as the entries to start from where they can be read: `[{}]` or
/// `[]` strips the object of all of them, absent or null keeps those of the live object. A live object
/// without entries stays untracked until the next apply. Nothing changed but times: the live object
/// comes back, times included.
pub fn update(live: &Value, new: &Value, write: &Write<'_>) -> Value {
    let mut object = new.clone();
    let named = take_managed_fields(&mut object);
    reset_fields(&mut object, Some(live), write);
    let mut object = decoded(write.schema, object);
    let start = starting_owners(live, named.as_ref(), write);
    let owners = match start {
        Ok(start) if start.is_empty() => start,
        Ok(start) if !tracked(&start, write) => start,
        Ok(start) if has_unserved(&start, write.versions) => start,
        Ok(start) => {
            let mut owners = updated(live, &object, start, write);
            cap(&mut owners);
            owners
        }
        Err(_) => Owners::new(),
    };
    write_managers(&mut object, &owners);
    settle(live, object)
}

/// Replaces the entries of `managedFields` alone (a JSON patch that releases co-owners, R12): it makes
/// no entry of its own.
pub fn patch_managed_fields(live: &Value, entries: Value, write: &Write<'_>) -> Value {
    let mut new = live.clone();
    if let Some(metadata) = new.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("managedFields".to_owned(), entries);
    }
    update(live, &new, write)
}

/// Answers with the live object itself where the new one differs from it in the times of
/// `managedFields` alone: such a write changes nothing, not even those.
pub fn settle(live: &Value, new: Value) -> Value {
    if same_but_entries(live, &new) && same_entries(live, &new) { live.clone() } else { new }
}

fn same_but_entries(one: &Value, two: &Value) -> bool {
    let (Some(one), Some(two)) = (one.as_object(), two.as_object()) else { return false };
    let rest = |metadata: &Value| {
        let fields = metadata.as_object().into_iter().flatten();
        fields.filter(|(name, _)| *name != "managedFields").count()
    };
    let equal = |name: &str, one: &Value, two: &Value| match (one.as_object(), two.as_object()) {
        (Some(fields), Some(others)) if name == "metadata" => {
            let mut fields = fields.iter().filter(|(name, _)| *name != "managedFields");
            rest(one) == rest(two)
                && fields.all(|(name, value)| others.get(name).is_some_and(|two| same(value, two)))
        }
        _ => same(one, two),
    };
    let mut fields = one.iter();
    one.len() == two.len()
        && fields.all(|(name, one)| two.get(name).is_some_and(|two| equal(name, one, two)))
}

/// Whether two objects have the same entries but for their times, by which alone they are ordered.
fn same_entries(one: &Value, two: &Value) -> bool {
    let entries = |object: &'_ Value| {
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).cloned();
        let mut entries = entries.unwrap_or_default();
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        entries
    };
    let (one, two) = (entries(one), entries(two));
    one.len() == two.len() && one.iter().all(|entry| two.contains(entry))
}

/// The entries an update starts from (apimachinery `decodeLiveOrNew`).
fn starting_owners(
    live: &Value,
    named: Option<&Value>,
    write: &Write<'_>,
) -> Result<Owners, ManagersError> {
    let entries = named.and_then(Value::as_array).filter(|_| write.subresource.is_none());
    let strips = |entries: &Vec<Value>| match entries.as_slice() {
        [] => true,
        [one] => one.as_object().is_some_and(serde_json::Map::is_empty),
        _ => false,
    };
    if entries.is_some_and(strips) {
        return Ok(Owners::new());
    }
    match read_entries(named.filter(|_| entries.is_some())) {
        Ok(owners) if !owners.is_empty() => Ok(owners),
        _ => managers(live),
    }
}

/// Whether the write leaves a trace: a scale of replicas that nobody owns leaves none.
fn tracked(owners: &Owners, write: &Write<'_>) -> bool {
    let replicas = ["spec", "replicas"].map(|name| PathElement::Field(name.to_owned()));
    write.subresource != Some("scale") || owners.values().any(|owned| owned.set.has(&replicas))
}

fn has_unserved(owners: &Owners, versions: Versions<'_>) -> bool {
    match versions {
        Versions::Custom(served) => {
            owners.values().any(|owned| !served.contains(&owned.api_version))
        }
        Versions::Any | Versions::Builtin(_) => false,
    }
}

/// Leaves out the entries that the next write drops: those of built-in versions that are gone.
pub(super) fn drop_unserved(owners: &mut Owners, versions: Versions<'_>) {
    match versions {
        Versions::Builtin(served) => owners.retain(|_, owned| served.contains(&owned.api_version)),
        Versions::Any | Versions::Custom(_) => {}
    }
}

/// The entries after an update by the write's manager.
pub(super) fn updated(live: &Value, new: &Value, owners: Owners, write: &Write<'_>) -> Owners {
    let manager = Manager {
        name: if write.manager.is_empty() { "unknown" } else { write.manager }.to_owned(),
        operation: Operation::Update,
        api_version: Some(write.api_version.to_owned()),
        subresource: write.subresource.unwrap_or_default().to_owned(),
    };
    let mut owners = owners;
    drop_unserved(&mut owners, write.versions);
    for owned in owners.values_mut() {
        owned.set = fitted(write.schema, &owned.set);
    }
    let compared = compare(write.schema, live, new).without(&write.reset());
    take(&mut owners, &compared, None);
    let own = compared.modified.union(&compared.added).difference(&never_owned());
    if !own.is_empty() {
        let before = owners.get(&manager).map(|owned| owned.set.clone()).unwrap_or_default();
        let owned = OwnedFields {
            set: before.union(&own),
            api_version: write.api_version.to_owned(),
            time: Some(seconds(write.now)),
        };
        owners.insert(manager, owned);
    }
    owners
}

/// Takes what changed or vanished from everybody but `spared`; entries that own nothing are dropped.
pub(super) fn take(owners: &mut Owners, compared: &Comparison, spared: Option<&Manager>) {
    let changed: FieldSet = compared.modified.union(&compared.added).union(&compared.removed);
    for (_, owned) in owners.iter_mut().filter(|(manager, _)| Some(*manager) != spared) {
        owned.set = owned.set.difference(&changed);
    }
    owners.retain(|_, owned| !owned.set.is_empty());
}

/// Puts the fields that the request's resource resets back to what lives.
pub(super) fn reset_fields(new: &mut Value, live: Option<&Value>, write: &Write<'_>) {
    for path in write.reset().members() {
        let names: Vec<&str> = path
            .iter()
            .filter_map(|element| match element {
                PathElement::Field(name) => Some(name.as_str()),
                PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => None,
            })
            .collect();
        reset_field(new, live, &names);
    }
}

fn reset_field(new: &mut Value, live: Option<&Value>, names: &[&str]) {
    let Some((first, rest)) = names.split_first() else { return };
    let live = live.and_then(|live| live.get(*first));
    let Some(fields) = new.as_object_mut() else { return };
    match (rest.is_empty(), live) {
        (true, Some(live)) => {
            fields.insert((*first).to_owned(), live.clone());
        }
        (true, None) => {
            fields.remove(*first);
        }
        (false, live) => {
            if let Some(new) = fields.get_mut(*first) {
                reset_field(new, live, rest);
            }
        }
    }
}

/// The object that a first write is compared with: its type and nothing else.
pub(super) fn empty(schema: &Schema, object: &Value) -> Value {
    let named = ["apiVersion", "kind"].into_iter();
    let fields = named.filter_map(|name| Some((name.to_owned(), object.get(name)?.clone())));
    decoded(schema, Value::Object(fields.collect()))
}

/// The object as the server decodes it. One that it cannot decode it has refused before it comes here.
fn decoded(schema: &Schema, object: Value) -> Value {
    decode(schema, object.clone()).unwrap_or(object)
}
