//! Drives the machine through one run: carries out its effects at some later moment, well or badly, and
//! holds every step against the invariants.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use nopea_core::{
    fault::Code,
    model::{Declared, ObjectKey, Orders, RepoKey, SourceUrl, Spec, Timestamp, Uid, What},
    port::ParentState,
    reconcile::{Effect, Event, Input, State, start, step},
};

use super::{
    cluster::{Cluster, Shown},
    random::Random,
    request::{failure, kind, ticket_of},
    source,
    source::History,
};

/// How many things happen in the hostile part of a run.
const HOSTILE_STEPS: usize = 200;
/// How many steps the calm part may take to come to rest.
const CALM_STEPS: usize = 4_000;

/// What a run was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Steps of the machine.
    pub steps: usize,
    /// Restarts from nothing.
    pub crashes: usize,
    /// Objects that the machine deleted.
    pub deleted: usize,
    /// Drift that it put back.
    pub healed: usize,
    /// Whether the mass-deletion guard held the last commit.
    pub held: bool,
}

pub(super) struct World {
    pub(super) seed: u64,
    pub(super) random: Random,
    pub(super) now: Timestamp,
    pub(super) history: History,
    pub(super) cluster: Cluster,
    pub(super) declared: Declared,
    /// Taken out only while the machine steps.
    pub(super) state: Option<State>,
    /// Requests that are not answered yet.
    pub(super) open: Vec<Effect>,
    /// Answers on their way.
    pub(super) answers: Vec<Event>,
    /// Answers that were given, to be given again.
    pub(super) given: Vec<Event>,
    pub(super) wake: Timestamp,
    pub(super) parent: ParentState,
    pub(super) wanted: Arc<BTreeSet<ObjectKey>>,
    pub(super) hostile: bool,
    pub(super) held: bool,
    pub(super) outcome: Outcome,
}

/// Runs one simulation.
///
/// # Panics
///
/// Where an invariant is broken; the message names the seed.
pub fn run(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let history = History::new(&mut random);
    let mut spec = Spec::new(SourceUrl::parse("https://example.org/repo.git").unwrap());
    spec.prune = !random.chance(10);
    let declared = Declared {
        key: RepoKey::new("apps", "simulated"),
        uid: Uid::new("11111111-2222-3333-4444-555555555555"),
        generation: 1,
        spec: Arc::new(spec),
        orders: Orders::default(),
        deleted_at: None,
    };
    let now = Timestamp(1_000_000);
    let (state, effects) = start(declared.clone(), now);
    let mut world = World {
        seed,
        random,
        now,
        history,
        cluster: Cluster::default(),
        declared,
        state: Some(state),
        open: Vec::new(),
        answers: Vec::new(),
        given: Vec::new(),
        wake: Timestamp::NEVER,
        parent: ParentState::default(),
        wanted: Arc::default(),
        hostile: true,
        held: false,
        outcome: Outcome::default(),
    };
    world.carry_out(effects);
    for _step in 0..HOSTILE_STEPS {
        world.something_happens();
    }
    world.calm_down();
    world.outcome
}

impl World {
    fn something_happens(&mut self) {
        match self.random.below(100) {
            0..=34 => self.answer_one(),
            35..=69 => self.deliver_one(),
            70..=81 => self.show_one(),
            82..=87 => self.pass(),
            88..=90 => {
                self.history.change(&mut self.random);
                if self.random.chance(50) {
                    self.give(Event::Pushed);
                }
            }
            91..=95 => self.meddle(),
            96 => self.say_it_again(),
            97 => self.crash(),
            98 if self.cluster.events.is_some() => self.cluster.watch(),
            _declare => {
                let mut declared = self.declared.clone();
                declared.generation += 1;
                let mut spec = (*declared.spec).clone();
                spec.suspend = self.random.chance(10);
                declared.spec = Arc::new(spec);
                self.declared = declared.clone();
                self.give(Event::Declared(Box::new(declared)));
            }
        }
    }

    fn give(&mut self, event: Event) {
        self.outcome.steps += 1;
        let state = self.state.take().unwrap();
        let (state, effects) = step(state, Input { at: self.now, event });
        self.state = Some(state);
        self.carry_out(effects);
    }

    pub(super) fn fail(&self, why: &str) -> ! {
        panic!("seed {}: {why}\nopen: {:#?}", self.seed, self.open)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let publishes = effects.iter().filter(|e| matches!(e, Effect::Publish { .. })).count();
        if publishes > 1 {
            self.fail("two status writes in one step");
        }
        for effect in effects {
            match effect {
                Effect::WakeAt(at) => self.wake = at,
                Effect::Cancel(ticket) => {
                    self.give_up(|open| ticket_of(open) == Some(ticket.0));
                }
                Effect::Publish { status, .. } => self.parent.status = Some(status),
                Effect::Want { keys, .. } => self.wanted = keys,
                Effect::Notify(What::Healed { .. }) => self.outcome.healed += 1,
                Effect::Notify(What::Failed { faults, .. }) => {
                    self.held = faults
                        .iter()
                        .any(|f| matches!(f.code, Code::PruneHeld | Code::EmptyRender));
                }
                Effect::Notify(What::Synced { .. }) => self.held = false,
                Effect::Follow { .. } => self.cluster.watch(),
                Effect::Notify(_) | Effect::Reply { .. } | Effect::Retire => {}
                request @ (Effect::Restore { .. }
                | Effect::Survey { .. }
                | Effect::Resolve { .. }
                | Effect::Render { .. }
                | Effect::Scope { .. }
                | Effect::Claim { .. }
                | Effect::Ask { .. }
                | Effect::AskWanted { .. }
                | Effect::AskContents { .. }
                | Effect::Release { .. }) => self.request(request),
            }
        }
    }

