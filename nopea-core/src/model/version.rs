//! `metadata.resourceVersion` and what may be concluded from two of them.

use std::{cmp::Ordering, fmt};

use super::Text;

/// A version of one object, comparable within one resource only (KEP-5504).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceVersion(pub Text);

impl ResourceVersion {
    /// Makes a version of the text that the server gave.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// Compares two versions of one resource; none where either is no number and they differ.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        let (mine, theirs) = (self.0.parse::<u64>().ok()?, other.0.parse::<u64>().ok()?);
        Some(mine.cmp(&theirs))
    }

    /// Says whether this version is known to be `other` or older.
    pub fn is_at_or_before(&self, other: &Self) -> bool {
        matches!(self.compare(other), Some(Ordering::Less | Ordering::Equal))
    }
}

impl fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_anything_else_only_by_equality() {
        let version = |text: &str| ResourceVersion::new(text);
        assert!(version("9").is_at_or_before(&version("10")));
        assert!(!version("11").is_at_or_before(&version("10")));
        assert!(version("a").is_at_or_before(&version("a")));
        assert_eq!(version("a").compare(&version("b")), None);
    }
}
