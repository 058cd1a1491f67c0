//! Schema faults in full (R16): a server names some of them, others each time, so the dry run is
//! repeated without what it named until it names nothing new. What is sent so is never written.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{plan::Plan, trial::TRANSIENT};
use crate::{classify, model::Timestamp, port::Refusal, reconcile::event::Answer};

/// How many dry runs at most look for further schema faults.
const ROUNDS: u8 = 8;

/// What a server said of the schema of one object so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Complaints {
    rounds: u8,
    /// By path.
    said: BTreeMap<String, String>,
    /// The body without what it complained about.
    pub(super) rest: Arc<Value>,
}

/// Takes the answer of a dry run where it is about schema faults; gives any other one back.
pub(super) fn hear(
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    at: Timestamp,
) -> Option<Result<Answer, Refusal>> {
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return Some(result);
    };
    // at a gate the server may not have taken the schema up yet (R30)
    let settled =
        !work.deferred || work.transient_since.is_some_and(|since| at >= since + TRANSIENT);
    let new = match &result {
        Err(refusal) if settled => classify::schema_list(refusal, &object.manifest),
        Ok(_) | Err(_) => Vec::new(),
    };
    if new.is_empty() && work.complaints.is_none() {
        return Some(result);
    }
    let complaints = work.complaints.get_or_insert_with(|| {
        Box::new(Complaints { rest: Arc::clone(&object.manifest.body), ..Complaints::default() })
    });
    complaints.rounds += 1;
    let rest = Arc::make_mut(&mut complaints.rest);
    let mut fewer = false;
    for (path, complaint) in new {
        fewer |= classify::take(rest, &path);
        complaints.said.insert(path, complaint);
    }
    if fewer && complaints.rounds < ROUNDS {
        plan.pending.insert(index);
    } else {
        plan.faults.push(classify::schema_fault(&complaints.said, &object.manifest));
    }
    None
}
