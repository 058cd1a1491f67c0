//! A desired object against the live one: whose it is, whether it is as wished, what is kept of it.

use super::{
    members::{Drift, Leaving, Member},
    state::State,
};
use crate::{
    baseline,
    fault::{Code, Fault},
    membership::{self, Owner},
    model::{Change, Observation, Text},
    prepare::Prepared,
};

/// What may be done with an object that stands where one is to be written.
#[derive(Debug)]
pub(super) enum Whose {
    /// It is ours.
    Ours,
    /// It may be taken over.
    Free,
    /// `nopea.io/suspend-heal` stands on it (rule 12).
    Frozen,
    /// It is being deleted (R3): it is created again once it is gone.
    Leaving(Fault),
    /// It is somebody else's.
    Taken(Fault),
}

/// Judges what stands where `object` is to be written.
pub(super) fn whose(state: &State, object: &Prepared, now: &Observation) -> Whose {
    match now.change {
        Change::Terminating | Change::LeftView | Change::Gone => {
            let message = "it is being deleted; it is created again once it is gone";
            let fault = Fault::new(Code::Conflict, message);
            return Whose::Leaving(fault.help("look at its finalizers if it does not go"));
        }
        Change::Present => {}
    }
    if now.break_glass {
        return Whose::Frozen;
    }
    match membership::owner(&state.parent(), &now.key, &now.marks) {
        Owner::Us => Whose::Ours,
        Owner::Former | Owner::Nobody => Whose::Free,
        Owner::Other(_) if object.adopt => Whose::Free,
        Owner::Other(owner) => {
            Whose::Taken(Fault::new(Code::OwnedByOther, format!("it belongs to {owner}")))
        }
    }
}

/// Names object and place in a fault.
pub(super) fn placed(fault: Fault, object: &Prepared) -> Fault {
    fault.on(object.manifest.key.clone()).at(object.manifest.origin.clone())
}

/// Says whether a dry run shows what our fields look like already.
pub(super) fn is_same(state: &State, object: &Prepared, would: &Observation) -> bool {
    let Some(member) = state.members.get(&object.manifest.key) else { return false };
    let (Some(kept), Some(seen)) = (&member.baseline, &would.baseline) else { return false };
    // another intent forgets other empty fields: only whole baselines can be compared
    let unmoved = match member.intent {
        Some(_) => baseline::settle(seen.clone(), &object.manifest.body) == *kept,
        None => seen == kept,
    };
    unmoved && member.uid == would.uid && member.api_version == object.manifest.api_version
}

/// Remembers that a member is as wished.
pub(super) fn agreed(state: &mut State, object: &Prepared, now: &Observation) {
    let settled = settled(object, now);
    state.members.change(&object.manifest.key, |member| {
        member.intent = Some(object.intent);
        member.baseline = settled;
        member.unverified = None;
    });
}

fn settled(object: &Prepared, now: &Observation) -> Option<crate::model::Baseline> {
    let seen = now.baseline.clone()?;
    Some(baseline::settle(seen, &object.manifest.body))
}

/// Says whether an answer holds our marks and our field entry (R4).
pub(super) fn kept_marks(state: &State, object: &Prepared, now: &Observation) -> bool {
    let key = &object.manifest.key;
    membership::is_member(&state.parent(), key, &now.marks) && now.baseline.is_some()
}

/// Remembers a member as the answer to our apply shows it.
pub(super) fn written(state: &mut State, object: &Prepared, now: &Observation) {
    let key = &object.manifest.key;
    state.healing.due.remove(key);
    let member = Member {
        intent: Some(object.intent),
        api_version: Text::clone(&object.manifest.api_version),
        uid: now.uid.clone(),
        seen: now.version.clone(),
        baseline: settled(object, now),
        drift: Drift::InSync,
        health: now.health.clone(),
        break_glass: now.break_glass,
        leaving: Leaving::No,
        unverified: None,
    };
    state.members.insert(key.clone(), member);
}
