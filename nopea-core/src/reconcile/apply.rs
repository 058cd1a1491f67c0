//! The phases of a planned attempt, from its preflight to settled objects.
//!
//! Each phase schedules works, asks for them, and hands over when none is left.

use super::{
    attempt::{Flow, take},
    complaint,
    conclude::End,
    dispute,
    effect::{Ask, Effect},
    event::Attempt,
    plan::Plan,
    prune,
    reclaim::Reclaim,
    render, replace, stand_in,
    state::{Doing, Flight, Goal, Phase, Running, Stage, State, Sync},
    trial,
    turn::Turn,
};
use crate::{
    classify,
    fault::{Code, Fault},
    model::{Health, Intent, ObjectKey, Timestamp},
    port::{Mode, Refusal},
};

/// What the phases need to know of their attempt.
#[derive(Debug)]
pub(super) struct Round<'a> {
    pub(super) attempt: Attempt,
    pub(super) goal: &'a Goal,
    pub(super) deadline: Timestamp,
    /// Nothing new is to be started.
    pub(super) halted: bool,
}

/// Lets a planned attempt go on.
pub(super) fn advance(
    state: &mut State,
    plan: &mut Plan,
    phase: &mut Phase,
    round: &Round<'_>,
    turn: &mut Turn,
) -> Flow {
    match phase {
        Phase::Claiming if !plan.faults.is_empty() => failed(plan),
        Phase::Claiming | Phase::AskingWanted => Flow::Wait,
        Phase::Surveying { open } if !open.is_empty() => Flow::Wait,
        Phase::Surveying { .. } if !plan.faults.is_empty() => failed(plan),
        Phase::Surveying { .. } => {
            let all = 0..plan.works.len();
            plan.schedule(all, |work| !work.deferred);
            *phase = Phase::Preflighting;
            Flow::Go
        }
        Phase::Preflighting => {
            launch(state, plan, Mode::Try, turn);
            stand_in::launch(state, plan, turn);
            if !plan.is_quiet() || dispute::ask(plan, round.attempt, round.goal, turn) {
                Flow::Wait
            } else if !plan.faults.is_empty() {
                failed(plan) // rule 6
            } else if state.declared.orders.intent == Intent::Plan {
                trial::report_plan(plan, turn);
                Flow::Ended(End::Planned)
            } else {
                *phase = claim(state, plan, round, turn);
                Flow::Go
            }
        }
        Phase::Checking { wave } => {
            let wave = *wave;
            launch(state, plan, Mode::Try, turn);
            if !plan.is_quiet() {
                Flow::Wait
            } else if !plan.faults.is_empty() {
                failed(plan)
            } else {
                open_wave(state, plan, wave, turn);
                *phase = Phase::Applying { wave };
                Flow::Go
            }
        }
        Phase::Applying { wave } => {
            // the wave stops at its first fault; what stands, stands
            if round.halted || !plan.faults.is_empty() {
                plan.pending.clear();
                plan.later.clear();
            }
            let wave = *wave;
            launch(state, plan, Mode::Real, turn);
            if !plan.is_quiet() || round.halted {
                Flow::Wait
            } else if !plan.faults.is_empty() {
                failed(plan)
            } else {
                *phase = Phase::Gating { wave };
                Flow::Go
            }
        }
        Phase::Gating { wave } => {
            let waiting = plan.unready_gates(*wave, &state.members);
            if waiting.is_empty() {
                *phase = next_wave(plan, *wave + 1, round, turn);
                return Flow::Go;
            }
            if turn.at < round.deadline {
                return Flow::Wait;
            }
            let faults =
                waiting.iter().map(|key| not_ready(state, Some(plan), key, Code::GateTimedOut));
            Flow::Ended(End::Failed(faults.collect()))
        }
        Phase::Pruning { step } => {
            if round.halted || !plan.faults.is_empty() {
                plan.pending_prune.clear();
            }
            prune::launch(state, plan, turn);
            if !plan.is_quiet() || round.halted {
                Flow::Wait
            } else if !plan.faults.is_empty() {
                failed(plan)
            } else if let Some(next) = plan.steps.get(*step + 1) {
                plan.pending_prune = next.iter().cloned().collect();
                *step += 1;
                Flow::Go
            } else {
                *phase = Phase::Settling;
                Flow::Go
            }
        }
        Phase::Settling => settle(state, plan, round, turn),
    }
}

fn failed(plan: &mut Plan) -> Flow {
    Flow::Ended(End::Failed(std::mem::take(&mut plan.faults)))
}

/// Puts new kinds on the parent before the first object of one is created (rule 7).
fn claim(state: &mut State, plan: &mut Plan, round: &Round<'_>, turn: &mut Turn) -> Phase {
    let mut kinds = plan.kinds();
    if state.claim_stands && kinds.is_subset(&state.claimed) {
        return next_wave(plan, 0, round, turn);
    }
    kinds.extend(state.claimed.iter().cloned());
    // what was lost until now is made again by this
    state.reclaim = Reclaim::Idle;
    turn.emit(Effect::Claim { attempt: round.attempt, parent: state.parent(), kinds });
    Phase::Claiming
}

