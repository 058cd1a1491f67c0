//! From a commit to a plan: render, scopes, preparation, and the questions that hold a sync back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    attempt,
    conclude::{self, End},
    contents,
    effect::Effect,
    event::{Attempt, Ticket},
    heal,
    plan::{Finding, Plan, Work, find, is_ready},
    recall, stand_in,
    state::{Phase, Running, Stage, State, Sync},
    turn::{Report, Turn},
};
use crate::{
    classify,
    fault::Fault,
    guard,
    model::{Action, GroupKind, Manifest, ObjectKey, Rendered, Spec, Text, What},
    order,
    port::{Refusal, Rendering, Scopes},
    preflight, prepare,
    prepare::{Prepared, PreparedSet},
};

/// A render answered: the attempt's, or the one that a heal waits for.
pub(super) fn rendered(
    state: &mut State,
    ticket: Ticket,
    result: Result<Rendering, Vec<Fault>>,
    turn: &mut Turn,
) {
    if heal::rendered(state, ticket, &result, turn) {
        return;
    }
    let Some(mut run) = attempt::take(state) else { return };
    if !matches!(run.stage, Stage::Rendering { ticket: asked } if asked == ticket) {
        state.sync = Sync::Running(run);
        return;
    }
    match result {
        // rule 5: nothing is applied or pruned
        Err(faults) => conclude::conclude(state, *run, End::Failed(faults), turn),
        Ok(Rendering::Unchanged) => conclude::conclude(state, *run, End::Unchanged, turn),
        Ok(Rendering::Fresh(rendered)) => {
            let kinds = prepare::kinds(&rendered.manifests);
            let rendered = Arc::new(rendered);
            if kinds.is_empty() {
                planned(state, run, rendered, Scopes::new(), turn);
            } else {
                recall::give_way(state, turn);
                turn.emit(Effect::Scope { attempt: run.attempt, kinds });
                run.stage = Stage::Scoping { rendered };
                state.sync = Sync::Running(run);
            }
        }
    }
}

/// The kinds of the render are known.
pub(super) fn scoped(
    state: &mut State,
    asked: Attempt,
    result: Result<Scopes, Refusal>,
    turn: &mut Turn,
) {
    if recall::scoped(state, asked, &result, turn) {
        return;
    }
    let Some(run) = attempt::take(state) else { return };
    let rendered = match &run.stage {
        Stage::Scoping { rendered } if run.attempt == asked => Arc::clone(rendered),
        Stage::Rendering { .. } | Stage::Scoping { .. } | Stage::Planned { .. } => {
            state.sync = Sync::Running(run);
            return;
        }
    };
    match result {
        Ok(scopes) => planned(state, run, rendered, scopes, turn),
        Err(refusal) => {
            let fault = classify::fault(&refusal, None, &state.parent_key());
            conclude::conclude(state, *run, End::Failed(vec![fault]), turn);
        }
    }
}

/// Prepares a render: what is sent, in which namespace, with our marks.
pub(super) fn prepared(
    state: &State,
    spec: &Spec,
    manifests: &[Manifest],
    scopes: &Scopes,
) -> Result<PreparedSet, Vec<Fault>> {
    let target = spec.target_namespace.as_ref();
    let parent = state.parent();
    let default_namespace = target.unwrap_or(&parent.repo.namespace);
    prepare::prepare(manifests, &prepare::Setting { parent: &parent, default_namespace, scopes })
}

fn planned(
    state: &mut State,
    mut run: Box<Running>,
    rendered: Arc<Rendered>,
    scopes: Scopes,
    turn: &mut Turn,
) {
    let plan = prepared(state, &run.goal.spec, &rendered.manifests, &scopes).and_then(|set| {
        let waves = order::waves(&set.objects)?;
        Ok(Plan::new(Arc::new(set), rendered, waves))
    });
    let mut plan = match plan {
        Ok(plan) => Box::new(plan),
        Err(faults) => return conclude::conclude(state, *run, End::Failed(faults), turn),
    };
    state.scopes = scopes;
    find_works(state, &mut plan, turn);
    find_prunes(state, &mut plan, turn);
    let keys: BTreeSet<ObjectKey> =
        plan.set.objects.iter().map(|object| object.manifest.key.clone()).collect();
    turn.emit(Effect::Want { commit: run.goal.commit.clone(), keys: Arc::new(keys) });
    for warning in plan.rendered.warnings.iter().chain(&plan.set.warnings) {
        turn.notify(What::Warned(warning.clone()));
    }
    turn.notify(What::Planned {
        commit: run.goal.commit.clone(),
        objects: plan.set.objects.len(),
        writes: plan.works.iter().filter(|work| work.is_write()).count(),
        prunes: plan.prune.len(),
        prune_digest: guard::digest(&state.declared.uid, &plan.prune),
    });
    if let Some(fault) = held(state, &plan, &run) {
        return conclude::conclude(state, *run, End::Failed(vec![fault]), turn);
    }
    follow(state, served(&plan, &state.scopes), turn);
    let open = survey_contents(&plan, &run, turn);
    run.stage = if open.is_empty() {
        let all = 0..plan.works.len();
        plan.schedule(all, |work| !work.deferred);
        Stage::Planned { plan, phase: Phase::Preflighting }
    } else {
        Stage::Planned { plan, phase: Phase::Surveying { open } }
    };
    state.sync = Sync::Running(run);
}

