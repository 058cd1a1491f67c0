//! An object that another repository of this operator owns, and that Git names here now: moved, or
//! claimed twice? The want index knows what the other one still names.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    attempt::take,
    effect::Effect,
    event::Attempt,
    plan::{Act, Plan},
    state::{Goal, Phase, Running, Stage, State, Sync},
    turn::Turn,
};
use crate::{
    fault::Fault,
    model::{ObjectKey, Observation, RepoKey, Text},
    port::Guard,
};

/// The disputed objects of an attempt, by their place in its set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Disputes {
    /// There are none.
    None,
    /// These were found.
    Found(BTreeMap<usize, Dispute>),
    /// These were asked about.
    Asked(BTreeMap<usize, Dispute>),
    /// They were judged: what is found from now on is refused.
    Settled,
}

/// One disputed object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dispute {
    owner: RepoKey,
    guard: Guard,
    /// What is said where the owner still wants it.
    fault: Fault,
}

/// Takes note of an object that another repository owns; false where it cannot be disputed.
pub(super) fn found(plan: &mut Plan, index: usize, now: &Observation, fault: &Fault) -> bool {
    let (Some(namespace), Some(name)) = (&now.marks.namespace, &now.marks.repository) else {
        return false;
    };
    if matches!(plan.disputes, Disputes::None) {
        plan.disputes = Disputes::Found(BTreeMap::new());
    }
    let Disputes::Found(found) = &mut plan.disputes else { return false };
    let guard = Guard::Live { uid: now.uid.clone(), version: Some(now.version.clone()) };
    let owner = RepoKey { namespace: Text::clone(namespace), name: Text::clone(name) };
    found.insert(index, Dispute { owner, guard, fault: fault.clone() });
    true
}

/// Asks what the owners want; true while the answer is awaited.
pub(super) fn ask(plan: &mut Plan, attempt: Attempt, goal: &Goal, turn: &mut Turn) -> bool {
    match std::mem::replace(&mut plan.disputes, Disputes::None) {
        Disputes::Found(found) => {
            let place = |index: &usize| Some(plan.object(*index)?.manifest.key.clone());
            let keys: BTreeSet<ObjectKey> = found.keys().filter_map(place).collect();
            turn.emit(Effect::AskWanted { attempt, commit: goal.commit.clone(), keys });
            plan.disputes = Disputes::Asked(found);
            true
        }
        asked @ Disputes::Asked(_) => {
            plan.disputes = asked;
            true
        }
        other @ (Disputes::None | Disputes::Settled) => {
            plan.disputes = other;
            false
        }
    }
}

/// The owners answered: what none of them names any more is taken over, the rest is refused.
pub(super) fn settled(
    state: &mut State,
    attempt: Attempt,
    elsewhere: &BTreeSet<ObjectKey>,
    heard: &BTreeSet<RepoKey>,
) {
    let Some(mut run) = take(state) else { return };
    if let Running { attempt: asked, stage: Stage::Planned { plan, phase }, .. } = &mut *run
        && *asked == attempt
        && *phase == Phase::Preflighting
        && let Disputes::Asked(disputes) = std::mem::replace(&mut plan.disputes, Disputes::Settled)
    {
        for (index, dispute) in disputes {
            let named = plan.object(index).is_none_or(|o| elsewhere.contains(&o.manifest.key));
            let moved = heard.contains(&dispute.owner) && !named;
            match plan.works.get_mut(index) {
                Some(work) if moved => {
                    work.act = Act::Write(dispute.guard);
                    plan.pending.insert(index);
                }
                Some(_) | None => plan.faults.push(dispute.fault),
            }
        }
    }
    state.sync = Sync::Running(run);
}
