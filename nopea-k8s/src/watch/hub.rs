//! What lives of one kind, as far as its watch has shown, and who follows it.
//!
//! Of an object it remembers the observation without the object: hashes and names. It opens no
//! connection, and never waits for a repository.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nopea_core::{
    model::{Change, GroupKind, Observation, Text},
    port::ViewEvent,
};

use super::{channel::Channel, names::Names};

/// The watch of one kind in one version.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) kind: GroupKind,
    /// Group and version in which Git writes it.
    pub(super) api_version: Text,
    inner: Mutex<Inner>,
}

/// Namespace and name.
type Place = (Text, Text);

#[derive(Debug, Default)]
struct Inner {
    /// By the value of the part-of label. One map for all, of boxes: a thousand repositories with a
    /// few objects each would else be a thousand maps of mostly empty nodes.
    objects: BTreeMap<(Text, Place), Box<Known>>,
    /// The set that each object is in.
    set_of: HashMap<Place, Text>,
    followers: HashMap<Text, Vec<Arc<Channel>>>,
    names: Names,
    round: u64,
    state: Showing,
}

#[derive(Debug)]
struct Known {
    round: u64,
    seen: Observation,
}

/// Whether what is known is all that lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Showing {
    /// Not yet.
    #[default]
    Part,
    /// It is.
    All,
    /// The kind is not served.
    Nothing,
}

impl Hub {
    pub(super) fn new(kind: GroupKind, api_version: Text) -> Self {
        Self { kind, api_version, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A repository follows from now on.
    pub(super) fn join(&self, channel: &Arc<Channel>) {
        let mut inner = self.inner();
        if inner.state == Showing::Nothing {
            channel.gone(&self.kind);
        }
        inner.followers.entry(Text::clone(&channel.part_of)).or_default().push(Arc::clone(channel));
    }

    /// A repository follows no more; true where it was the last.
    pub(super) fn leave(&self, channel: &Arc<Channel>) -> bool {
        let mut inner = self.inner();
        if let Some(channels) = inner.followers.get_mut(&channel.part_of) {
            channels.retain(|one| !Arc::ptr_eq(one, channel));
            if channels.is_empty() {
                inner.followers.remove(&channel.part_of);
            }
        }
        inner.followers.is_empty()
    }

    /// All that lives of a repository; none while that is not known.
    pub(super) fn show(&self, channel: &Channel) -> Option<VecDeque<ViewEvent>> {
        let inner = self.inner();
        if inner.state != Showing::All {
            return None;
        }
        // under the lock of the hub: what comes later is a further event
        channel.listed(&self.kind);
        let mut live = BTreeSet::new();
        let mut events = VecDeque::new();
        for known in inner.of(&channel.part_of) {
            live.insert(known.seen.uid.clone());
            events.push_back(ViewEvent::Observed(Box::new(known.seen.clone())));
        }
        events.push_back(ViewEvent::Synced { kind: self.kind.clone(), live });
        Some(events)
    }

    /// Everything that lives is about to be listed.
    pub(super) fn begin(&self) {
        let mut inner = self.inner();
        inner.round += 1;
        inner.state = Showing::Part;
    }

    /// An object was listed.
    pub(super) fn listed(&self, seen: Observation) {
        self.inner().remember(self, seen);
    }

    /// Everything was listed: what was not among it is gone, and each repository is shown its own.
    pub(super) fn complete(&self) {
        let mut inner = self.inner();
        let Inner { objects, set_of, round, .. } = &mut *inner;
        objects.retain(|(_, place), known| {
            let lives = known.round == *round;
            if !lives {
                set_of.remove(place);
            }
            lives
        });
        inner.names.tidy();
        inner.state = Showing::All;
        inner.each(|channel| channel.relist(&self.kind));
    }

    /// An object was created or changed.
    pub(super) fn applied(&self, mut seen: Observation) {
        let mut inner = self.inner();
        let object = seen.object.take();
        let Some((seen, before)) = inner.remember(self, seen) else { return };
        let now = seen.marks.part_of.clone();
        let seen = Observation { object, ..seen };
        inner.tell(before, now, &seen);
    }

    /// An object left the view: the state before it did.
    pub(super) fn deleted(&self, seen: Observation) {
        // the deletionTimestamp of what is gone was seen before (R2)
        let change = match seen.change {
            Change::Terminating | Change::Gone => Change::Gone,
            Change::Present | Change::LeftView => Change::LeftView,
        };
        let mut seen = Observation { change, ..seen };
        let mut inner = self.inner();
        inner.names.share(self, &mut seen);
        let place = (Text::clone(&seen.key.namespace), Text::clone(&seen.key.name));
        let before = inner.set_of.remove(&place);
        if let Some(set) = &before {
            inner.objects.remove(&(Text::clone(set), place));
        }
        let now = seen.marks.part_of.clone();
        inner.tell(before, now, &seen);
    }

    /// The kind is not served any more.
    pub(super) fn gone(&self) {
        let mut inner = self.inner();
        inner.objects = BTreeMap::new();
        inner.set_of = HashMap::new();
        inner.state = Showing::Nothing;
        inner.each(|channel| channel.gone(&self.kind));
    }
}

impl Inner {
    /// Remembers an object; gives it back, sharing its names, with the set that it was in. Nothing
    /// where it is in none: the selector never shows such an object.
    fn remember(&mut self, hub: &Hub, seen: Observation) -> Option<(Observation, Option<Text>)> {
        let mut seen = seen.without_object();
        self.names.share(hub, &mut seen);
        let set = seen.marks.part_of.clone()?;
        let place = (Text::clone(&seen.key.namespace), Text::clone(&seen.key.name));
        let before = self.set_of.insert(place.clone(), Text::clone(&set));
        if let Some(left) = before.as_ref().filter(|before| **before != set) {
            self.objects.remove(&(Text::clone(left), place.clone()));
        }
        let known = Known { round: self.round, seen: seen.clone() };
        self.objects.insert((self.names.text(&set), place), Box::new(known));
        Some((seen, before))
    }

    /// The objects of a set.
    fn of(&self, set: &Text) -> impl Iterator<Item = &Known> {
        let first = (Text::clone(set), (Text::default(), Text::default()));
        let from = self.objects.range(first..);
        from.take_while(move |((one, _), _)| one == set).map(|(_, known)| &**known)
    }

    /// Tells whose it was and whose it is.
    fn tell(&self, before: Option<Text>, now: Option<Text>, seen: &Observation) {
        let sets: BTreeSet<Text> = before.into_iter().chain(now).collect();
        for channel in sets.iter().filter_map(|set| self.followers.get(set)).flatten() {
            channel.push(seen.clone());
        }
    }

    fn each(&self, act: impl Fn(&Channel)) {
        self.followers.values().flatten().for_each(|channel| act(channel));
    }
}
