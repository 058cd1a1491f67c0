//! The guard against mass deletion (design rule 8). Knows lists and counts, not how they came about.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    fault::{Code, Fault},
    model::{Hash, ObjectKey, Text, Uid, declared::APPROVE_PRUNE, hash::Hasher},
};

/// From how many members on more than half of them is too much.
pub const GUARDED_FROM: usize = 10;
/// How many objects a fault lists.
const LISTED: usize = 20;
/// The `because` of an empty render.
pub const EMPTY_RENDER: &str = "the render is empty";

/// Whether a prune list may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardVerdict {
    /// It may.
    Free,
    /// It waits for an approval of exactly this list.
    Held {
        /// The digest that approves it.
        digest: Hash,
        /// Why, as a fragment.
        because: Text,
    },
}

/// Judges a prune list: an empty render with members, or more than half of 10 or more members, is
/// held unless `approved` is the digest of the list.
///
/// ```
/// use std::collections::BTreeSet;
/// use nopea_core::{guard::{self, GuardVerdict}, model::{ObjectKey, Uid}};
///
/// let uid = Uid::new("f00d");
/// let list = BTreeSet::from([ObjectKey::new("", "ConfigMap", "shop", "a")]);
/// assert_eq!(guard::prune_guard(&uid, 9, &list, 8, None), GuardVerdict::Free);
/// let held = guard::prune_guard(&uid, 1, &list, 0, None);
/// assert!(matches!(held, GuardVerdict::Held { .. }));
/// let approved = Some(guard::digest(&uid, &list));
/// assert_eq!(guard::prune_guard(&uid, 1, &list, 0, approved), GuardVerdict::Free);
/// ```
pub fn prune_guard(
    uid: &Uid,
    members: usize,
    prune: &BTreeSet<ObjectKey>,
    desired: usize,
    approved: Option<Hash>,
) -> GuardVerdict {
    let because: Text = if prune.is_empty() {
        return GuardVerdict::Free;
    } else if desired == 0 {
        EMPTY_RENDER.into()
    } else if members >= GUARDED_FROM && prune.len().saturating_mul(2) > members {
        format!("it would delete {} of {members} objects", prune.len()).into()
    } else {
        return GuardVerdict::Free;
    };
    let digest = digest(uid, prune);
    if approved == Some(digest) {
        GuardVerdict::Free
    } else {
        GuardVerdict::Held { digest, because }
    }
}

/// The digest that approves a prune list: of the parent's uid and the sorted keys.
///
/// ```
/// use std::collections::BTreeSet;
/// use nopea_core::{guard::digest, model::Uid};
///
/// let empty = BTreeSet::new();
/// assert_ne!(digest(&Uid::new("a"), &empty), digest(&Uid::new("b"), &empty));
/// ```
pub fn digest(uid: &Uid, keys: &BTreeSet<ObjectKey>) -> Hash {
    let mut hasher = Hasher::default();
    hasher.part(uid.0.as_bytes());
    for key in keys {
        for part in [&key.kind.group, &key.kind.kind, &key.namespace, &key.name] {
            hasher.part(part.as_bytes());
        }
    }
    hasher.finish()
}

/// The fault of a held list: what would go, and the two ways to let it.
///
/// ```
/// use std::collections::BTreeSet;
/// use nopea_core::{guard, fault::Code, model::{ObjectKey, Uid}};
///
/// let list = BTreeSet::from([ObjectKey::new("", "ConfigMap", "shop", "a")]);
/// let digest = guard::digest(&Uid::new("u"), &list);
/// let fault = guard::fault(&list, digest, guard::EMPTY_RENDER);
/// assert_eq!(fault.code, Code::EmptyRender);
/// assert!(fault.help.contains(&digest.to_string()));
/// ```
pub fn fault(prune: &BTreeSet<ObjectKey>, digest: Hash, because: &str) -> Fault {
    let (code, count) = match because {
        EMPTY_RENDER => (Code::EmptyRender, prune.len()),
        _ => (Code::PruneHeld, prune.len()),
    };
    let noun = if count == 1 { "object" } else { "objects" };
    let mut message = format!("held, as {because}; {count} {noun} would be deleted: ");
    for (at, key) in prune.iter().take(LISTED).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _infallible = write!(message, "{comma}{key}");
    }
    if let Some(rest) = count.checked_sub(LISTED).filter(|rest| *rest > 0) {
        let _infallible = write!(message, " and {rest} more");
    }
    Fault::new(code, message).help(format!(
        "put the manifests back; or let exactly this list through with the annotation \
         {APPROVE_PRUNE}: {digest} on the GitRepository, or with `nopea sync ... --approve {digest}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> BTreeSet<ObjectKey> {
        (0..count).map(|n| ObjectKey::new("", "ConfigMap", "shop", format!("c{n:03}"))).collect()
    }

    #[test]
    fn rule_8_holds_empty_renders_and_more_than_half_of_ten() {
        // members, pruned, desired, held
        let table = [
            (0, 0, 0, false),
            (1, 1, 0, true),
            (9, 8, 1, false),
            (10, 5, 5, false),
            (10, 6, 4, true),
            (11, 6, 5, true),
            (12, 6, 6, false),
            (100, 51, 900, true),
        ];
        for (members, pruned, desired, held) in table {
            let verdict = prune_guard(&Uid::new("u"), members, &keys(pruned), desired, None);
            assert_eq!(verdict != GuardVerdict::Free, held, "{members} {pruned} {desired}");
        }
    }

    #[test]
    fn an_approval_lets_exactly_its_list_through() {
        let uid = Uid::new("u");
        let approved = Some(digest(&uid, &keys(6)));
        assert_eq!(prune_guard(&uid, 10, &keys(6), 4, approved), GuardVerdict::Free);
        assert_ne!(prune_guard(&uid, 10, &keys(7), 3, approved), GuardVerdict::Free);
        assert_ne!(prune_guard(&Uid::new("v"), 10, &keys(6), 4, approved), GuardVerdict::Free);
    }

    #[test]
    fn the_fault_lists_twenty_and_counts_the_rest() {
        let list = keys(25);
        let digest = digest(&Uid::new("u"), &list);
        let held = fault(&list, digest, "it would delete 25 of 30 objects");
        assert_eq!(held.code, Code::PruneHeld);
        assert!(held.message.contains("25 objects would be deleted: ConfigMap shop/c000, "));
        assert!(held.message.ends_with("ConfigMap shop/c019 and 5 more"), "{}", held.message);
        assert!(held.help.contains(&format!("nopea.io/approve-prune: {digest}")));
        assert!(held.help.contains(&format!("--approve {digest}")));
        assert_eq!(fault(&keys(1), digest, EMPTY_RENDER).code, Code::EmptyRender);
    }
}
