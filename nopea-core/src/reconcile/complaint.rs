//! Dry runs that are repeated to hear every complaint: a server lists schema faults partially, and
//! validates only what its schema let through (R16).

use std::sync::Arc;

use super::{
    effect::Ask,
    plan::{Act, Plan},
};
use crate::{
    classify::{self, Verdict},
    port::{Mode, Refusal},
    prepare::Prepared,
    trim,
};

/// How often the dry run of one object is repeated with the reported fields left out.
const MAX_ROUNDS: u8 = 8;

/// The request of a work that is to be written; a dry run may be of what is left of its manifest.
pub(super) fn request(plan: &Plan, index: usize, mode: Mode) -> Option<Ask> {
    let (object, work) = (plan.object(index)?, plan.works.get(index)?);
    let Act::Write(guard) = &work.act else { return None };
    let mut manifest = object.manifest.clone();
    if let (Mode::Try, Some(rest)) = (mode, &work.rest) {
        manifest.body = Arc::clone(rest);
    }
    Some(Ask::Apply { manifest, guard: guard.clone(), mode })
}

/// Notes a schema refusal and asks again without the fields that it names; false where it is none.
pub(super) fn noted(plan: &mut Plan, index: usize, object: &Prepared, refusal: &Refusal) -> bool {
    if classify::verdict_of(refusal, &object.manifest.key) != Verdict::SchemaFault {
        return false;
    }
    if heard(plan, index, object, refusal) {
        plan.pending.insert(index);
    }
    true
}

/// Takes a schema refusal down; true where something is left of the manifest to ask again.
pub(super) fn heard(plan: &mut Plan, index: usize, object: &Prepared, refusal: &Refusal) -> bool {
    let Some(work) = plan.works.get_mut(index) else { return false };
    let body = &object.manifest.body;
    plan.faults.extend(classify::schema_faults(refusal, &object.manifest));
    work.complained = true;
    let paths = classify::schema_paths(refusal);
    let rest = trim::without(work.rest.as_ref().unwrap_or(body), &paths);
    let Some(rest) = rest.filter(|_| work.rounds < MAX_ROUNDS) else { return false };
    work.rounds += 1;
    work.rest = Some(Arc::new(rest));
    true
}
