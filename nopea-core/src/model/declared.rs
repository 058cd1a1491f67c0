//! A declared repository: its identity, its spec, and the orders in its annotations.

use std::{collections::BTreeMap, sync::Arc};

use super::{Commit, Hash, RepoKey, Spec, Text, Timestamp, Uid};

/// Annotation whose every new value asks for a sync.
pub const SYNC_REQUESTED_AT: &str = "nopea.io/sync-requested-at";
/// Annotation whose every new value asks to heal all drift.
pub const HEAL_REQUESTED_AT: &str = "nopea.io/heal-requested-at";
/// Annotation that holds a commit: `<commit>[@<RFC 3339 expiry>]`.
pub const PIN: &str = "nopea.io/pin";
/// Annotation that lets exactly the prune list of this digest through.
pub const APPROVE_PRUNE: &str = "nopea.io/approve-prune";

/// A repository as its owner declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Which repository.
    pub key: RepoKey,
    /// The uid of the declaring object: membership hangs on it.
    pub uid: Uid,
    /// `metadata.generation` of the declaring object.
    pub generation: i64,
    /// What is wished.
    pub spec: Arc<Spec>,
    /// What its annotations ask for.
    pub orders: Orders,
    /// When its deletion was asked for.
    pub deleted_at: Option<Timestamp>,
}

/// What the annotations of a repository ask for, and what of the declaring object cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The last value of [`SYNC_REQUESTED_AT`].
    pub sync_token: Option<Text>,
    /// The last value of [`HEAL_REQUESTED_AT`].
    pub heal_token: Option<Text>,
    /// The commit that is held.
    pub pin: Option<Pin>,
    /// The digest of the prune list that is let through.
    pub approved_prune: Option<Hash>,
    /// Whether attempts write.
    pub intent: Intent,
    /// The annotations that say nothing understandable: told, and otherwise as if they were not there.
    pub unread: Arc<[InvalidOrder]>,
    /// Why the spec that stands now cannot be: [`Declared::spec`] is the last one that could. What
    /// was applied from it stays and is healed, and nothing newer is applied.
    pub refused: Option<Text>,
}

/// How far attempts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Intent {
    /// To the end.
    #[default]
    Sync,
    /// To the end of the preflight: nothing is written.
    Plan,
}

/// A commit that is held against polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The commit.
    pub commit: Commit,
    /// Until when; none means until the annotation goes.
    pub until: Option<Timestamp>,
}

/// An annotation of a repository that says nothing understandable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("annotation {name} {value:?} cannot be read: {help}")]
pub struct InvalidOrder {
    /// The annotation.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// The way out.
    pub help: &'static str,
}

impl Orders {
    /// Reads the annotations of a repository: all of them, once, here.
    ///
    /// What cannot be read is an error beside the orders that could be: a typo in one annotation
    /// does not undo another.
    pub fn parse(annotations: &BTreeMap<String, String>) -> (Self, Vec<InvalidOrder>) {
        let mut wrong = Vec::new();
        let text = |name: &str| annotations.get(name).map(|value| Text::from(value.as_str()));
        let mut refuse = |name, value: &str, help| {
            wrong.push(InvalidOrder { name, value: value.to_owned(), help });
        };
        let pin = annotations.get(PIN).and_then(|value| {
            let read = Pin::parse(value);
            if read.is_none() {
                refuse(PIN, value, "write <full commit> or <full commit>@<RFC 3339 time>");
            }
            read
        });
        let approved_prune = annotations.get(APPROVE_PRUNE).and_then(|value| {
            let read = Hash::parse(value);
            if read.is_none() {
                refuse(APPROVE_PRUNE, value, "copy the 32 digits of the digest from the fault");
            }
            read
        });
        let orders = Self {
            sync_token: text(SYNC_REQUESTED_AT),
            heal_token: text(HEAL_REQUESTED_AT),
            pin,
            approved_prune,
            intent: Intent::Sync,
            unread: wrong.as_slice().into(),
            refused: None,
        };
        (orders, wrong)
    }
}

impl Pin {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('@') {
            None => Some(Self { commit: Commit::parse(text).ok()?, until: None }),
            Some((commit, until)) => Some(Self {
                commit: Commit::parse(commit).ok()?,
                until: Some(Timestamp::parse_rfc3339(until)?),
            }),
        }
    }

    /// Says whether the pin holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_in_one_annotation_does_not_undo_another() {
        let commit = "a".repeat(40);
        let annotations = BTreeMap::from([
            (PIN.to_owned(), format!("{commit}@2026-01-01T00:00:00Z")),
            (APPROVE_PRUNE.to_owned(), "yes".to_owned()),
        ]);
        let (orders, wrong) = Orders::parse(&annotations);
        let pin = orders.pin.unwrap();
        assert_eq!(pin.commit.as_str(), commit);
        assert!(pin.holds(Timestamp(0)));
        assert!(!pin.holds(pin.until.unwrap()));
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].name, APPROVE_PRUNE);
        assert_eq!(*orders.unread, *wrong);
    }
}
