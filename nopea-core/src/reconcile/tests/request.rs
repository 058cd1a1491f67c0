//! Effects by the kind of request that they make.

use crate::{
    port::Mode,
    reconcile::{Ask, Attempt, Effect, Ticket},
};

/// What kind of request an effect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Request {
    Restore,
    Survey,
    Resolve,
    Render,
    Scope,
    Claim,
    DryRun,
    Write,
    Look,
    Delete,
    HandBack,
    TryCreate,
    Wanted,
    Contents,
    Release,
}

pub(super) fn request_of(effect: &Effect) -> Option<Request> {
    Some(match effect {
        Effect::Restore { .. } => Request::Restore,
        Effect::Survey { .. } => Request::Survey,
        Effect::Resolve { .. } => Request::Resolve,
        Effect::Render { .. } => Request::Render,
        Effect::Scope { .. } => Request::Scope,
        Effect::Claim { .. } => Request::Claim,
        Effect::Ask { ask: Ask::Apply { mode: Mode::Try, .. }, .. } => Request::DryRun,
        Effect::Ask { ask: Ask::Apply { mode: Mode::Real, .. }, .. } => Request::Write,
        Effect::Ask { ask: Ask::Look { .. }, .. } => Request::Look,
        Effect::Ask { ask: Ask::Delete { .. }, .. } => Request::Delete,
        Effect::Ask { ask: Ask::Release { .. }, .. } => Request::HandBack,
        Effect::Ask { ask: Ask::TryCreate { .. }, .. } => Request::TryCreate,
        Effect::AskWanted { .. } => Request::Wanted,
        Effect::AskContents { .. } => Request::Contents,
        Effect::Release { .. } => Request::Release,
        Effect::Follow { .. }
        | Effect::Want { .. }
        | Effect::Publish { .. }
        | Effect::Notify(_)
        | Effect::Reply { .. }
        | Effect::WakeAt(_)
        | Effect::Cancel(_)
        | Effect::Retire => return None,
    })
}

pub(super) fn ticket_of(effect: &Effect) -> Option<Ticket> {
    match effect {
        Effect::Restore { ticket, .. }
        | Effect::Survey { ticket, .. }
        | Effect::Resolve { ticket, .. }
        | Effect::Render { ticket, .. }
        | Effect::Ask { ticket, .. }
        | Effect::Release { ticket, .. } => Some(*ticket),
        _other => None,
    }
}

/// The attempt in whose name a request is made.
pub(super) fn attempt_of(effect: &Effect) -> Option<Attempt> {
    match effect {
        Effect::Scope { attempt, .. }
        | Effect::Claim { attempt, .. }
        | Effect::AskWanted { attempt, .. }
        | Effect::AskContents { attempt, .. } => Some(*attempt),
        _other => None,
    }
}
