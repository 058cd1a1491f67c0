//! Which kinds the cluster serves, asked as rarely as the answer allows.
//!
//! ```text
//! a kind that is known ───────────────────────────────> answered at once
//! a kind that is not, or forgotten ─> one load for all who ask ─> answered, or refused as a server would
//! ```
//!
//! A group that does not answer for itself (an aggregated API without a backend) is unknown, which is
//! never "not served" (experiments R23). It reads no object.

mod catalogue;
mod load;
mod resource;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use nopea_core::{
    model::{GroupKind, Text},
    port::{Refusal, Scopes, ServerStatus},
    prepare::is_built_in,
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use self::catalogue::{Catalogue, Found};
pub(crate) use self::resource::Resource;
use crate::transport::Transport;

/// For how long "no such kind" is believed: a thousand objects of an unknown kind are one load, and
/// a kind that has just come is seen soon enough for the gate that waits for it.
const RECHECK: Duration = Duration::from_millis(100);

/// What the cluster serves. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Discovery(Arc<Shared>);

struct Shared {
    transport: Transport,
    known: Mutex<Known>,
    /// Held by whoever loads.
    loading: AsyncMutex<()>,
}

#[derive(Default)]
struct Known {
    loaded: Option<Loaded>,
    /// How often it was told to forget.
    forgotten: u64,
    /// The last load that failed, and when it did.
    failed: Option<(Instant, Refusal)>,
}

struct Loaded {
    catalogue: Arc<Catalogue>,
    started: Instant,
    /// `forgotten` as it stood before the load.
    forgotten: u64,
}

impl Discovery {
    /// Knows nothing yet.
    pub(crate) fn new(transport: Transport) -> Self {
        let known = Mutex::new(Known::default());
        Self(Arc::new(Shared { transport, known, loading: AsyncMutex::new(()) }))
    }

    /// How a kind is served in the version of `api_version`.
    ///
    /// What is not served is refused as the server would: 404 as plain text for a kind, 404 as a
    /// `Status` for a version; 503 where its group does not answer.
    pub(crate) async fn resource(
        &self,
        kind: &GroupKind,
        api_version: &str,
    ) -> Result<Arc<Resource>, Refusal> {
        let asked = Instant::now();
        let version = api_version.rsplit('/').next().unwrap_or_default();
        if let Some(catalogue) = self.known().at_hand(is_built_in(&kind.group))
            && let Found::Served(resource) = catalogue.find(kind, version)
        {
            return Ok(resource);
        }
        match self.recent(asked).await?.find(kind, version) {
            Found::Served(resource) => Ok(resource),
            Found::NoVersion => Err(no_version()),
            Found::NoKind => Err(no_kind()),
            Found::Unknown => Err(unknown(&kind.group)),
        }
    }

    /// How kinds are scoped and served; a kind that is not served is absent.
    pub(crate) async fn scopes(&self, kinds: &BTreeSet<GroupKind>) -> Result<Scopes, Refusal> {
        let asked = Instant::now();
        let scopes = |catalogue: &Catalogue| -> Scopes {
            let scope = |kind: &GroupKind| Some((kind.clone(), catalogue.scope(kind)?));
            kinds.iter().filter_map(scope).collect()
        };
        let built_in = kinds.iter().all(|kind| is_built_in(&kind.group));
        let at_hand = self.known().at_hand(built_in);
        if let Some(found) = at_hand.map(|catalogue| scopes(&catalogue))
            && found.len() == kinds.len()
        {
            return Ok(found);
        }
        let catalogue = self.recent(asked).await?;
        let found = scopes(&catalogue);
        let missing = kinds
            .iter()
            .find(|kind| !found.contains_key(*kind) && catalogue.does_not_answer(&kind.group));
        missing.map_or(Ok(found), |kind| Err(unknown(&kind.group)))
    }

    /// Every kind that can be listed, each in its preferred version. Kinds of a group that does not
    /// answer are not among them.
    pub(crate) async fn listable(&self) -> Result<Vec<Arc<Resource>>, Refusal> {
        Ok(self.recent(Instant::now()).await?.listable())
    }

    /// Forgets what a change of a `CustomResourceDefinition` may have changed: kube-apiserver's own
    /// kinds stay known.
    pub(crate) fn forget(&self) {
        self.known().forgotten += 1;
    }

    /// Forgets one kind: a request for it was answered as if it were not served.
    pub(crate) fn forget_kind(&self, kind: &GroupKind) {
        if let Some(loaded) = &mut self.known().loaded {
            Arc::make_mut(&mut loaded.catalogue).remove(kind);
        }
    }

    /// A catalogue that tells what was served when it was asked for, or little before: the one that
    /// is known, that another caller is loading, or a new one.
    async fn recent(&self, asked: Instant) -> Result<Arc<Catalogue>, Refusal> {
        if let Some(catalogue) = self.known().recent(asked) {
            return Ok(catalogue);
        }
        let _loading = self.0.loading.lock().await;
        let forgotten = {
            let known = self.known();
            if let Some(catalogue) = known.recent(asked) {
                return Ok(catalogue);
            }
            // all who waited for a load that failed would else repeat it one after another
            if let Some((at, refusal)) = &known.failed
                && *at >= asked
            {
                return Err(refusal.clone());
            }
            known.forgotten
        };
        let started = Instant::now();
        let outcome = load::load(&self.0.transport).await;
        let mut known = self.known();
        match outcome {
            Ok(catalogue) => {
                let catalogue = Arc::new(catalogue);
                let kept = Arc::clone(&catalogue);
                known.loaded = Some(Loaded { catalogue: kept, started, forgotten });
                Ok(catalogue)
            }
            Err(refusal) => {
                known.failed = Some((Instant::now(), refusal.clone()));
                Err(refusal)
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What is known, if no change that it was told of can concern who asks: a change of definitions
    /// never concerns the kinds of kube-apiserver itself.
    fn at_hand(&self, built_in: bool) -> Option<Arc<Catalogue>> {
        let loaded = self.loaded.as_ref()?;
        let holds = built_in || loaded.forgotten == self.forgotten;
        holds.then(|| Arc::clone(&loaded.catalogue))
    }

    fn recent(&self, asked: Instant) -> Option<Arc<Catalogue>> {
        let loaded = self.loaded.as_ref()?;
        let holds = loaded.started >= asked
            || (loaded.forgotten == self.forgotten && loaded.started + RECHECK >= asked);
        holds.then(|| Arc::clone(&loaded.catalogue))
    }
}

fn refuse(status: ServerStatus) -> Refusal {
    Refusal::Status(Box::new(status))
}

fn no_kind() -> Refusal {
    refuse(ServerStatus {
        code: 404,
        message: "404 page not found".into(),
        ..ServerStatus::default()
    })
}

fn no_version() -> Refusal {
    refuse(ServerStatus {
        code: 404,
        reason: "NotFound".into(),
        message: "the server could not find the requested resource".into(),
        typed: true,
        ..ServerStatus::default()
    })
}

fn unknown(group: &str) -> Refusal {
    let message: Text = format!("the API group {group} does not answer for its kinds").into();
    refuse(ServerStatus {
        code: 503,
        reason: "ServiceUnavailable".into(),
        message,
        typed: true,
        ..ServerStatus::default()
    })
}

#[cfg(test)]
mod tests;
