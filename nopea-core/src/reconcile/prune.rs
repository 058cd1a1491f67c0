//! Deletes what Git no longer names: asked for, guarded, judged anew where refused (rule 8, R20, R21).

use std::{collections::BTreeSet, sync::Arc};

use super::{
    apply::take_off,
    attempt::take,
    contents,
    effect::Ask,
    event::{Answer, Attempt},
    meaning::{Meaning, meaning},
    members::Leaving,
    observe,
    plan::Plan,
    remove,
    state::{Doing, Phase, Running, Stage, State, Sync},
    turn::{Report, Turn},
};
use crate::{
    classify, guard, membership,
    model::{Action, ObjectKey, Observation, Text},
    order,
    port::Refusal,
};

/// How often a refused deletion is judged anew.
const MAX_TRIES: u8 = 4;

/// What stands in a Namespace or CRD that is to go.
pub(super) fn surveyed(
    state: &mut State,
    attempt: Attempt,
    key: &ObjectKey,
    result: Result<Vec<Observation>, Refusal>,
) {
    if remove::surveyed(state, attempt, key, &result) {
        return;
    }
    let Some(mut run) = take(state) else { return };
    let approved = run.goal.approved;
    if let Running { attempt: asked, stage: Stage::Planned { plan, phase }, .. } = &mut *run
        && *asked == attempt
        && let Phase::Surveying { open } = phase
        && open.remove(key)
    {
        match result {
            Err(refusal) => plan.faults.push(classify::fault(&refusal, None, key)),
            Ok(found) => {
                let foreign = contents::foreign(state, &found);
                let digest = guard::digest(&state.declared.uid, &plan.prune);
                if !foreign.is_empty() && approved != Some(digest) {
                    state.report.pending_prune = Some(digest);
                    plan.faults.push(contents::fault(key, &foreign, Some(digest.to_string())));
                }
            }
        }
    }
    state.sync = Sync::Running(run);
}

/// Others that name the same objects have answered: those are left to them.
pub(super) fn wanted(
    state: &mut State,
    attempt: Attempt,
    elsewhere: &BTreeSet<ObjectKey>,
    turn: &mut Turn,
) {
    let Some(mut run) = take(state) else { return };
    if let Running { attempt: asked, stage: Stage::Planned { plan, phase }, .. } = &mut *run
        && *asked == attempt
        && *phase == Phase::AskingWanted
    {
        for key in elsewhere {
            if plan.prune.remove(key) {
                state.members.remove(key);
                plan.changes.skipped += 1;
                let (action, message) =
                    (Action::Skipped, Some(Text::from("moved to another GitRepository")));
                let fields = Arc::default();
                turn.report(Report { key, manifest: None, action, message, fields });
            }
        }
        let keys: Vec<_> = plan.prune.iter().cloned().collect();
        plan.steps = order::prune_steps(&keys);
        plan.pending_prune = plan.steps.first().into_iter().flatten().cloned().collect();
        *phase = Phase::Pruning { step: 0 };
    }
    state.sync = Sync::Running(run);
}

/// Deletes every scheduled member that has no open request.
pub(super) fn launch(state: &mut State, plan: &mut Plan, turn: &mut Turn) {
    for key in std::mem::take(&mut plan.pending_prune) {
        let Some(member) = state.members.get(&key).filter(|member| member.stays()) else {
            continue;
        };
        if state.flights.contains_key(&key) {
            plan.pending_prune.insert(key);
            continue;
        }
        if member.break_glass {
            skipped(plan, &key, "nopea.io/suspend-heal stands on it", turn);
            continue;
        }
        let ask = Ask::Delete {
            api_version: Text::clone(&member.api_version),
            uid: member.uid.clone(),
            version: Some(member.seen.clone()),
        };
        state.dirty = true;
        plan.open += 1;
        take_off(state, &key, Doing::Pruning, ask, turn);
    }
}

fn skipped(plan: &mut Plan, key: &ObjectKey, why: &str, turn: &mut Turn) {
    plan.changes.skipped += 1;
    let (action, message, fields) = (Action::Skipped, Some(Text::from(why)), Arc::default());
    turn.report(Report { key, manifest: None, action, message, fields });
}

fn gone(plan: &mut Plan, key: &ObjectKey, turn: &mut Turn) {
    plan.changes.pruned += 1;
    let (action, message, fields) = (Action::Pruned, None, Arc::default());
    turn.report(Report { key, manifest: None, action, message, fields });
}

/// A deletion answered.
pub(super) fn pruned(
    state: &mut State,
    plan: &mut Plan,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    match result {
        Ok(Answer::Deleted) => {
            state.members.change(key, |member| member.leaving = Leaving::Deleted);
            gone(plan, key, turn);
        }
        Ok(Answer::Applied { .. } | Answer::Live(_) | Answer::Absent | Answer::Creatable) => {}
        Err(refusal) => {
            let meaning = meaning(&refusal, key);
            if meaning == Meaning::Gone {
                state.members.remove(key);
                gone(plan, key, turn);
                return;
            }
            let tries = plan.prune_tries.entry(key.clone()).or_default();
            *tries = tries.saturating_add(1);
            let anew = meaning == Meaning::Moved;
            let version = state.members.get(key).map(|member| Text::clone(&member.api_version));
            match version {
                Some(api_version) if anew && *tries < MAX_TRIES => {
                    plan.open += 1;
                    take_off(state, key, Doing::JudgingPrune, Ask::Look { api_version }, turn);
                }
                Some(_) | None => plan.faults.push(classify::fault(&refusal, None, key)),
            }
        }
    }
}

/// A look at what stands where a deletion was refused.
pub(super) fn judged(
    state: &mut State,
    plan: &mut Plan,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    match result {
        Ok(Answer::Live(now)) => {
            if !membership::is_member(&state.parent(), key, &now.marks) {
                state.members.remove(key);
                return skipped(plan, key, "it belongs to somebody else by now", turn);
            }
            // a newer commit may keep it: what was done to it must not be forgotten
            observe::sighted(state, &now, turn);
            plan.pending_prune.insert(key.clone());
        }
        Ok(Answer::Absent) => {
            state.members.remove(key);
            gone(plan, key, turn);
        }
        Ok(Answer::Applied { .. } | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => plan.faults.push(classify::fault(&refusal, None, key)),
    }
}
