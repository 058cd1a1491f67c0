//! Dry runs and writes of planned works: the request, and what its answer means for the work.

use std::{sync::Arc, time::Duration};

use super::{
    apply::take_off,
    complaint, dispute,
    effect::Ask,
    heal, live,
    members::Member,
    observe,
    plan::{Act, Plan},
    replace::{self, Replacing},
    state::{Doing, State},
    turn::{Report, Turn},
};
use crate::{
    classify::{self, Verdict},
    difference,
    fault::{Code, Fault},
    model::{Action, Observation, Text},
    port::{Guard, Mode, Refusal},
    reconcile::event::Answer,
};

/// How often a work is judged anew before its refusal is final.
const MAX_TRIES: u8 = 4;
/// How long a kind, role or namespace that this attempt changed may answer as if it had not (R30).
const TRANSIENT: Duration = Duration::from_secs(5);
/// How long to wait before the same request is made again at a gate.
const TRANSIENT_PAUSE: Duration = Duration::from_millis(200);

/// The dry run of a work answered.
pub(super) fn tried(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    match result {
        // what is left of it passed: its complaints stand
        Ok(Answer::Applied { .. }) if work.complained => {}
        Ok(Answer::Applied { created: true, .. }) => work.act = Act::Write(Guard::Absent),
        Ok(Answer::Applied { created: false, now }) => {
            // it died since it was judged: an apply would be taken, and be lost with it (R3)
            if let live::Whose::Leaving(fault) = live::whose(state, object, &now) {
                plan.faults.push(live::placed(fault, object));
                return;
            }
            if live::is_same(state, object, &now) {
                work.act = Act::Keep;
                live::agreed(state, object, &now);
                plan.changes.unchanged += 1;
                let (key, manifest) = (&object.manifest.key, Some(&object.manifest));
                let (action, message) = (Action::Unchanged, None);
                let fields = Arc::default();
                turn.report(Report { key, manifest, action, message, fields });
                return;
            }
            if let (Some(before), Some(after)) = (&work.before, &now.object) {
                work.fields = difference::fields(before, after).into();
            }
            let Observation { uid, version, .. } = *now;
            work.act = Act::Write(Guard::Live { uid, version: Some(version) });
        }
        Ok(Answer::Live(_) | Answer::Absent | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => refused(state, plan, index, (&refusal, Mode::Try), turn),
    }
}

/// A work was written.
pub(super) fn wrote(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    match result {
        Ok(Answer::Applied { created, now }) => {
            work.act = Act::Done;
            let fields = Arc::clone(&work.fields);
            if !live::kept_marks(state, object, &now) {
                let message = "the answer to its apply lacks our labels, annotation or field entry";
                let fault = Fault::new(Code::MarksRemoved, message);
                plan.faults.push(live::placed(fault, object));
                return;
            }
            let replaced = created && work.replacing == Replacing::Deleted;
            let action = if created && !replaced {
                plan.changes.created += 1;
                Action::Created
            } else {
                plan.changes.configured += 1;
                Action::Configured
            };
            let (key, manifest) = (&object.manifest.key, Some(&object.manifest));
            let message = replaced.then(|| Text::from("replaced"));
            turn.report(Report { key, manifest, action, message, fields });
            live::written(state, object, &now);
            heal::hand_back(state, &now, turn);
        }
        Ok(Answer::Live(_) | Answer::Absent | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => refused(state, plan, index, (&refusal, Mode::Real), turn),
    }
}

/// A dry run or write was refused: judge the newest state again, wait, or give up.
fn refused(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    (refusal, mode): (&Refusal, Mode),
    turn: &mut Turn,
) {
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    let key = &object.manifest.key;
    let verdict = classify::verdict_of(refusal, key);
    work.tries = work.tries.saturating_add(1);
    let again = work.tries < MAX_TRIES;
    let moved = matches!(verdict, Verdict::Conflict | Verdict::AlreadyExists);
    let vanished = matches!(verdict, Verdict::UidMismatch | Verdict::Absent);
    if moved && again {
        plan.open += 1;
        let api_version = Text::clone(&object.manifest.api_version);
        take_off(state, key, Doing::Judging(index), Ask::Look { api_version }, turn);
    } else if vanished && again {
        observe::vanished(state, key, turn.at);
        work.act = Act::Write(Guard::Absent);
        plan.pending.insert(index);
    } else if work.deferred && classify::transient_at_gate(refusal) && {
        turn.at < *work.transient_since.get_or_insert(turn.at) + TRANSIENT
    } {
        work.tries = 0;
        plan.later.insert((turn.at + TRANSIENT_PAUSE, index));
    } else if mode == Mode::Try && replace::may_be(object, refusal) {
        replace::propose(state, plan, index, object, turn);
    } else if mode == Mode::Real || !complaint::noted(plan, index, object, refusal) {
        plan.faults.push(classify::fault(refusal, Some(&object.manifest), key));
    }
}

/// A look at what stands where a write was refused.
pub(super) fn judged(
    state: &mut State,
    plan: &mut Plan,
    index: usize,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    plan.open = plan.open.saturating_sub(1);
    let set = Arc::clone(&plan.set);
    let (Some(object), Some(work)) = (set.objects.get(index), plan.works.get_mut(index)) else {
        return;
    };
    let key = &object.manifest.key;
    match result {
        Ok(Answer::Live(now)) => match live::whose(state, object, &now) {
            live::Whose::Ours => {
                if !state.members.contains(key) {
                    state.members.insert(key.clone(), Member::sighted(&now));
                }
                observe::sighted(state, &now, turn);
                again(plan, index, &now);
            }
            live::Whose::Free => again(plan, index, &now),
            live::Whose::Frozen => {
                work.act = Act::Keep;
                plan.changes.skipped += 1;
                let (manifest, action) = (Some(&object.manifest), Action::Skipped);
                let message = Some(Text::from("nopea.io/suspend-heal stands on it"));
                let fields = Arc::default();
                turn.report(Report { key, manifest, action, message, fields });
            }
            live::Whose::Leaving(fault) => plan.faults.push(live::placed(fault, object)),
            live::Whose::Taken(fault) => {
                let fault = live::placed(fault, object);
                if !dispute::found(plan, index, &now, &fault) {
                    plan.faults.push(fault);
                }
            }
        },
        Ok(Answer::Absent) => {
            observe::vanished(state, key, turn.at);
            work.act = Act::Write(Guard::Absent);
            plan.pending.insert(index);
        }
        Ok(Answer::Applied { .. } | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => {
            plan.faults.push(classify::fault(&refusal, Some(&object.manifest), key));
        }
    }
}

/// Asks again, guarded by what was seen; a busy object by its uid alone at the last try.
fn again(plan: &mut Plan, index: usize, now: &Observation) {
    let Some(work) = plan.works.get_mut(index) else { return };
    let busy = work.tries + 1 >= MAX_TRIES;
    let version = (!busy).then(|| now.version.clone());
    work.act = Act::Write(Guard::Live { uid: now.uid.clone(), version });
    work.before.clone_from(&now.object);
    plan.pending.insert(index);
}

/// Reports what a plan would do, now that its whole set passed.
pub(super) fn report_plan(plan: &mut Plan, turn: &mut Turn) {
    let set = Arc::clone(&plan.set);
    for (object, work) in set.objects.iter().zip(&plan.works) {
        let Act::Write(guard) = &work.act else { continue };
        let action = match guard {
            Guard::Absent => {
                plan.changes.created += 1;
                Action::Created
            }
            Guard::Live { .. } => {
                plan.changes.configured += 1;
                Action::Configured
            }
        };
        let (key, manifest) = (&object.manifest.key, Some(&object.manifest));
        let message = match work.replacing {
            Replacing::Agreed | Replacing::Deleted => Some(Text::from("replaced")),
            Replacing::No if work.deferred => Some(Text::from("checked once what it needs exists")),
            Replacing::No => None,
        };
        let fields = Arc::clone(&work.fields);
        turn.report(Report { key, manifest, action, message, fields });
    }
    for key in &plan.prune {
        plan.changes.pruned += 1;
        let (action, message, fields) = (Action::Pruned, None, Arc::default());
        turn.report(Report { key, manifest: None, action, message, fields });
    }
}
