//! One repository on a bench: holds the state and the time, collects the effects, and answers requests
//! when a test says so, from a small cluster and a small history of commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    cluster::Cluster,
    request::{attempt_of, request_of, ticket_of},
};
pub(super) use super::{
    manifest::{commit, config_map, config_maps, key, manifest, seconds},
    request::Request,
};
use crate::{
    fault::{Code, Fault},
    model::{
        Commit, Declared, GroupKind, Input as Read, Inputs, Manifest, ObjectId, ObjectKey, Orders,
        Rendered, RepoKey, SourceUrl, Spec, Status, Timestamp, Uid,
    },
    port::{ParentState, Refusal, Rendering, Scope},
    reconcile::{Answer, Ask, Effect, Event, Input, State, Waiter, start, step},
};

/// What a commit renders to.
type Tree = Result<Vec<Manifest>, Vec<Fault>>;

/// A repository, its world, and all that it said.
#[derive(Debug)]
pub(super) struct Bench {
    state: Option<State>,
    pub(super) now: Timestamp,
    pub(super) cluster: Cluster,
    pub(super) declared: Declared,
    pub(super) parent: ParentState,
    /// What the source names, or why it does not answer.
    pub(super) head: Result<Commit, Fault>,
    trees: BTreeMap<Commit, Tree>,
    pub(super) open: Vec<Effect>,
    /// Every effect since the last `forget`.
    pub(super) effects: Vec<Effect>,
    pub(super) held: BTreeSet<Request>,
    /// Kinds that are not served.
    pub(super) unserved: BTreeSet<GroupKind>,
    refusals: Vec<(Request, String, Refusal, usize)>,
    pub(super) elsewhere: BTreeSet<ObjectKey>,
    /// The other repositories whose wishes are known.
    pub(super) heard: BTreeSet<RepoKey>,
    pub(super) contents: Vec<ObjectKey>,
    wake: Timestamp,
}

impl Bench {
    /// A repository that was just declared, with nothing answered yet.
    pub(super) fn new() -> Self {
        Self::with(|_spec| {})
    }

    /// The same, with another spec.
    pub(super) fn with(change: impl FnOnce(&mut Spec)) -> Self {
        let mut spec = Spec::new(SourceUrl::parse("https://example.org/shop.git").unwrap());
        change(&mut spec);
        let declared = Declared {
            key: RepoKey::new("shop", "web"),
            uid: Uid::new("parent"),
            generation: 1,
            spec: Arc::new(spec),
            orders: Orders::default(),
            deleted_at: None,
        };
        let mut bench = Self {
            state: None,
            now: Timestamp(1_000_000_000),
            cluster: Cluster::default(),
            declared,
            parent: ParentState::default(),
            head: Err(Fault::new(Code::EmptyRepository, "no commit yet")),
            trees: BTreeMap::new(),
            open: Vec::new(),
            effects: Vec::new(),
            held: BTreeSet::new(),
            unserved: BTreeSet::new(),
            refusals: Vec::new(),
            elsewhere: BTreeSet::new(),
            heard: BTreeSet::new(),
            contents: Vec::new(),
            wake: Timestamp::NEVER,
        };
        bench.restart();
        bench
    }

    /// A repository that has synced commit `a` of these manifests.
    pub(super) fn synced(manifests: &[Manifest]) -> Self {
        let mut bench = Self::new();
        bench.commit("a", manifests);
        bench.settle();
        bench.forget();
        bench
    }

    /// The process starts, or starts again and has forgotten everything.
    pub(super) fn restart(&mut self) {
        self.open.clear();
        self.cluster.events.clear();
        let (state, effects) = start(self.declared.clone(), self.now);
        self.state = Some(state);
        self.take(effects);
    }

