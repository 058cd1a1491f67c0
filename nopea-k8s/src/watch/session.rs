//! Keeps the watch of one kind open: lists, watches, resumes, and lists again after a gap.
//!
//! ```text
//! resolve -> list (streaming, else pages) -> watch -> resume …
//!    │          ↑ 410, as a status or inside the stream │
//!    └ not served (discovery says so) -> gone           └ ended: at once, failed: after a pause
//! ```
//!
//! Not on `kube::runtime::watcher`: that one asks for ever for a version which a 410 or 404 refuses,
//! and opens a stream which ends at once without a pause.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _};
use kube::core::WatchEvent;
use nopea_core::{model::Observation, observe::observe, port::Refusal};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::{
    Shared,
    hub::Hub,
    pace::Pace,
    request::{self, From, MEMBERS, TIMEOUT_SECONDS},
};
use crate::{discovery::Resource, list};

/// How long a server may take to begin with a watch.
const OPENING: Duration = Duration::from_secs(30);
/// How long a list inside a watch may say nothing.
const LISTING: Duration = Duration::from_mins(1);
/// How long a watch may say nothing: its own end is late.
const IDLE: Duration = Duration::from_secs(TIMEOUT_SECONDS as u64 + 10);
/// How long a kind is watched in a version that Git does not write before it is resolved anew: drift is
/// judged in Git's version alone (experiments R9), which its definition may just be getting.
const STAND_IN: Duration = Duration::from_secs(5);
/// A watch that ended sooner, without any event, is no watch.
const SHORT: Duration = Duration::from_secs(1);
/// After so many refusals of one version everything is listed anew: the version may be of a
/// cluster that was restored from a backup.
const REFUSALS: u32 = 5;

/// Runs until its kind is gone or nobody follows it.
pub(super) async fn run(shared: Arc<Shared>, hub: Arc<Hub>) {
    let mut session = Session {
        shared,
        hub,
        from: None,
        version: None,
        streaming: true,
        refusals: 0,
        pace: Pace::default(),
    };
    loop {
        match session.resource().await {
            Ok(Some(resource)) => session.watch_as(&resource).await,
            Ok(None) => {
                session.hub.gone();
                session.shared.retire(&session.hub);
                return;
            }
            Err(refusal) => {
                tracing::debug!(kind = %session.hub.kind, %refusal, "could not resolve a kind");
                sleep(session.pace.next()).await;
            }
        }
    }
}

struct Session {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    /// The version to go on from; none where everything has to be listed.
    from: Option<String>,
    /// Group and version of the last watch.
    version: Option<String>,
    /// Whether the server knows streaming lists.
    streaming: bool,
    refusals: u32,
    pace: Pace,
}

/// Why a watch is over.
#[derive(Debug)]
enum End {
    /// It came to its end.
    Ended,
    /// The version is too old, or the list was cut off.
    Expired,
    /// The server refuses it.
    Refused(u16, String),
    /// The connection failed.
    Broken(String),
}

impl Session {
    /// How the kind is served; none where it is not. A group that does not answer is a refusal.
    async fn resource(&self) -> Result<Option<Arc<Resource>>, Refusal> {
        let (discovery, kind) = (&self.shared.discovery, &self.hub.kind);
        match discovery.resource(kind, &self.hub.api_version).await {
            Ok(resource) => return Ok(Some(resource)),
            Err(Refusal::Status(status)) if status.code == 404 => {}
            Err(refusal) => return Err(refusal),
        }
        // the version is not served: the objects still are, in another one
        let scopes = discovery.scopes(&BTreeSet::from([kind.clone()])).await?;
        let Some(version) = scopes.get(kind).and_then(|scope| scope.versions.first()) else {
            return Ok(None);
        };
        discovery.resource(kind, &list::api_version(kind, version)).await.map(Some)
    }

    /// Watches in the version that Git writes, or in another one for as long as that is not served.
    async fn watch_as(&mut self, resource: &Resource) {
        let version = resource.api_version();
        if self.version.as_ref() != Some(&version) {
            // what was shown in another version has to be shown in this one
            self.from = None;
        }
        self.version = Some(version);
        if self.stands_in(resource) {
            // what comes is shown meanwhile; where it resumes, nothing is listed twice
            drop(timeout(STAND_IN, self.watch(resource)).await);
        } else {
            self.watch(resource).await;
        }
    }

    /// Whether this is not the version that Git writes.
    fn stands_in(&self, resource: &Resource) -> bool {
        resource.api_version() != *self.hub.api_version
    }

