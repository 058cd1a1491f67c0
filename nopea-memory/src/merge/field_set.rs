//! Sets of field paths and their algebra (structured-merge-diff `fieldpath.Set`).
//!
//! A path in a set says nothing about what lies below it: `.spec` and `.spec.replicas` are two members.
//! It must not know values or schemas.

use std::collections::BTreeMap;

use super::path::{Path, PathElement};

/// A set of field paths, kept as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    pub(crate) nodes: BTreeMap<PathElement, Node>,
}

/// What a set holds at one path element: the path itself, or paths below it, or both. Never neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) member: bool,
    pub(crate) below: FieldSet,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl FieldSet {
    /// The set that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path; the empty one is left out, since nobody owns a whole object.
    pub fn insert(&mut self, path: &[PathElement]) {
        if let Some((first, rest)) = path.split_first() {
            let node = self.nodes.entry(first.clone()).or_default();
            if rest.is_empty() {
                node.member = true;
            } else {
                node.below.insert(rest);
            }
        }
    }

    /// Whether exactly this path is a member.
    pub fn has(&self, path: &[PathElement]) -> bool {
        match path.split_first() {
            None => false,
            Some((first, [])) => self.nodes.get(first).is_some_and(|node| node.member),
            Some((first, rest)) => self.nodes.get(first).is_some_and(|node| node.below.has(rest)),
        }
    }

    /// Whether nothing is a member.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The members in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.absorb(other);
        result
    }

    fn absorb(&mut self, other: &Self) {
        for (element, node) in &other.nodes {
            if let Some(mine) = self.nodes.get_mut(element) {
                mine.member |= node.member;
                mine.below.absorb(&node.below);
            } else {
                self.nodes.insert(element.clone(), node.clone());
            }
        }
    }

    /// The members in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combined(|element, node| {
            let Some(theirs) = other.nodes.get(element) else { return Node::default() };
            Node {
                member: node.member && theirs.member,
                below: node.below.intersection(&theirs.below),
            }
        })
    }

    /// The members of this set that are not in `other`; what lies below a common member stays.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combined(|element, node| match other.nodes.get(element) {
            None => node.clone(),
            Some(theirs) => Node {
                member: node.member && !theirs.member,
                below: node.below.difference(&theirs.below),
            },
        })
    }

    /// The members of this set that neither are in `other` nor lie below a member of it.
    #[must_use]
    pub fn recursive_difference(&self, other: &Self) -> Self {
        self.combined(|element, node| match other.nodes.get(element) {
            None => node.clone(),
            Some(theirs) if theirs.member => Node::default(),
            Some(theirs) => {
                Node { member: node.member, below: node.below.recursive_difference(&theirs.below) }
            }
        })
    }

    fn combined(&self, combine: impl Fn(&PathElement, &Node) -> Node) -> Self {
        let nodes = self.nodes.iter().map(|(element, node)| (element, combine(element, node)));
        let kept = nodes.filter(|(_, node)| !node.is_empty());
        Self { nodes: kept.map(|(element, node)| (element.clone(), node)).collect() }
    }

    /// Every member, in order.
    pub fn members(&self) -> Vec<Path> {
        let mut all = Vec::new();
        self.collect(&mut Vec::new(), &mut all, |_| true);
        all
    }

    /// The members below which nothing else is a member, in order.
    pub fn leaves(&self) -> Vec<Path> {
        let mut all = Vec::new();
        self.collect(&mut Vec::new(), &mut all, |node| node.below.is_empty());
        all
    }

    fn collect(&self, at: &mut Path, all: &mut Vec<Path>, wanted: fn(&Node) -> bool) {
        for (element, node) in &self.nodes {
            at.push(element.clone());
            if node.member && wanted(node) {
                all.push(at.clone());
            }
            node.below.collect(at, all, wanted);
            at.pop();
        }
    }

    /// Whether the path of this element alone is a member.
    pub(crate) fn holds(&self, element: &PathElement) -> bool {
        self.nodes.get(element).is_some_and(|node| node.member)
    }

    /// What the set holds below an element, if anything.
    pub(crate) fn below(&self, element: &PathElement) -> Option<&Self> {
        self.nodes.get(element).map(|node| &node.below).filter(|below| !below.is_empty())
    }
}

/// Makes a set of field names alone: `["metadata", "name"]` is `.metadata.name`.
pub(crate) fn named(paths: &[&[&str]]) -> FieldSet {
    let mut set = FieldSet::new();
    for path in paths {
        let path: Path = path.iter().map(|&name| PathElement::Field(name.to_owned())).collect();
        set.insert(&path);
    }
    set
}
