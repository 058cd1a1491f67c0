//! The heal lane: drift is put back, beside every phase but removal.
//!
//! A suspicion becomes drift when the correction answers with a new version (R10). Every correction
//! carries uid and version of what was judged: nothing is resurrected or overwritten by accident.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    apply::take_off,
    effect::{Ask, Effect},
    event::{Answer, Ticket},
    live,
    meaning::{Meaning, meaning},
    members::{Drift, Member},
    plan::Act,
    recall,
    state::{Ailing, Doing, Manifests, Stage, State, Sync},
    turn::Turn,
};
use crate::{
    backoff, classify,
    fault::{Code, Fault},
    handback,
    model::{
        Hash, HealPolicy, Intent, ObjectKey, Observation, ResourceVersion, Text, Timestamp, What,
    },
    port::{Guard, Location, Mode, Refusal, Rendering},
    prepare::{Prepared, PreparedSet},
    verify,
};

/// Marks an object as to be corrected.
pub(super) fn ail(state: &mut State, key: &ObjectKey, since: Timestamp, by: Option<Text>) {
    let fresh = Ailing { since, retry_at: since, failures: 0, fault: None, by: None };
    // a suspicion that is about to be corrected is told only if the correction does not come (R10)
    let spec = &state.declared.spec;
    let at_once = spec.heal_policy == HealPolicy::Auto && spec.heal_grace_period.is_zero();
    let ailing = state.healing.due.entry(key.clone()).or_insert_with(|| {
        state.report.due |= !at_once || spec.suspend;
        fresh
    });
    ailing.by = by.or_else(|| ailing.by.take());
}

/// Puts a correction off after a refusal.
pub(super) fn postpone(state: &mut State, key: &ObjectKey, refusal: &Refusal, at: Timestamp) {
    let Some(ailing) = state.healing.due.get_mut(key) else { return };
    ailing.failures = ailing.failures.saturating_add(1);
    ailing.retry_at = at + backoff::delay(ailing.failures, &state.declared.uid);
    let fault = classify::fault(refusal, None, key);
    if ailing.fault.as_ref() != Some(&fault) {
        ailing.fault = Some(fault);
        state.report.due = true;
    }
}

/// What is known of how an object should be.
enum Wish {
    /// No complete render names it.
    Unwanted,
    /// The running attempt is about to write it.
    Busy,
    /// Its manifest is not in memory.
    Forgotten,
    /// This.
    Known(Box<Prepared>),
}

fn wish(state: &State, key: &ObjectKey) -> Wish {
    if let Sync::Running(run) = &state.sync
        && let Stage::Planned { plan, .. } = &run.stage
    {
        let Some(at) = plan.position(key) else { return Wish::Unwanted };
        let work = plan.works.get(at);
        return match (work.map(|work| &work.act), plan.object(at)) {
            (Some(Act::Keep | Act::Done), Some(object)) => Wish::Known(Box::new(object.clone())),
            (Some(Act::Write(_)) | None, _) | (_, None) => Wish::Busy,
        };
    }
    match &state.manifests {
        Manifests::Held(set) => {
            let found = set.objects.binary_search_by(|object| object.manifest.key.cmp(key)).ok();
            match found.and_then(|at| set.objects.get(at)) {
                Some(object) => Wish::Known(Box::new(object.clone())),
                None => Wish::Unwanted,
            }
        }
        Manifests::Dropped
        | Manifests::Asked { .. }
        | Manifests::Scoping { .. }
        | Manifests::Missing { .. } => {
            let known = state.rendered.is_some();
            if known && !state.desired.contains(key) { Wish::Unwanted } else { Wish::Forgotten }
        }
    }
}

/// Corrects what is due.
pub(super) fn advance(state: &mut State, turn: &mut Turn) {
    match state.sync {
        Sync::Restoring(_) | Sync::Removing(_) | Sync::Gone => return,
        Sync::Idle | Sync::BackingOff { .. } | Sync::Stalled | Sync::Running(_) => {}
    }
    if state.declared.orders.intent == Intent::Plan {
        return;
    }
    remember_last_good(state, turn);
    if state.healing.due.is_empty() {
        state.healing.fault = None;
        if matches!(state.manifests, Manifests::Held(_)) {
            state.manifests = Manifests::Dropped;
        }
        return;
    }
    // rules 10 and 11: who is suspended heals nothing; manual and notify only report
    let spec = &state.declared.spec;
    if spec.suspend || spec.heal_policy != HealPolicy::Auto {
        return;
    }
    let grace = spec.heal_grace_period;
    let mut forgotten = false;
    let keys: Vec<_> = state.healing.due.keys().cloned().collect();
    for key in keys {
        let Some(ailing) = state.healing.due.get(&key) else { continue };
        let due = (ailing.since + grace).max(ailing.retry_at);
        if due > turn.at {
            turn.wake_at(due);
            continue;
        }
        let frozen = state.members.get(&key).is_some_and(|m| m.break_glass || !m.stays());
        if frozen || state.flights.contains_key(&key) {
            continue;
        }
        match wish(state, &key) {
            Wish::Unwanted => forgive(state, &key),
            Wish::Busy => {}
            Wish::Forgotten => forgotten = true,
            Wish::Known(object) => correct(state, &object, turn),
        }
    }
    if forgotten {
        fetch_manifests(state, turn);
    }
}

