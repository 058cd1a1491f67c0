//! Which commit a reference names, among what a source advertises. Pure: no IO, no gix.

use std::{cmp::Reverse, collections::BTreeMap};

use nopea_core::model::{Commit, Reference, SourceUrl};
use semver::{Version, VersionReq};

use crate::error::GitError;

/// How many names a fault suggests.
const SUGGESTIONS: usize = 3;

/// The references of a source at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advertisement {
    /// The commit of HEAD; none where it points nowhere.
    pub(crate) head: Option<Commit>,
    /// The branch that HEAD names.
    pub(crate) head_branch: Option<String>,
    /// Full names and the commits they lead to, tags peeled.
    pub(crate) refs: BTreeMap<String, Commit>,
}

/// A commit, and the full name of a reference that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) commit: Commit,
    pub(crate) name: Option<String>,
}

/// The full name of the one reference that must be asked for, where branches and tags are not enough.
pub(crate) fn beyond_branches_and_tags(reference: &Reference) -> Option<&str> {
    match reference {
        Reference::Ref(name)
            if !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/") =>
        {
            Some(&**name).filter(|name| *name != "HEAD")
        }
        Reference::Head
        | Reference::Branch(_)
        | Reference::Tag(_)
        | Reference::Semver(_)
        | Reference::Commit(_)
        | Reference::Ref(_) => None,
    }
}

impl Advertisement {
    /// Finds the commit that `reference` names.
    pub(crate) fn select(
        &self,
        url: &SourceUrl,
        reference: &Reference,
    ) -> Result<Selected, GitError> {
        if let Reference::Commit(commit) = reference {
            return Ok(Selected { commit: commit.clone(), name: None });
        }
        if self.head.is_none() && self.refs.is_empty() {
            return Err(GitError::Empty { url: url.clone() });
        }
        match reference {
            Reference::Commit(commit) => Ok(Selected { commit: commit.clone(), name: None }),
            Reference::Head => self.head(url),
            Reference::Branch(name) => self.named(url, reference, &format!("refs/heads/{name}")),
            Reference::Tag(name) => self.named(url, reference, &format!("refs/tags/{name}")),
            Reference::Ref(name) if &**name == "HEAD" => self.head(url),
            Reference::Ref(name) => self.named(url, reference, name),
            Reference::Semver(range) => self.highest(url, range),
        }
    }

    fn head(&self, url: &SourceUrl) -> Result<Selected, GitError> {
        let commit = self.head.clone().ok_or_else(|| {
            let wanted = match &self.head_branch {
                Some(branch) => format!("branch {branch}, which its HEAD names"),
                None => "HEAD".to_owned(),
            };
            let nearest =
                self.nearest("refs/heads/", self.head_branch.as_deref().unwrap_or("main"));
            GitError::UnknownReference { url: url.clone(), wanted, nearest }
        })?;
        Ok(Selected { commit, name: Some("HEAD".to_owned()) })
    }

    fn named(&self, url: &SourceUrl, wanted: &Reference, full: &str) -> Result<Selected, GitError> {
        if let Some(commit) = self.refs.get(full) {
            return Ok(Selected { commit: commit.clone(), name: Some(full.to_owned()) });
        }
        let prefix = ["refs/heads/", "refs/tags/"].into_iter().find(|at| full.starts_with(at));
        let prefix = prefix.unwrap_or("");
        let short = full.strip_prefix(prefix).unwrap_or(full);
        let (url, wanted) = (url.clone(), wanted.to_string());
        let nearest = self.nearest(prefix, short);
        if nearest.is_empty() && looks_like_a_commit(short) {
            return Err(GitError::ShortCommit { url, wanted });
        }
        Err(GitError::UnknownReference { url, wanted, nearest })
    }

    fn highest(&self, url: &SourceUrl, range: &str) -> Result<Selected, GitError> {
        let wanted = VersionReq::parse(range)
            .map_err(|source| GitError::InvalidRange { range: range.to_owned(), source })?;
        let mut versions: Vec<(Version, &String, &Commit)> = Vec::new();
        for (name, commit) in &self.refs {
            let Some(tag) = name.strip_prefix("refs/tags/") else { continue };
            if let Ok(version) = Version::parse(tag.strip_prefix('v').unwrap_or(tag)) {
                versions.push((version, name, commit));
            }
        }
        versions.sort();
        let best = versions.iter().rev().find(|(version, _, _)| wanted.matches(version));
        if let Some((_, name, commit)) = best {
            return Ok(Selected { commit: (*commit).clone(), name: Some((*name).clone()) });
        }
        let floor = wanted.comparators.first().map_or(0, |least| least.major);
        versions.sort_by_key(|(version, _, _)| {
            (version.major.abs_diff(floor), Reverse(version.clone()))
        });
        let tags = versions.iter().filter_map(|(_, name, _)| name.strip_prefix("refs/tags/"));
        let nearest = tags.take(SUGGESTIONS).map(str::to_owned).collect();
        Err(GitError::NoMatchingVersion { url: url.clone(), range: range.to_owned(), nearest })
    }

