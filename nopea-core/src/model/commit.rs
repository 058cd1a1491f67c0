//! Commit ids. Knows no Git.

use std::fmt;

use super::Text;

/// A full commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
///
/// A folder that is no repository is named by the SHA-256 of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(Text);

/// A text that is no full commit id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no full commit id: 40 or 64 hexadecimal digits are")]
pub struct InvalidCommit {
    /// What was given.
    pub text: String,
}

impl Commit {
    /// Reads a full commit id; upper case is folded.
    pub fn parse(text: &str) -> Result<Self, InvalidCommit> {
        let full = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if full {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(InvalidCommit { text: text.to_owned() })
        }
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 7 digits, as Git shows them.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_ids_are_commits() {
        let full = "A".repeat(40);
        assert_eq!(Commit::parse(&full).unwrap().as_str(), "a".repeat(40));
        assert_eq!(Commit::parse(&full).unwrap().short(), "aaaaaaa");
        assert!(Commit::parse("abc1234").is_err());
        assert!(Commit::parse(&"g".repeat(40)).is_err());
    }
}