/// No complete render names the object: what others do with it is not ours to judge. Should one name
/// it again, nothing is known of it any more.
pub(super) fn forgive(state: &mut State, key: &ObjectKey) {
    state.healing.due.remove(key);
    // the last good set names it still: a commit that renders alike must be planned, not waved through
    state.dirty |= state.desired.contains(key);
    state.members.change(key, |member| {
        member.drift = Drift::InSync;
        member.intent = None;
        member.baseline = None;
        member.unverified = None;
    });
}

/// After a restart with a broken source, the last good state is still to be watched (rule 5).
fn remember_last_good(state: &mut State, turn: &mut Turn) {
    let sourceless = state.source.fault.is_some() || state.declared.spec.suspend;
    let failed = matches!(state.sync, Sync::Stalled | Sync::BackingOff { .. })
        || (state.sync == Sync::Idle && sourceless);
    let known = state.rendered.is_some() || !state.desired.is_empty();
    let applied = state.report.applied.is_some();
    if failed && !known && applied {
        fetch_manifests(state, turn);
    }
}

/// Renders the applied commit again: its manifests were dropped when the sync ended.
fn fetch_manifests(state: &mut State, turn: &mut Turn) {
    match state.manifests {
        Manifests::Dropped => {}
        Manifests::Missing { retry_at } if retry_at <= turn.at => {}
        Manifests::Missing { retry_at } => return turn.wake_at(retry_at),
        Manifests::Asked { .. } | Manifests::Scoping { .. } | Manifests::Held(_) => return,
    }
    let last = state.rendered.as_ref().map(|last| &last.commit);
    let Some(commit) = last.or(state.report.applied.as_ref()).cloned() else { return };
    // where and how it was rendered, whatever is declared by now
    let spec = Arc::clone(recall::applied_spec(state));
    let ticket = state.numbers.ticket();
    state.manifests = Manifests::Asked { ticket };
    let location = Location { url: spec.url.clone(), reference: spec.reference.clone() };
    turn.emit(Effect::Render { ticket, location, commit, spec, known: None });
}

/// Takes the render of the applied commit; false where the answer is for somebody else.
pub(super) fn rendered(
    state: &mut State,
    ticket: Ticket,
    result: &Result<Rendering, Vec<Fault>>,
    turn: &mut Turn,
) -> bool {
    if state.manifests != (Manifests::Asked { ticket }) {
        return false;
    }
    match result {
        Ok(Rendering::Fresh(rendered)) => recall::rendered(state, rendered, turn),
        Ok(Rendering::Unchanged) => recalled(state, Err(Vec::new()), turn),
        Err(faults) => recalled(state, Err(faults.clone()), turn),
    }
    true
}

/// The applied commit is prepared again, or cannot be.
pub(super) fn recalled(state: &mut State, set: Result<PreparedSet, Vec<Fault>>, turn: &mut Turn) {
    match set {
        Ok(set) => {
            state.healing.fault = None;
            state.manifests = Manifests::Held(Arc::new(set));
            verify_restored(state, turn.at);
        }
        Err(faults) => {
            let why = faults.first().map_or("nothing was rendered", |fault| &*fault.message);
            let message = format!("drift is seen, but the applied commit cannot be read: {why}");
            state.healing.fault = Some(Fault::new(Code::CannotHeal, message));
            state.report.due = true;
            let pause = backoff::delay(state.failures.max(3), &state.declared.uid);
            state.manifests = Manifests::Missing { retry_at: turn.at + pause };
        }
    }
}

/// After a restart: members that no attempt could verify are verified against the last good set.
fn verify_restored(state: &mut State, at: Timestamp) {
    let Manifests::Held(set) = &state.manifests else { return };
    let set = Arc::clone(set);
    if state.desired.is_empty() {
        state.desired = Arc::new(set.objects.iter().map(|o| o.manifest.key.clone()).collect());
    }
    for object in &set.objects {
        let key = &object.manifest.key;
        let Some(member) = state.members.get(key) else {
            ail(state, key, at, None);
            continue;
        };
        let Some(live) = member.unverified.as_ref().filter(|_| member.intent.is_none()) else {
            continue;
        };
        match verify::verify(&object.manifest.body, live) {
            verify::Verdict::Same(baseline) => {
                state.members.change(key, |member| {
                    member.intent = Some(object.intent);
                    member.baseline = Some(baseline);
                    member.unverified = None;
                });
            }
            verify::Verdict::Differs(_) | verify::Verdict::Unsure(_) => ail(state, key, at, None),
        }
    }
}