/// The parent answered.
pub(super) fn claimed(
    state: &mut State,
    attempt: Attempt,
    result: Result<(), Refusal>,
    turn: &mut Turn,
) {
    let Some(mut run) = take(state) else { return };
    let is_ours = run.attempt == attempt;
    let Running { goal, superseded, stage, deadline, .. } = &mut *run;
    if let Stage::Planned { plan, phase: phase @ Phase::Claiming } = stage
        && is_ours
    {
        match result {
            Ok(()) => {
                state.claimed.extend(plan.kinds());
                state.claim_stands = true;
                let round = Round { attempt, goal, deadline: *deadline, halted: *superseded };
                *phase = next_wave(plan, 0, &round, turn);
            }
            Err(refusal) => {
                plan.faults.push(classify::fault(&refusal, None, &state.parent_key()));
            }
        }
    }
    state.sync = Sync::Running(run);
}

/// Begins a wave, or what comes after the last.
fn next_wave(plan: &mut Plan, wave: usize, round: &Round<'_>, turn: &mut Turn) -> Phase {
    if wave < plan.waves.len() {
        let members = plan.wave(wave);
        plan.schedule(members, |work| work.deferred);
        return Phase::Checking { wave };
    }
    if plan.prune.is_empty() {
        return Phase::Settling;
    }
    let (attempt, commit) = (round.attempt, round.goal.commit.clone());
    turn.emit(Effect::AskWanted { attempt, commit, keys: plan.prune.clone() });
    Phase::AskingWanted
}

/// Schedules the writes of a wave, and follows its kinds: they are served by now.
fn open_wave(state: &mut State, plan: &mut Plan, wave: usize, turn: &mut Turn) {
    let members = plan.wave(wave);
    let objects = members.iter().filter_map(|at| plan.object(*at)).map(|object| &object.manifest);
    let kinds = objects
        .map(|manifest| (manifest.key.kind.clone(), std::sync::Arc::clone(&manifest.api_version)))
        .collect();
    render::follow(state, kinds, turn);
    plan.schedule(members, |_work| true);
}

/// Asks for every scheduled work whose object has no open request.
fn launch(state: &mut State, plan: &mut Plan, mode: Mode, turn: &mut Turn) {
    replace::wake_gone(state, plan);
    let due: Vec<_> = plan.later.iter().take_while(|(at, _)| *at <= turn.at).copied().collect();
    for entry in due {
        plan.later.remove(&entry);
        plan.pending.insert(entry.1);
    }
    if let Some((at, _)) = plan.later.first() {
        turn.wake_at(*at);
    }
    for index in std::mem::take(&mut plan.pending) {
        let Some(key) = plan.object(index).map(|object| object.manifest.key.clone()) else {
            continue;
        };
        let Some(write) = complaint::request(plan, index, mode) else { continue };
        if state.flights.contains_key(&key) {
            plan.pending.insert(index);
            continue;
        }
        let (doing, ask) = match mode {
            Mode::Try => (Doing::Trying(index), write),
            Mode::Real => {
                state.dirty = true;
                replace::deletion(state, plan, index).unwrap_or((Doing::Writing(index), write))
            }
        };
        plan.open += 1;
        take_off(state, &key, doing, ask, turn);
    }
}

/// Sends a request about an object that has none open.
pub(super) fn take_off(
    state: &mut State,
    key: &ObjectKey,
    doing: Doing,
    ask: Ask,
    turn: &mut Turn,
) {
    let ticket = state.numbers.ticket();
    state.flights.insert(key.clone(), Flight::new(ticket, doing));
    turn.ask(ticket, key, ask);
}

/// Waits for the objects, where the spec says so, until none is on its way any more.
fn settle(state: &State, plan: &Plan, round: &Round<'_>, turn: &Turn) -> Flow {
    let counts = state.members.counts();
    if !round.goal.spec.wait || counts.ready == counts.total {
        return Flow::Ended(End::Synced { unready: Vec::new() });
    }
    // degraded objects are told at once: should they recover, the verdict follows
    let decided = counts.ready + counts.unhealthy == counts.total;
    if !decided && turn.at < round.deadline {
        return Flow::Wait;
    }
    Flow::Ended(End::Synced { unready: unready(state, Some(plan)) })
}

/// The faults of all members that are not ready.
pub(super) fn unready(state: &State, plan: Option<&Plan>) -> Vec<Fault> {
    let members = state.members.iter().filter(|(_, member)| member.stays());
    let unready = members.filter(|(_, member)| !member.health.is_ready());
    unready.map(|(key, _)| not_ready(state, plan, key, Code::NotReady)).collect()
}

fn not_ready(state: &State, plan: Option<&Plan>, key: &ObjectKey, code: Code) -> Fault {
    let health = state.members.get(key).map_or(&Health::Missing, |member| &member.health);
    let message = match health.reason() {
        "" => format!("it is {health}"),
        reason => format!("it is {health}: {reason}"),
    };
    let fault = Fault::new(code, message).on(key.clone());
    match plan.and_then(|plan| plan.object(plan.position(key)?)) {
        Some(object) => fault.at(object.manifest.origin.clone()),
        None => fault,
    }
}