    /// Watches until the kind has to be resolved anew.
    async fn watch(&mut self, resource: &Resource) {
        loop {
            let began = Instant::now();
            let mut heard = false;
            let end = match self.from.clone() {
                Some(version) => self.open(resource, From::Version(version), &mut heard).await,
                None if self.streaming => self.open(resource, From::Beginning, &mut heard).await,
                None => self.pages(resource, &mut heard).await,
            };
            if heard {
                self.pace.reset();
                self.refusals = 0;
            }
            match end {
                // a change of the definition ends its watches, and may bring the version
                End::Ended if heard && self.stands_in(resource) => return,
                End::Ended if heard || began.elapsed() >= SHORT => {}
                End::Ended => sleep(self.pace.next()).await,
                End::Broken(why) => {
                    tracing::debug!(kind = %self.hub.kind, why, "a watch broke");
                    sleep(self.pace.next()).await;
                }
                End::Expired => {
                    self.from = None;
                    if !heard {
                        sleep(self.pace.next()).await;
                    }
                }
                End::Refused(404, _) => {
                    self.shared.discovery.forget_kind(&self.hub.kind);
                    sleep(self.pace.next()).await;
                    return;
                }
                End::Refused(400 | 422, _) if self.from.is_none() && self.streaming => {
                    self.streaming = false;
                }
                End::Refused(code, message) => {
                    if code == 403 {
                        let kind = &self.hub.kind;
                        tracing::warn!(%kind, message, "the cluster forbids to watch a kind");
                    }
                    self.refusals += 1;
                    if self.refusals >= REFUSALS {
                        self.from = None;
                    }
                    let busy = code == 429 || code >= 500;
                    sleep(if busy { self.pace.next() } else { self.pace.refused() }).await;
                }
            }
        }
    }

    /// Opens a watch and hears it to its end.
    async fn open(&mut self, resource: &Resource, from: From, heard: &mut bool) -> End {
        let request = match request::watch(resource, MEMBERS, &from) {
            Ok(request) => request,
            Err(refusal) => return End::Broken(refusal.to_string()),
        };
        let client = self.shared.transport.client().clone();
        let opened = timeout(OPENING, client.request_events::<Value>(request)).await;
        let events = match opened {
            Ok(Ok(events)) => events,
            Ok(Err(error)) => return end_of(&error),
            Err(_) => return End::Broken("the server did not begin".to_owned()),
        };
        if from == From::Beginning {
            self.hub.begin();
        }
        let events = std::pin::pin!(events);
        self.hear(events, heard).await
    }

    async fn hear(
        &mut self,
        mut events: impl Stream<Item = kube::Result<WatchEvent<Value>>> + Unpin,
        heard: &mut bool,
    ) -> End {
        loop {
            let patience = if self.from.is_some() { IDLE } else { LISTING };
            let event = match timeout(patience, events.next()).await {
                Err(_) => return End::Broken("the server fell silent".to_owned()),
                Ok(None) if self.from.is_some() => return End::Ended,
                Ok(None) => return End::Broken("the list ended early".to_owned()),
                Ok(Some(Err(error))) => return end_of(&error),
                Ok(Some(Ok(event))) => event,
            };
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    self.seen(object, false);
                }
                WatchEvent::Deleted(object) => self.seen(object, true),
                WatchEvent::Bookmark(bookmark) => {
                    let all =
                        bookmark.metadata.annotations.contains_key("k8s.io/initial-events-end");
                    if self.from.is_some() || all {
                        let begins = self.from.is_none();
                        self.from = Some(bookmark.metadata.resource_version);
                        if begins {
                            self.hub.complete();
                        }
                    }
                }
                WatchEvent::Error(status) => return end_of_status(&status),
            }
            *heard = true;
        }
    }

    fn seen(&mut self, object: Value, deleted: bool) {
        let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        let version = version.map(str::to_owned);
        if let Some(seen) = observed(object) {
            match (&self.from, deleted) {
                (None, false) => self.hub.listed(seen),
                // while it is listed nothing can leave (KEP-3157)
                (None, true) => {}
                (Some(_), false) => self.hub.applied(self.shared.riders.seat(seen)),
                (Some(_), true) => self.hub.deleted(seen.without_object()),
            }
        }
        if self.from.is_some() && version.is_some() {
            self.from = version;
        }
    }

    /// Lists everything in pages.
    async fn pages(&mut self, resource: &Resource, heard: &mut bool) -> End {
        self.hub.begin();
        let mut pages = list::Pages::new(resource, "", MEMBERS, self.shared.page_size);
        loop {
            let page = match pages.next(&self.shared.transport).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(Refusal::Status(status)) if status.code == 410 => return End::Expired,
                Err(Refusal::Status(status)) => {
                    return End::Refused(status.code, status.message.to_string());
                }
                Err(refusal @ (Refusal::Unreachable(_) | Refusal::TimedOut(_))) => {
                    return End::Broken(refusal.to_string());
                }
            };
            for object in page {
                if let Some(seen) = observed(object) {
                    self.hub.listed(seen.without_object());
                }
            }
        }
        *heard = true;
        self.from = pages.version();
        if self.from.is_none() {
            return End::Broken("the list has no version".to_owned());
        }
        self.hub.complete();
        End::Ended
    }
}

fn observed(object: Value) -> Option<Observation> {
    let seen = observe(Arc::new(object));
    seen.inspect_err(|malformed| tracing::warn!(%malformed, "an object cannot be read")).ok()
}

fn end_of(error: &kube::Error) -> End {
    #[expect(clippy::wildcard_enum_match_arm, reason = "kube adds errors at will")]
    match error {
        kube::Error::Api(status) => end_of_status(status),
        other => End::Broken(crate::refusal::reason(other)),
    }
}

fn end_of_status(status: &kube::core::Status) -> End {
    match status.code {
        410 => End::Expired,
        code => End::Refused(code, status.message.clone()),
    }
}
