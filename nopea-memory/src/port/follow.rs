//! The stream of a follow: a listing, `Synced`, then what changes; a listing again after every gap.

use std::{
    collections::{BTreeSet, VecDeque},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::Stream;
use nopea_core::{
    model::{Change, GroupKind, Uid},
    observe::observe,
    port::ViewEvent,
};

use crate::{
    cluster::Shared,
    json,
    server::{Server, in_version},
    watch::{Channel, Sighting},
};

pub(super) struct Following {
    shared: Arc<Shared>,
    channel: Arc<Channel>,
    listed: VecDeque<ViewEvent>,
}

impl Following {
    pub(super) fn new(shared: Arc<Shared>, channel: Arc<Channel>) -> Self {
        Self { shared, channel, listed: VecDeque::new() }
    }

    /// Lists what has to be listed, with the server held still: no event falls in between.
    fn relist(&mut self) {
        let channel = &self.channel;
        self.listed = self.shared.peek(|server| {
            let kinds = std::mem::take(&mut channel.queue().relist);
            kinds.iter().flat_map(|kind| listing(server, channel, kind)).collect()
        });
    }

    fn told(&self, kind: &GroupKind, sighting: &Sighting) -> Option<ViewEvent> {
        let version = self.channel.kinds.get(kind)?;
        let mut seen = observe(in_version(&sighting.object, version)).ok()?;
        if matches!(sighting.change, Change::LeftView | Change::Gone) {
            seen.change = sighting.change;
        }
        Some(ViewEvent::Observed(Box::new(seen)))
    }
}

fn listing(server: &Server, channel: &Channel, kind: &GroupKind) -> Vec<ViewEvent> {
    let Some(version) = channel.kinds.get(kind) else { return Vec::new() };
    if server.is_served(kind, version).is_err() {
        return vec![ViewEvent::Gone(kind.clone())];
    }
    let mut live = BTreeSet::new();
    let mut events = Vec::new();
    for object in server.members(&channel.repo, kind) {
        live.insert(Uid::new(json::text(&object, &["metadata", "uid"])));
        if let Ok(seen) = observe(in_version(&object, version)) {
            events.push(ViewEvent::Observed(Box::new(seen)));
        }
    }
    events.push(ViewEvent::Synced { kind: kind.clone(), live });
    events
}

impl Stream for Following {
    type Item = ViewEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ViewEvent>> {
        loop {
            if let Some(event) = self.listed.pop_front() {
                return Poll::Ready(Some(event));
            }
            let connected = self.shared.is_connected();
            let mut queue = self.channel.queue();
            if connected && !queue.relist.is_empty() {
                drop(queue);
                self.relist();
                continue;
            }
            let next = if connected { queue.events.pop_front() } else { None };
            let Some((kind, sighting)) = next else {
                queue.waker = Some(cx.waker().clone());
                return Poll::Pending;
            };
            drop(queue);
            if let Some(event) = self.told(&kind, &sighting) {
                return Poll::Ready(Some(event));
            }
        }
    }
}
