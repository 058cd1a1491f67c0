//! The requests of the machine: how the simulated world answers them, and what a driver says of one whose
//! answer never came.

use std::collections::{BTreeMap, BTreeSet};

use nopea_core::{
    fault::{Code, Fault},
    model::{GroupKind, ObjectKey},
    port::{Refusal, Scope},
    reconcile::{Answer, Ask, Attempt, Effect, Event},
};

use super::world::World;

impl World {
    /// The world does what was asked for.
    pub(super) fn answer(&mut self, request: &Effect) -> Event {
        match request {
            Effect::Restore { ticket, .. } => {
                Event::Restored { ticket: *ticket, result: Ok(Box::new(self.parent.clone())) }
            }
            Effect::Survey { ticket, .. } => {
                let found = self.cluster.objects.keys().filter_map(|key| self.cluster.look(key));
                Event::Surveyed { ticket: *ticket, result: Ok(found.collect()) }
            }
            Effect::Resolve { ticket, .. } => {
                Event::Resolved { ticket: *ticket, result: Ok(self.history.head_commit()) }
            }
            Effect::Render { ticket, commit, known, .. } => {
                let result = self.history.render(commit, known.as_deref());
                Event::Rendered { ticket: *ticket, result }
            }
            Effect::Scope { attempt, .. } => {
                let scope = Scope { namespaced: true, versions: vec!["v1".into()] };
                Event::Scoped { attempt: *attempt, result: Ok(BTreeMap::from([(kind(), scope)])) }
            }
            Effect::Claim { attempt, kinds, .. } => {
                self.parent.claimed = Some(kinds.clone());
                Event::Claimed { attempt: *attempt, result: Ok(()) }
            }
            Effect::Ask { ticket, key, ask } => {
                let result = self.ask(key, ask);
                Event::Answered { ticket: *ticket, key: key.clone(), result }
            }
            Effect::AskWanted { attempt, .. } => Event::Wanted {
                attempt: *attempt,
                elsewhere: BTreeSet::new(),
                heard: BTreeSet::new(),
            },
            Effect::AskContents { attempt, key } => {
                Event::Contents { attempt: *attempt, key: key.clone(), result: Ok(Vec::new()) }
            }
            Effect::Release { ticket, .. } => Event::Released { ticket: *ticket, result: Ok(()) },
            Effect::Follow { .. }
            | Effect::Want { .. }
            | Effect::Publish { .. }
            | Effect::Notify(_)
            | Effect::Reply { .. }
            | Effect::WakeAt(_)
            | Effect::Cancel(_)
            | Effect::Retire => Event::Woke,
        }
    }

    fn ask(&mut self, key: &ObjectKey, ask: &Ask) -> Result<Answer, Refusal> {
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
                self.outcome.deleted += 1;
                Ok(Answer::Deleted)
            }
            Ask::Release { version, .. } => {
                Ok(Answer::Live(Box::new(self.cluster.release(key, version)?)))
            }
            Ask::TryCreate { .. } => Ok(Answer::Creatable),
        }
    }
}

/// The one kind of the simulated cluster.
pub(super) fn kind() -> GroupKind {
    GroupKind::new("", "ConfigMap")
}

/// The number of a request that has one.
pub(super) fn ticket_of(effect: &Effect) -> Option<u64> {
    match effect {
        Effect::Restore { ticket, .. }
        | Effect::Survey { ticket, .. }
        | Effect::Resolve { ticket, .. }
        | Effect::Render { ticket, .. }
        | Effect::Ask { ticket, .. }
        | Effect::Release { ticket, .. }
        | Effect::Cancel(ticket) => Some(ticket.0),
        Effect::Scope { .. }
        | Effect::Follow { .. }
        | Effect::Claim { .. }
        | Effect::AskWanted { .. }
        | Effect::AskContents { .. }
        | Effect::Want { .. }
        | Effect::Publish { .. }
        | Effect::Notify(_)
        | Effect::Reply { .. }
        | Effect::WakeAt(_)
        | Effect::Retire => None,
    }
}

/// The attempt in whose name a request is made.
pub(super) fn attempt_of(effect: &Effect) -> Option<Attempt> {
    match effect {
        Effect::Scope { attempt, .. }
        | Effect::Claim { attempt, .. }
        | Effect::AskWanted { attempt, .. }
        | Effect::AskContents { attempt, .. } => Some(*attempt),
        Effect::Restore { .. }
        | Effect::Survey { .. }
        | Effect::Resolve { .. }
        | Effect::Render { .. }
        | Effect::Follow { .. }
        | Effect::Ask { .. }
        | Effect::Want { .. }
        | Effect::Publish { .. }
        | Effect::Notify(_)
        | Effect::Reply { .. }
        | Effect::WakeAt(_)
        | Effect::Cancel(_)
        | Effect::Release { .. }
        | Effect::Retire => None,
    }
}

/// What a driver says of a request whose answer never came.
pub(super) fn failure(request: &Effect) -> Event {
    let lost = || Refusal::Unreachable("the connection was lost".into());
    match request {
        Effect::Restore { ticket, .. } => Event::Restored { ticket: *ticket, result: Err(lost()) },
        Effect::Survey { ticket, .. } => Event::Surveyed { ticket: *ticket, result: Err(lost()) },
        Effect::Resolve { ticket, .. } => {
            let fault = Fault::new(Code::Unreachable, "the connection was lost");
            Event::Resolved { ticket: *ticket, result: Err(fault) }
        }
        Effect::Render { ticket, .. } => {
            let fault = Fault::new(Code::Unreachable, "the connection was lost");
            Event::Rendered { ticket: *ticket, result: Err(vec![fault]) }
        }
        Effect::Scope { attempt, .. } => Event::Scoped { attempt: *attempt, result: Err(lost()) },
        Effect::Claim { attempt, .. } => Event::Claimed { attempt: *attempt, result: Err(lost()) },
        Effect::Ask { ticket, key, .. } => {
            Event::Answered { ticket: *ticket, key: key.clone(), result: Err(lost()) }
        }
        Effect::AskContents { attempt, key } => {
            Event::Contents { attempt: *attempt, key: key.clone(), result: Err(lost()) }
        }
        Effect::Release { ticket, .. } => Event::Released { ticket: *ticket, result: Err(lost()) },
        Effect::AskWanted { attempt, .. } => {
            Event::Wanted { attempt: *attempt, elsewhere: BTreeSet::new(), heard: BTreeSet::new() }
        }
        Effect::Follow { .. }
        | Effect::Want { .. }
        | Effect::Publish { .. }
        | Effect::Notify(_)
        | Effect::Reply { .. }
        | Effect::WakeAt(_)
        | Effect::Cancel(_)
        | Effect::Retire => Event::Woke,
    }
}
