//! Server-side apply itself (structured-merge-diff `Updater.Apply`).
//! It must not know requests, defaults or resource versions.

use serde_json::Value;

use super::compare::compare;
use super::conflict::{Conflict, Conflicts};
use super::managers::{Manager, Operation, OwnedFields, managers, seconds, write_managers};
use super::merging::merge;
use super::owned::owned_by_body;
use super::reconcile::{fitted, with_named_parents};
use super::remove::remove;
use super::updating::{drop_unserved, empty, reset_fields, settle, take, updated};
use super::{
    FieldSet, MergeError, OnConflict, Owners, Versions, Write, never_owned, take_managed_fields,
};
use crate::schema::{Duplicates, decode, validate};

/// Applies a body to a live object, or makes the object where none lives.
///
/// The answer is the new object with its `managedFields`; where the apply changes nothing it is the live
/// object itself, times included. What the manager applied last time and no longer applies is removed,
/// unless somebody else owns it. A live object without entries gets one of `before-first-apply` that owns
/// all it holds.
///
/// # Errors
/// See [`MergeError`]; nothing has happened then.
pub fn apply(
    live: Option<&Value>,
    applied: &Value,
    write: &Write<'_>,
    on_conflict: OnConflict,
) -> Result<Value, MergeError> {
    if applied.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
        return Err(MergeError::ManagedFieldsInBody);
    }
    let problems = validate(write.schema, applied, Duplicates::Refused);
    if !problems.is_empty() {
        return Err(MergeError::Untyped { problems });
    }
    let mut before = live.map_or_else(|| empty(write.schema, applied), Value::clone);
    let mut owners = managers(&before).map_err(MergeError::Managers)?;
    take_managed_fields(&mut before);
    if let (Versions::Custom(served), false) = (write.versions, owners.is_empty())
        && let Some(owned) = owners.values().find(|owned| !served.contains(&owned.api_version))
    {
        return Err(MergeError::UnservedVersion { version: owned.api_version.clone() });
    }
    if owners.is_empty() && live.is_some() {
        let first = Write { manager: "before-first-apply", ..write.clone() };
        owners = updated(&empty(write.schema, &before), &before, owners, &first);
    }
    let (object, owners) = applied_to(&before, applied, owners, write, on_conflict)?;
    let mut object = decode(write.schema, object).map_err(MergeError::Undecodable)?;
    write_managers(&mut object, &owners);
    Ok(match live {
        Some(live) => settle(live, object),
        None => object,
    })
}

/// The manager's own entry.
fn applier(write: &Write<'_>) -> Manager {
    Manager {
        name: if write.manager.is_empty() { "unknown" } else { write.manager }.to_owned(),
        operation: Operation::Apply,
        api_version: None,
        subresource: write.subresource.unwrap_or_default().to_owned(),
    }
}

fn applied_to(
    live: &Value,
    applied: &Value,
    mut owners: Owners,
    write: &Write<'_>,
    on_conflict: OnConflict,
) -> Result<(Value, Owners), MergeError> {
    let schema = write.schema;
    let manager = applier(write);
    for owned in owners.values_mut() {
        owned.set = fitted(schema, &owned.set);
    }
    let last = owners.get(&manager).cloned();
    let set = owned_by_body(schema, applied).recursive_difference(&write.reset());
    let time = last.as_ref().and_then(|owned| owned.time.clone());
    let own = OwnedFields { set, api_version: write.api_version.to_owned(), time };
    owners.insert(manager.clone(), own);
    drop_unserved(&mut owners, write.versions);

    let mut body = applied.clone();
    // What the resource resets is neither owned nor written.
    reset_fields(&mut body, None, write);
    let merged =
        merge(schema, live, &body).map_err(|problems| MergeError::UntypedLive { problems })?;
    let pruned = match last {
        Some(last) if served(&last, write.versions) => prune(write, merged, &owners, &last.set),
        _ => merged,
    };
    let compared = compare(schema, live, &pruned).without(&write.reset());
    let conflicts = conflicts(&owners, &manager, &compared.modified.union(&compared.added));
    if on_conflict == OnConflict::Refuse && !conflicts.is_empty() {
        return Err(MergeError::Conflicts(Conflicts(conflicts)));
    }
    take(&mut owners, &compared, Some(&manager));
    if let Some(owned) = owners.get_mut(&manager) {
        owned.set = owned.set.difference(&never_owned());
        owned.time = Some(seconds(write.now));
    }
    owners.retain(|_, owned| !owned.set.is_empty());
    Ok((pruned, owners))
}

fn served(owned: &OwnedFields, versions: Versions<'_>) -> bool {
    match versions {
        Versions::Any => true,
        Versions::Builtin(served) | Versions::Custom(served) => served.contains(&owned.api_version),
    }
}

fn conflicts(owners: &Owners, manager: &Manager, changed: &FieldSet) -> Vec<Conflict> {
    let others = owners.iter().filter(|(other, _)| *other != manager);
    let taken = others.flat_map(|(other, owned)| {
        let paths = owned.set.intersection(changed).members();
        paths.into_iter().map(|path| Conflict { manager: other.clone(), path })
    });
    taken.collect()
}

/// Removes what the manager applied last time and does not now, unless somebody owns it, or it was only
/// swept away with something that the manager owned.
fn prune(write: &Write<'_>, merged: Value, owners: &Owners, last: &FieldSet) -> Value {
    let schema = write.schema;
    if last.is_empty() {
        return merged;
    }
    let last = with_named_parents(schema, last);
    let paths = |object: &Value| with_named_parents(schema, &owned_by_body(schema, object));
    let all = paths(&merged);
    let owned = owners.values().fold(FieldSet::new(), |all, owned| all.union(&owned.set));

    let removed = remove(schema, &merged, &last);
    let kept = paths(&removed).union(&with_named_parents(schema, &owned));
    let with_owned = remove(schema, &merged, &all.difference(&kept));
    let dangling = all.difference(&paths(&with_owned)).intersection(&last);
    remove(schema, &merged, &dangling)
}