    /// What is given up may have been done all the same.
    pub(super) fn give_up(&mut self, which: impl Fn(&Effect) -> bool) {
        while let Some(place) = self.open.iter().position(&which) {
            let lost = self.open.swap_remove(place);
            if self.random.chance(50) {
                drop(self.answer(&lost));
            }
        }
    }

    /// The world does what was asked for, or fails to; the answer sets out.
    fn answer_one(&mut self) {
        if self.open.is_empty() {
            return self.pass();
        }
        let place = self.random.below(self.open.len());
        let request = self.open.remove(place);
        if self.hostile && self.random.chance(10) {
            // the answer is lost, whatever was done
            if self.random.chance(50) {
                drop(self.answer(&request));
            }
            let event = failure(&request);
            self.answers.push(event);
            return;
        }
        let event = self.answer(&request);
        self.answers.push(event);
    }

    fn deliver_one(&mut self) {
        if self.answers.is_empty() {
            return self.answer_one();
        }
        let place = self.random.below(self.answers.len());
        let event = self.answers.swap_remove(place);
        self.given.push(event.clone());
        self.give(event);
    }

    /// The oldest watch event of some object arrives; those of different objects in any order.
    fn show_one(&mut self) {
        let Some(events) = &mut self.cluster.events else { return };
        let is_all = |shown: &Shown| matches!(shown, Shown::All(_));
        let before_all = events.iter().position(is_all).unwrap_or(events.len());
        if events.is_empty() {
            return;
        }
        let picked = self.random.below(before_all.max(1));
        let key_of = |shown: &Shown| match shown {
            Shown::Object(seen) => Some(seen.key.clone()),
            Shown::All(_) => None,
        };
        let key = key_of(&events[picked]);
        let oldest = events.iter().position(|shown| key_of(shown) == key).unwrap();
        match events.remove(oldest) {
            Shown::Object(seen) => self.give(Event::Observed(seen)),
            Shown::All(live) => self.give(Event::KindSynced { kind: kind(), live }),
        }
    }

    fn pass(&mut self) {
        let jump = self.random.below(90_000);
        self.now = self.now + Duration::from_millis(u64::try_from(jump).unwrap());
        if self.wake <= self.now {
            self.give(Event::Woke);
        }
    }

    fn meddle(&mut self) {
        let key = source::key(self.random.below(source::NAMES));
        match self.random.below(4) {
            0 => self.cluster.remove(&key),
            1 => self.cluster.edit(&key, "foreign", "1"),
            _ours => {
                let value = self.random.below(3).to_string();
                self.cluster.edit(&key, "value", &value);
            }
        }
    }

    /// An answer comes a second time: it must change nothing.
    fn say_it_again(&mut self) {
        self.give(Event::Woke);
        if self.given.is_empty() {
            return;
        }
        let place = self.random.below(self.given.len());
        let event = self.given[place].clone();
        let before = self.state.clone().unwrap();
        let (after, effects) = step(before.clone(), Input { at: self.now, event: event.clone() });
        let quiet = effects.iter().all(|effect| matches!(effect, Effect::WakeAt(_)));
        if after != before || !quiet {
            self.fail(&format!("a second {event:?} changed something: {effects:#?}"));
        }
    }

    /// The process dies: what it knew is gone, what it had sent may still happen.
    fn crash(&mut self) {
        self.outcome.crashes += 1;
        let open = std::mem::take(&mut self.open);
        for request in open {
            if self.random.chance(50) {
                drop(self.answer(&request));
            }
        }
        self.answers.clear();
        self.given.clear();
        self.cluster.events = None;
        self.wanted = Arc::default();
        let (state, effects) = start(self.declared.clone(), self.now);
        self.state = Some(state);
        self.wake = Timestamp::NEVER;
        self.carry_out(effects);
    }

    /// All faults stop: the run must end where an empty start ends.
    fn calm_down(&mut self) {
        self.hostile = false;
        self.history.mend(&mut self.random);
        let mut declared = self.declared.clone();
        declared.generation += 1;
        let mut spec = (*declared.spec).clone();
        spec.suspend = false;
        declared.spec = Arc::new(spec);
        self.declared = declared.clone();
        self.give(Event::Declared(Box::new(declared)));
        self.give(Event::Pushed);
        for _step in 0..CALM_STEPS {
            if !self.answers.is_empty() || !self.open.is_empty() {
                self.deliver_one();
            } else if self.cluster.events.as_ref().is_some_and(|events| !events.is_empty()) {
                self.show_one();
            } else if self.is_done() {
                self.outcome.held = self.held;
                return self.check_end();
            } else {
                if self.wake == Timestamp::NEVER {
                    self.fail("asleep for ever before it was done");
                }
                self.now = self.now.max(self.wake);
                self.give(Event::Woke);
            }
        }
        self.fail(&format!("no rest: {:#?}", self.state));
    }

    fn is_done(&self) -> bool {
        let status = self.parent.status.clone().unwrap_or_default();
        let head = self.history.head_commit();
        let state = self.state.as_ref().unwrap();
        if state.concluded_commit() != Some(&head) {
            return false;
        }
        // what is held may rest on objects of an attempt that never ended well
        self.held
            || (state.is_at_rest() && status.objects.drifted == 0 && *state.status() == *status)
    }
}
