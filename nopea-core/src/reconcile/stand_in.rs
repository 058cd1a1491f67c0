//! Dry runs of what no namespace of the cluster can take yet: under another name in one that exists.
//!
//! Only what the schema and the fields themselves decide counts (R15). Whatever else such an answer
//! says is of the stand-in, not of the object: that is dry run in place at its gate.

use std::sync::Arc;

use super::{
    apply::take_off,
    effect::Ask,
    event::Answer,
    plan::Plan,
    state::{Doing, State},
    turn::Turn,
};
use crate::{
    classify::{self, Verdict},
    model::{Manifest, ObjectKey, Text},
    port::{Guard, Mode, Refusal, Scopes},
    prepare::Prepared,
};

/// The namespace that every cluster has.
const NAMESPACE: &str = "default";

/// Schedules the stand-ins of the deferred works whose Namespace the set writes.
pub(super) fn schedule(plan: &mut Plan, served: &Scopes) {
    let set = Arc::clone(&plan.set);
    let written = |namespace: &Text| {
        let key = ObjectKey::new("", "Namespace", "", Text::clone(namespace));
        let work = plan.position(&key).and_then(|at| plan.works.get(at));
        work.is_some_and(super::plan::Work::is_write)
    };
    let stands_in = |(object, work): (&Prepared, &super::plan::Work)| {
        let key = &object.manifest.key;
        work.deferred && served.contains_key(&key.kind) && written(&key.namespace)
    };
    let picked = set.objects.iter().zip(&plan.works).map(stands_in).enumerate();
    plan.stand_ins = picked.filter(|(_, picked)| *picked).map(|(at, _)| at).collect();
}

/// Asks for every scheduled stand-in whose object has no open request.
pub(super) fn launch(state: &mut State, plan: &mut Plan, turn: &mut Turn) {
    for index in std::mem::take(&mut plan.stand_ins) {
        let Some(object) = plan.object(index) else { continue };
        let key = object.manifest.key.clone();
        let rest = plan.works.get(index).and_then(|work| work.rest.clone());
        let manifest = stand_in(object, rest.as_deref());
        if state.flights.contains_key(&key) {
            plan.stand_ins.insert(index);
            continue;
        }
        plan.open += 1;
        let ask = Ask::Apply { manifest, guard: Guard::Absent, mode: Mode::Try };
        take_off(state, &key, Doing::StandingIn(index), ask, turn);
    }
}

/// A name that nobody has, and that is the same each time.
fn name(object: &Prepared) -> String {
    let intent = object.intent.to_string();
    format!("nopea-{}", intent.get(..16).unwrap_or(&intent))
}

fn stand_in(object: &Prepared, rest: Option<&serde_json::Value>) -> Manifest {
    let mut manifest = object.manifest.clone();
    let name = name(object);
    let mut body = rest.unwrap_or(&manifest.body).clone();
    if let Some(metadata) = body.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        metadata.insert("name".into(), name.clone().into());
        metadata.insert("namespace".into(), NAMESPACE.into());
    }
    manifest.body = Arc::new(body);
    manifest.key.namespace = NAMESPACE.into();
    manifest.key.name = name.into();
    manifest
}

/// A stand-in was dry run.
pub(super) fn tried(plan: &mut Plan, index: usize, result: Result<Answer, Refusal>) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let Some(object) = set.objects.get(index) else { return };
    let Err(refusal) = result else { return };
    let (manifest, key) = (&object.manifest, &object.manifest.key);
    match classify::verdict_of(&refusal, key) {
        Verdict::SchemaFault => {
            if super::complaint::heard(plan, index, object, &refusal) {
                plan.stand_ins.insert(index);
            }
        }
        Verdict::Invalid | Verdict::Duplicate => {
            if let Some(own) = own_causes(refusal, &name(object)) {
                plan.faults.push(classify::fault(&own, Some(manifest), key));
            }
        }
        Verdict::Conflict
        | Verdict::AlreadyExists
        | Verdict::Absent
        | Verdict::KindNotServed
        | Verdict::NamespaceMissing
        | Verdict::NamespaceTerminating
        | Verdict::UidMismatch
        | Verdict::Immutable
        | Verdict::VersionGone
        | Verdict::Forbidden
        | Verdict::TooLarge
        | Verdict::Busy
        | Verdict::Unreachable
        | Verdict::TimedOut => {}
    }
}

/// The refusal without what it says of the stand-in's name, namespace and neighbours; none where
/// nothing is left, or where it names no field: a policy may judge by the namespace.
fn own_causes(refusal: Refusal, name: &str) -> Option<Refusal> {
    let Refusal::Status(mut status) = refusal else { return None };
    status.causes.retain(|cause| {
        let of_place = cause.field.starts_with("metadata.name") || cause.message.contains(name);
        !cause.field.is_empty() && &*cause.reason != "FieldValueNotFound" && !of_place
    });
    let counts = status.code == 422 && !status.causes.is_empty();
    counts.then_some(Refusal::Status(status))
}
