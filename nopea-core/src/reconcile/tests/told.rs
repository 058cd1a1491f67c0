//! What a bench has said since its last `forget`, as tests ask for it.

use super::{
    bench::Bench,
    request::{Request, request_of},
};
use crate::{
    fault::Code,
    model::{Commit, ObjectReport, What},
    reconcile::Effect,
};

impl Bench {
    /// How many requests of this kind were made since the last `forget`.
    pub(super) fn asked(&self, request: Request) -> usize {
        self.effects.iter().filter(|effect| request_of(effect) == Some(request)).count()
    }

    /// The names of the objects that requests of this kind were about, in order.
    pub(super) fn names(&self, request: Request) -> Vec<&str> {
        let of_kind = self.effects.iter().filter(|effect| request_of(effect) == Some(request));
        of_kind
            .filter_map(|effect| match effect {
                Effect::Ask { key, .. } | Effect::AskContents { key, .. } => Some(&*key.name),
                _whole => None,
            })
            .collect()
    }

    /// All notices since the last `forget`.
    pub(super) fn notices(&self) -> impl Iterator<Item = &What> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Notify(what) => Some(what),
            _other => None,
        })
    }

    /// What was said of the object of this name, newest last.
    pub(super) fn reports(&self, name: &str) -> Vec<&ObjectReport> {
        self.notices()
            .filter_map(|what| match what {
                What::Object(report) if &*report.key.name == name => Some(report),
                _other => None,
            })
            .collect()
    }

    /// How the waiters were answered since the last `forget`.
    pub(super) fn replies(&self) -> Vec<(u64, Result<Commit, Vec<Code>>)> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Reply { waiter, result } => {
                    let result = result.clone();
                    let codes = result.map_err(|all| all.iter().map(|fault| fault.code).collect());
                    Some((waiter.0, codes))
                }
                _other => None,
            })
            .collect()
    }

    /// How often a status was written since the last `forget`.
    pub(super) fn published(&self) -> usize {
        self.effects.iter().filter(|e| matches!(e, Effect::Publish { .. })).count()
    }

    /// The place of the first request of this kind among the effects.
    pub(super) fn place(&self, request: Request) -> usize {
        self.effects.iter().position(|effect| request_of(effect) == Some(request)).unwrap()
    }
}