/// Sends the correction of one object, guarded by what was judged.
fn correct(state: &mut State, object: &Prepared, turn: &mut Turn) {
    let key = &object.manifest.key;
    let (guard, guarded) = match state.members.get(key) {
        Some(member) => {
            let (uid, seen) = (member.uid.clone(), member.seen.clone());
            (Guard::Live { uid, version: Some(seen.clone()) }, Some(seen))
        }
        None => (Guard::Absent, None),
    };
    let doing = Doing::Healing { intent: object.intent, guarded };
    let manifest = object.manifest.clone();
    take_off(state, key, doing, Ask::Apply { manifest, guard, mode: Mode::Real }, turn);
}

/// A correction answered.
pub(super) fn healed(
    state: &mut State,
    key: &ObjectKey,
    intent: Hash,
    guarded: Option<&ResourceVersion>,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    match result {
        Ok(Answer::Applied { now, .. }) => {
            let by = state.healing.due.remove(key).and_then(|ailing| ailing.by);
            state.report.due = true;
            // R10: the version of the event means that nothing was wrong
            if guarded != Some(&now.version) {
                turn.notify(What::Healed { key: key.clone(), by });
            }
            match wish(state, key) {
                Wish::Known(object) if object.intent == intent => {
                    live::written(state, &object, &now);
                }
                // another set is wanted by now: its own plan judges what was put back
                wish @ (Wish::Known(_) | Wish::Unwanted | Wish::Busy | Wish::Forgotten) => {
                    state.members.insert(key.clone(), Member::sighted(&now));
                    match wish {
                        Wish::Unwanted => state.leak = true,
                        Wish::Known(_) | Wish::Forgotten => ail(state, key, turn.at, None),
                        Wish::Busy => {}
                    }
                }
            }
            hand_back(state, &now, turn);
        }
        Ok(Answer::Live(_) | Answer::Absent | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => {
            postpone(state, key, &refusal, turn.at);
            match meaning(&refusal, key) {
                // judge the newest state: break-glass may have come in between
                Meaning::Moved | Meaning::Gone => look_again(state, key, turn),
                Meaning::Refused => {}
            }
        }
    }
}

/// Looks at what stands where a correction was refused.
fn look_again(state: &mut State, key: &ObjectKey, turn: &mut Turn) {
    let of_member = state.members.get(key).map(|member| Text::clone(&member.api_version));
    let api_version = of_member.or_else(|| match wish(state, key) {
        Wish::Known(object) => Some(Text::clone(&object.manifest.api_version)),
        Wish::Unwanted | Wish::Busy | Wish::Forgotten => None,
    });
    if let Some(api_version) = api_version {
        take_off(state, key, Doing::Looking, Ask::Look { api_version }, turn);
    }
}

/// An object stands where a missing one of ours is to be created again: taken over where that is
/// allowed, as a sync would, else told.
pub(super) fn claim_free(state: &mut State, now: &Observation, at: Timestamp) {
    if state.members.contains(&now.key) || !state.healing.due.contains_key(&now.key) {
        return;
    }
    let Wish::Known(object) = wish(state, &now.key) else { return };
    match live::whose(state, &object, now) {
        live::Whose::Ours | live::Whose::Free => {
            state.members.insert(now.key.clone(), Member::sighted(now));
            if let Some(ailing) = state.healing.due.get_mut(&now.key) {
                ailing.retry_at = at;
            }
        }
        live::Whose::Frozen => {}
        live::Whose::Leaving(fault) | live::Whose::Taken(fault) => {
            if let Some(ailing) = state.healing.due.get_mut(&now.key) {
                ailing.fault = Some(live::placed(fault, &object));
                state.report.due = true;
            }
        }
    }
}

/// Gives fields back that another manager's `Update` entry names as well (R12).
pub(super) fn hand_back(state: &mut State, now: &Observation, turn: &mut Turn) {
    if !now.overlap || state.flights.contains_key(&now.key) || now.break_glass {
        return;
    }
    let Some(object) = &now.object else { return };
    let Some(managed_fields) = handback::managed_fields(object) else { return };
    let ask = Ask::Release {
        api_version: Text::clone(&now.api_version),
        version: now.version.clone(),
        managed_fields: Arc::new(managed_fields),
    };
    take_off(state, &now.key, Doing::HandingBack, ask, turn);
}

/// The hand-back answered.
pub(super) fn handed_back(
    state: &mut State,
    key: &ObjectKey,
    result: Result<Answer, Refusal>,
    turn: &mut Turn,
) {
    match result {
        Ok(Answer::Live(now)) => {
            state.members.change(key, |member| member.seen = now.version.clone());
        }
        Ok(Answer::Applied { .. } | Answer::Absent | Answer::Deleted | Answer::Creatable) => {}
        Err(refusal) => {
            let changed = meaning(&refusal, key) != Meaning::Refused;
            if changed && state.members.contains(key) {
                look_again(state, key, turn);
            }
        }
    }
}

/// The faults of single corrections, for the status.
pub(super) fn faults(due: &BTreeMap<ObjectKey, Ailing>) -> impl Iterator<Item = &Fault> {
    due.values().filter_map(|ailing| ailing.fault.as_ref())
}