    /// The names below `prefix` that come nearest to `wanted`, the nearest first.
    fn nearest(&self, prefix: &str, wanted: &str) -> Vec<String> {
        let mut near: Vec<(usize, &str)> = self
            .refs
            .keys()
            .filter_map(|full| full.strip_prefix(prefix))
            .map(|name| (distance(name, wanted), name))
            .filter(|(far, name)| *far <= 2 + wanted.len() / 3 || name.contains(wanted))
            .collect();
        near.sort_unstable();
        near.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
    }
}

fn looks_like_a_commit(name: &str) -> bool {
    (4..40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_hexdigit())
        && name.bytes().any(|byte| byte.is_ascii_digit())
}

/// The Levenshtein distance: how many bytes to put in, take out or change.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.bytes().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(b.bytes()) {
            let change = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = change.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: &str) -> Commit {
        Commit::parse(&digit.repeat(40)).unwrap()
    }

    fn url() -> SourceUrl {
        SourceUrl::parse("https://me:secret@example.org/app.git").unwrap()
    }

    fn some() -> Advertisement {
        let refs = [
            ("refs/heads/main", "a"),
            ("refs/heads/release-1", "b"),
            ("refs/tags/v1.2.3", "c"),
            ("refs/tags/1.10.0", "d"),
            ("refs/tags/v2.0.0-rc.1", "e"),
            ("refs/tags/nightly", "f"),
        ];
        Advertisement {
            head: Some(id("a")),
            head_branch: Some("main".to_owned()),
            refs: refs.into_iter().map(|(name, digit)| (name.to_owned(), id(digit))).collect(),
        }
    }

    #[test]
    fn each_kind_of_reference_names_its_commit() {
        for (reference, digit) in [
            (Reference::Head, "a"),
            (Reference::Branch("release-1".into()), "b"),
            (Reference::Tag("v1.2.3".into()), "c"),
            (Reference::Semver("^1".into()), "d"),
            (Reference::Semver("1.2.*".into()), "c"),
            (Reference::Semver(">=2.0.0-rc.0".into()), "e"),
            (Reference::Ref("refs/tags/nightly".into()), "f"),
            (Reference::Ref("HEAD".into()), "a"),
            (Reference::Commit(id("9")), "9"),
        ] {
            let selected = some().select(&url(), &reference).unwrap();
            assert_eq!(selected.commit, id(digit), "{reference}");
        }
    }

    #[test]
    fn what_names_nothing_is_a_fault_that_says_what_is_near() {
        for (reference, text) in [
            (
                Reference::Branch("mian".into()),
                "https://example.org/app.git has no branch mian; did you mean main?",
            ),
            (
                Reference::Branch("release".into()),
                "https://example.org/app.git has no branch release; did you mean release-1?",
            ),
            (
                Reference::Tag("zebra-crossing".into()),
                "https://example.org/app.git has no tag zebra-crossing",
            ),
            (
                Reference::Branch("3f2a91c".into()),
                "https://example.org/app.git has no branch 3f2a91c, and a commit needs all of its digits",
            ),
            (
                Reference::Ref("refs/pull/1/head".into()),
                "https://example.org/app.git has no refs/pull/1/head",
            ),
            (
                Reference::Semver("^3".into()),
                "https://example.org/app.git has no tag in the range \"^3\"; the nearest are v2.0.0-rc.1, 1.10.0, v1.2.3",
            ),
            (Reference::Semver("newest".into()), "\"newest\" is no range of semantic versions"),
        ] {
            let fault = some().select(&url(), &reference).unwrap_err();
            assert_eq!(fault.to_string(), text);
        }
    }

    #[test]
    fn an_empty_repository_is_said_to_be_empty() {
        let fault = Advertisement::default().select(&url(), &Reference::Head).unwrap_err();
        assert_eq!(fault.to_string(), "https://example.org/app.git is empty: it has no commit yet");
    }

    #[test]
    fn a_head_that_points_nowhere_names_the_branch_and_the_others() {
        let dangling = Advertisement { head: None, head_branch: Some("mains".into()), ..some() };
        let fault = dangling.select(&url(), &Reference::Head).unwrap_err();
        assert!(
            fault
                .to_string()
                .ends_with("has no branch mains, which its HEAD names; did you mean main?")
        );
    }
}
