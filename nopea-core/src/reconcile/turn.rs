//! One step in the making: its time, and the effects collected so far.

use std::sync::Arc;

use super::{
    effect::{Ask, Effect},
    event::{Attempt, Ticket},
};
use crate::{
    fault::Fault,
    model::{Action, Manifest, ObjectKey, ObjectReport, Text, Timestamp, What},
};

/// The time of a step and what it wants done.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) at: Timestamp,
    pub(super) effects: Vec<Effect>,
    /// The earliest time at which something is due without an event.
    wake: Timestamp,
}

impl Turn {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at, effects: Vec::new(), wake: Timestamp::NEVER }
    }

    pub(super) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn ask(&mut self, ticket: Ticket, key: &ObjectKey, ask: Ask) {
        self.emit(Effect::Ask { ticket, key: key.clone(), ask });
    }

    pub(super) fn notify(&mut self, what: What) {
        self.emit(Effect::Notify(what));
    }

    /// Asks to be woken at `time` at the latest.
    pub(super) fn wake_at(&mut self, time: Timestamp) {
        self.wake = self.wake.min(time);
    }

    /// Reports what became of an object.
    pub(super) fn report(&mut self, report: Report<'_>) {
        self.notify(What::Object(ObjectReport {
            key: report.key.clone(),
            origin: report.manifest.map(|manifest| manifest.origin.clone()),
            action: report.action,
            message: report.message,
            fields: report.fields,
        }));
    }

    /// Reports that an object was refused.
    pub(super) fn report_failed(&mut self, key: &ObjectKey, fault: &Fault) {
        self.notify(What::Object(ObjectReport {
            key: key.clone(),
            origin: fault.origin.clone(),
            action: Action::Failed,
            message: Some(Text::clone(&fault.message)),
            fields: Arc::default(),
        }));
    }

    /// Ends the step: the effects, and the one wake-up.
    pub(super) fn finish(mut self) -> Vec<Effect> {
        if self.wake < Timestamp::NEVER {
            self.emit(Effect::WakeAt(self.wake.max(self.at)));
        }
        self.effects
    }
}

/// What is said of one object.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) action: Action,
    pub(super) message: Option<Text>,
    pub(super) fields: Arc<[Text]>,
}

/// Hands out numbers, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    ticket: u64,
    attempt: u64,
}

impl Numbers {
    pub(super) fn ticket(&mut self) -> Ticket {
        self.ticket += 1;
        Ticket(self.ticket)
    }

    pub(super) fn attempt(&mut self) -> Attempt {
        self.attempt += 1;
        Attempt(self.attempt)
    }
}