    pub(super) fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }

    pub(super) fn status(&self) -> Arc<Status> {
        self.state().status()
    }

    /// The codes of the faults that the status shows.
    pub(super) fn faults(&self) -> Vec<Code> {
        self.status().faults.iter().map(|fault| fault.code).collect()
    }

    /// The source names a new commit, which nobody was told of.
    pub(super) fn commit(&mut self, name: &str, manifests: &[Manifest]) {
        self.head = Ok(commit(name));
        self.trees.insert(commit(name), Ok(manifests.to_vec()));
    }

    /// The source names a commit that does not render.
    pub(super) fn broken_commit(&mut self, name: &str) {
        self.head = Ok(commit(name));
        let fault = Fault::new(Code::Syntax, "it is broken");
        self.trees.insert(commit(name), Err(vec![fault]));
    }

    /// Somebody tells of a new commit.
    pub(super) fn push(&mut self) {
        self.give(Event::Pushed);
    }

    /// The declaration changes: a new generation.
    pub(super) fn declare(&mut self, change: impl FnOnce(&mut Spec)) {
        let mut spec = (*self.declared.spec).clone();
        change(&mut spec);
        self.declared.spec = Arc::new(spec);
        self.declared.generation += 1;
        self.give(Event::Declared(Box::new(self.declared.clone())));
    }

    /// The annotations of the declaration change.
    pub(super) fn order(&mut self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.declared.orders);
        self.give(Event::Declared(Box::new(self.declared.clone())));
    }

    /// The declaration is being deleted.
    pub(super) fn delete(&mut self) {
        self.declared.deleted_at = Some(self.now);
        self.give(Event::Declared(Box::new(self.declared.clone())));
    }

    /// The watch of a kind shows all that lives, as it does when it begins and when it was lost.
    pub(super) fn list(&mut self, kind: &GroupKind) {
        let live = self.cluster.uids(kind);
        self.give(Event::KindSynced { kind: kind.clone(), live });
    }

    pub(super) fn wait_for_sync(&mut self, waiter: u64) {
        self.give(Event::SyncRequested(Waiter(waiter)));
    }

    /// Refuses the next `times` requests of this kind about the object of this name.
    pub(super) fn refuse(&mut self, request: Request, name: &str, refusal: Refusal, times: usize) {
        self.refusals.push((request, name.to_owned(), refusal, times));
    }

    /// Stops refusing.
    pub(super) fn relent(&mut self) {
        self.refusals.clear();
    }

    /// Leaves requests of this kind unanswered from now on.
    pub(super) fn hold(&mut self, request: Request) {
        self.held.insert(request);
    }

    /// Answers them again.
    pub(super) fn resume(&mut self) {
        self.held.clear();
    }

    /// Forgets the effects so far.
    pub(super) fn forget(&mut self) {
        self.effects.clear();
    }

    /// Answers all that is not held and shows all that a watch would, until nothing is left.
    pub(super) fn settle(&mut self) {
        for _turn in 0..200_000 {
            let ready = |effect: &Effect| !self.held.contains(&request_of(effect).unwrap());
            if let Some(place) = self.open.iter().position(ready) {
                let request = self.open.remove(place);
                let event = self.answer(&request);
                self.give(event);
            } else if !self.show() {
                return;
            }
        }
        panic!("it does not settle: {:#?}", self.open);
    }

    /// Shows the oldest event of the watch; false where there is none.
    pub(super) fn show(&mut self) -> bool {
        if self.cluster.events.is_empty() {
            return false;
        }
        let seen = self.cluster.events.remove(0);
        self.give(Event::Observed(Box::new(seen)));
        true
    }

    /// Lets time pass, waking the machine whenever it asked for it and settling each time.
    pub(super) fn pass(&mut self, span: Duration) {
        self.settle();
        let end = self.now + span;
        while self.wake <= end {
            self.now = self.now.max(self.wake);
            self.wake = Timestamp::NEVER;
            self.give(Event::Woke);
            self.settle();
        }
        self.now = end;
    }

    /// Gives one event and takes the effects, which must keep the general rules.
    pub(super) fn give(&mut self, event: Event) {
        let state = self.state.take().unwrap();
        let (state, effects) = step(state, Input { at: self.now, event });
        self.state = Some(state);
        self.take(effects);
    }

    fn take(&mut self, effects: Vec<Effect>) {
        let count = |test: fn(&Effect) -> bool| effects.iter().filter(|e| test(e)).count();
        assert!(count(|e| matches!(e, Effect::Publish { .. })) <= 1, "one status a step");
        assert!(count(|e| matches!(e, Effect::WakeAt(_))) <= 1, "one wake-up a step");
        self.wake = Timestamp::NEVER;
        for effect in effects {
            self.effects.push(effect.clone());
            let newest = attempt_of(&effect);
            self.open.retain(|open| {
                newest.is_none() || attempt_of(open).is_none_or(|of| Some(of) >= newest)
            });
            match &effect {
                Effect::WakeAt(at) => self.wake = *at,
                Effect::Publish { status, .. } => self.parent.status = Some(Arc::clone(status)),
                Effect::Cancel(ticket) => self.open.retain(|open| ticket_of(open) != Some(*ticket)),
                other if request_of(other).is_some() => self.open.push(effect),
                _told => {}
            }
        }
    }

    /// What the world answers to a request.
    pub(super) fn answer(&mut self, request: &Effect) -> Event {
        match request {
            Effect::Restore { ticket, .. } => {
                Event::Restored { ticket: *ticket, result: Ok(Box::new(self.parent.clone())) }
            }
            Effect::Survey { ticket, kinds } => {
                let asked = |key: &&ObjectKey| kinds.as_ref().is_none_or(|k| k.contains(&key.kind));
                let keys = self.cluster.objects.keys().filter(asked);
                let found = keys.filter_map(|key| self.cluster.look(key)).collect();
                Event::Surveyed { ticket: *ticket, result: Ok(found) }
            }
            Effect::Resolve { ticket, .. } => {
                Event::Resolved { ticket: *ticket, result: self.head.clone() }
            }
            Effect::Render { ticket, commit, known, .. } => {
                Event::Rendered { ticket: *ticket, result: self.render(commit, known.as_deref()) }
            }
            Effect::Scope { attempt, kinds } => {
                let served = kinds.iter().filter(|kind| !self.unserved.contains(kind));
                let scopes = served.map(|kind| (kind.clone(), scope(kind))).collect();
                Event::Scoped { attempt: *attempt, result: Ok(scopes) }
            }
            Effect::Claim { attempt, kinds, .. } => {
                self.parent.claimed = Some(kinds.clone());
                Event::Claimed { attempt: *attempt, result: Ok(()) }
            }
            Effect::Ask { ticket, key, ask } => {
                let result = self.ask(request_of(request).unwrap(), key, ask);
                Event::Answered { ticket: *ticket, key: key.clone(), result }
            }
            Effect::AskWanted { attempt, keys, .. } => {
                let elsewhere = keys.intersection(&self.elsewhere).cloned().collect();
                Event::Wanted { attempt: *attempt, elsewhere, heard: self.heard.clone() }
            }
            Effect::AskContents { attempt, key } => {
                let found = self.contents.iter().filter_map(|key| self.cluster.look(key)).collect();
                Event::Contents { attempt: *attempt, key: key.clone(), result: Ok(found) }
            }
            Effect::Release { ticket, .. } => Event::Released { ticket: *ticket, result: Ok(()) },
            _told => Event::Woke,
        }
    }

    fn render(&self, commit: &Commit, known: Option<&Inputs>) -> Result<Rendering, Vec<Fault>> {
        let manifests = self.trees[commit].clone()?;
        let id = Some(ObjectId::new(format!("{manifests:?}")));
        let inputs = Inputs(vec![Read { path: "".into(), id }]);
        if known == Some(&inputs) {
            return Ok(Rendering::Unchanged);
        }
        let fingerprint = inputs.fingerprint(["bench"]);
        let inputs = Arc::new(inputs);
        Ok(Rendering::Fresh(Rendered { manifests, inputs, fingerprint, warnings: Vec::new() }))
    }

    fn ask(&mut self, request: Request, key: &ObjectKey, ask: &Ask) -> Result<Answer, Refusal> {
        let meant = |(kind, name, _, times): &&mut (Request, String, Refusal, usize)| {
            *kind == request && **name == *key.name && *times > 0
        };
        if let Some((_, _, refusal, times)) = self.refusals.iter_mut().find(meant) {
            *times -= 1;
            return Err(refusal.clone());
        }
        match ask {
            Ask::Apply { manifest, guard, mode } => {
                let (created, now) = self.cluster.apply(manifest, guard, *mode)?;
                Ok(Answer::Applied { created, now: Box::new(now) })
            }
            Ask::Look { .. } => Ok(match self.cluster.look(key) {
                Some(now) => Answer::Live(Box::new(now)),
                None => Answer::Absent,
            }),
            Ask::Delete { uid, version, .. } => {
                self.cluster.delete(key, uid, version.as_ref())?;
                Ok(Answer::Deleted)
            }
            Ask::Release { version, .. } => {
                Ok(Answer::Live(Box::new(self.cluster.release(key, version)?)))
            }
            Ask::TryCreate { .. } => Ok(Answer::Creatable),
        }
    }
}

fn scope(kind: &GroupKind) -> Scope {
    let cluster_wide = ["Namespace", "CustomResourceDefinition", "ClusterRole"];
    Scope { namespaced: !cluster_wide.contains(&&*kind.kind), versions: vec!["v1".into()] }
}
