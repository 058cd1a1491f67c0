//! What a cluster said that it serves. A value: it asks nothing.

pub(super) mod aggregated;
pub(super) mod legacy;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use nopea_core::{
    model::{GroupKind, Text},
    port::Scope,
};

use super::Resource;

/// A group as a server describes it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: Text,
    /// The preferred one first.
    pub(super) versions: Vec<GroupVersion>,
}

/// One version of a group.
#[derive(Debug)]
pub(super) struct GroupVersion {
    pub(super) version: Text,
    /// Whether the server could not ask whoever serves it.
    pub(super) stale: bool,
    pub(super) kinds: Vec<Served>,
}

/// A kind in one version of its group.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) plural: Text,
    pub(super) kind: Text,
    pub(super) namespaced: bool,
    pub(super) verbs: Vec<Text>,
}

/// All that is served.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalogue {
    /// Of each kind its versions, the preferred one first.
    kinds: BTreeMap<GroupKind, Vec<Arc<Resource>>>,
    /// Groups of which not all is known.
    unknown: BTreeSet<Text>,
}

/// What a catalogue knows of a kind in a version.
#[derive(Debug)]
pub(super) enum Found {
    /// It is served.
    Served(Arc<Resource>),
    /// The kind is, in other versions.
    NoVersion,
    /// There is no such kind.
    NoKind,
    /// Its group does not answer.
    Unknown,
}

impl Catalogue {
    /// Files what a server described.
    pub(super) fn of(groups: Vec<Group>) -> Self {
        let mut catalogue = Self::default();
        for group in groups {
            for version in &group.versions {
                // a version exists for its kinds: without any, nobody answered for it
                if version.stale || version.kinds.is_empty() {
                    catalogue.unknown.insert(Text::clone(&group.name));
                }
                for served in &version.kinds {
                    catalogue.file(&group.name, &version.version, served);
                }
            }
        }
        catalogue
    }

    fn file(&mut self, group: &Text, version: &Text, served: &Served) {
        let kind = GroupKind { group: Text::clone(group), kind: Text::clone(&served.kind) };
        let versions = self.kinds.entry(kind).or_default();
        // two resources of one kind: the first is the one with objects
        if !versions.iter().any(|resource| resource.version == *version) {
            versions.push(Arc::new(Resource {
                group: Text::clone(group),
                version: Text::clone(version),
                plural: Text::clone(&served.plural),
                kind: Text::clone(&served.kind),
                namespaced: served.namespaced,
                verbs: served.verbs.clone(),
            }));
        }
    }

    /// Looks a kind up.
    pub(super) fn find(&self, kind: &GroupKind, version: &str) -> Found {
        let versions = self.kinds.get(kind).map(Vec::as_slice).unwrap_or_default();
        match versions.iter().find(|resource| &*resource.version == version) {
            Some(resource) => Found::Served(Arc::clone(resource)),
            None if self.does_not_answer(&kind.group) => Found::Unknown,
            None if versions.is_empty() => Found::NoKind,
            None => Found::NoVersion,
        }
    }

    /// How a kind is scoped and served; none where it is not known.
    pub(super) fn scope(&self, kind: &GroupKind) -> Option<Scope> {
        let versions = self.kinds.get(kind)?;
        let namespaced = versions.first()?.namespaced;
        let version = |resource: &Arc<Resource>| Text::clone(&resource.version);
        Some(Scope { namespaced, versions: versions.iter().map(version).collect() })
    }

    /// Says whether a kind of the group may be served although it is not in the catalogue.
    pub(super) fn does_not_answer(&self, group: &str) -> bool {
        self.unknown.contains(group)
    }

    /// Every kind that can be listed, in its preferred version.
    pub(super) fn listable(&self) -> Vec<Arc<Resource>> {
        let preferred = self.kinds.values().filter_map(|versions| versions.first());
        preferred.filter(|resource| resource.allows("list")).map(Arc::clone).collect()
    }

    /// Takes a kind out.
    pub(super) fn remove(&mut self, kind: &GroupKind) {
        self.kinds.remove(kind);
    }
}