/// Decides for each object of the set what is to be done.
fn find_works(state: &mut State, plan: &mut Plan, turn: &mut Turn) {
    let set = Arc::clone(&plan.set);
    for prepared in &set.objects {
        let manifest = &prepared.manifest;
        let finding = find(prepared, state.members.get(&manifest.key));
        let told = match &finding {
            Finding::Write(..) => None,
            Finding::Same | Finding::Verified(_) => {
                plan.changes.unchanged += 1;
                Some((Action::Unchanged, None))
            }
            Finding::Frozen => {
                plan.changes.skipped += 1;
                Some((Action::Skipped, Some(Text::from("nopea.io/suspend-heal stands on it"))))
            }
        };
        if let Some((action, message)) = told {
            let (key, manifest) = (&manifest.key, Some(manifest));
            turn.report(Report { key, manifest, action, message, fields: Arc::default() });
        }
        if let Finding::Verified(baseline) = &finding {
            state.members.change(&manifest.key, |member| {
                member.intent = Some(prepared.intent);
                member.api_version = Text::clone(&manifest.api_version);
                member.baseline = Some(baseline.clone());
                member.unverified = None;
            });
        }
        plan.push(&finding);
    }
    // a Namespace or CRD that is not ready yet, as after a crash, is awaited like a changed one
    let moves = |(object, work): (&Prepared, &Work)| {
        let key = &object.manifest.key;
        work.is_write() || (contents::has_contents(&key.kind) && !is_ready(&state.members, key))
    };
    let moving: Vec<bool> = set.objects.iter().zip(&plan.works).map(moves).collect();
    let deferred = preflight::deferred(&set.objects, &moving);
    plan.faults.extend(preflight::schema_faults(&set.objects, &deferred, &state.scopes));
    for (work, deferred) in plan.works.iter_mut().zip(deferred) {
        work.deferred = deferred;
    }
    stand_in::schedule(plan, &state.scopes);
}

/// Finds the members that the set no longer names (rule 8).
fn find_prunes(state: &mut State, plan: &mut Plan, turn: &mut Turn) {
    // what leaked so far is in this plan; what leaks from now on is for the next
    state.dirty |= std::mem::take(&mut state.leak);
    for (key, member) in state.members.iter() {
        if !member.stays() || plan.position(key).is_some() {
            continue;
        }
        let kept = if member.break_glass {
            Some("nopea.io/suspend-heal stands on it")
        } else if state.declared.spec.prune {
            None
        } else {
            Some("no longer in Git; spec.prune is false")
        };
        match kept {
            None => {
                plan.prune.insert(key.clone());
            }
            Some(why) => {
                plan.changes.skipped += 1;
                let (action, message) = (Action::Skipped, Some(Text::from(why)));
                let fields = Arc::default();
                turn.report(Report { key, manifest: None, action, message, fields });
            }
        }
    }
}

/// Says why a plan must not even be dry run before somebody approved its prune list (rule 8).
fn held(state: &mut State, plan: &Plan, run: &Running) -> Option<Fault> {
    let (uid, approved) = (&state.declared.uid, run.goal.approved);
    let members = state.members.counts().total;
    let verdict = guard::prune_guard(uid, members, &plan.prune, plan.set.objects.len(), approved);
    state.report.pending_prune = None;
    match verdict {
        guard::GuardVerdict::Free => None,
        guard::GuardVerdict::Held { digest, because } => {
            state.report.pending_prune = Some(digest);
            Some(guard::fault(&plan.prune, digest, &because))
        }
    }
}

/// The kinds of the set that are served already, each in the version that Git uses (R9).
fn served(plan: &Plan, scopes: &Scopes) -> BTreeMap<GroupKind, Text> {
    let objects = plan.set.objects.iter().map(|object| &object.manifest);
    objects
        .filter(|manifest| scopes.contains_key(&manifest.key.kind))
        .map(|manifest| (manifest.key.kind.clone(), Text::clone(&manifest.api_version)))
        .collect()
}

/// Follows kinds that are not followed yet, or not in this version.
pub(super) fn follow(state: &mut State, kinds: BTreeMap<GroupKind, Text>, turn: &mut Turn) {
    let followed = &mut state.followed;
    let new: BTreeMap<_, _> =
        kinds.into_iter().filter(|(kind, version)| followed.get(kind) != Some(version)).collect();
    if !new.is_empty() {
        followed.extend(new.clone());
        turn.emit(Effect::Follow { kinds: new });
    }
}

/// Asks what would go together with the Namespaces and CRDs of the prune list (R21).
fn survey_contents(plan: &Plan, run: &Running, turn: &mut Turn) -> BTreeSet<ObjectKey> {
    let open: BTreeSet<_> =
        plan.prune.iter().filter(|key| contents::has_contents(&key.kind)).cloned().collect();
    for key in &open {
        turn.emit(Effect::AskContents { attempt: run.attempt, key: key.clone() });
    }
    open
}
