//! What a user declares, valid by construction: a bad duration or path cannot be represented.

use std::{fmt, time::Duration};

use super::{Commit, Text};

/// The shortest interval between two polls.
pub const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// The interval where none is given.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(5);
/// The time for one attempt where none is given.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

/// The declared wish of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Where the source is.
    pub url: SourceUrl,
    /// Which commit of it.
    pub reference: Reference,
    /// Which folder of the commit.
    pub path: TreePath,
    /// The namespace of objects that name none; none means the repository's own.
    pub target_namespace: Option<Text>,
    /// How long between two polls.
    pub interval: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Whether everything rests.
    pub suspend: bool,
    /// Whether what Git no longer names is deleted.
    pub prune: bool,
    /// What becomes of the objects when the declaration goes.
    pub deletion_policy: DeletionPolicy,
    /// Whether an attempt waits for its objects to be ready.
    pub wait: bool,
    /// What happens to drift.
    pub heal_policy: HealPolicy,
    /// How long drift may stand before it is healed.
    pub heal_grace_period: Duration,
    /// What happens to fields that others added to our objects.
    pub foreign_fields: ForeignFields,
}

impl Spec {
    /// A spec of `url` with the defaults of the custom resource.
    pub fn new(url: SourceUrl) -> Self {
        Self {
            url,
            reference: Reference::Head,
            path: TreePath::root(),
            target_namespace: None,
            interval: DEFAULT_INTERVAL,
            timeout: DEFAULT_TIMEOUT,
            suspend: false,
            prune: true,
            deletion_policy: DeletionPolicy::Delete,
            wait: true,
            heal_policy: HealPolicy::Auto,
            heal_grace_period: Duration::ZERO,
            foreign_fields: ForeignFields::Report,
        }
    }

    /// Says whether a source that was rendered under `other` would render alike under this spec.
    pub fn renders_like(&self, other: &Self) -> bool {
        self.url == other.url && self.path == other.path
    }
}

/// A remote or local location of a repository. Printing it leaves credentials out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceUrl(Text);

impl SourceUrl {
    /// Takes a url (`https://…`, `http://…`, `file://…`) or the path of a local folder.
    pub fn parse(text: &str) -> Result<Self, InvalidSpec> {
        if text.trim().is_empty() {
            return Err(InvalidSpec::new("url", text, "it is empty", "name a repository"));
        }
        Ok(Self(text.into()))
    }

    /// The location with whatever credentials it holds: for the adapter that connects, and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        let host_end = rest.find('/').unwrap_or(rest.len());
        match rest.get(..host_end).and_then(|authority| authority.rfind('@')) {
            Some(at) => write!(f, "{scheme}://{}", rest.get(at + 1..).unwrap_or("")),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceUrl({self})")
    }
}

/// Which commit of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// What the remote's HEAD names.
    Head,
    /// The tip of `refs/heads/<name>`.
    Branch(Text),
    /// `refs/tags/<name>`, peeled.
    Tag(Text),
    /// The highest tag that is a semantic version in this range.
    Semver(Text),
    /// This commit.
    Commit(Commit),
    /// The full name of a reference, such as `refs/pull/1/head`.
    Ref(Text),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("HEAD"),
            Self::Branch(name) => write!(f, "branch {name}"),
            Self::Tag(name) => write!(f, "tag {name}"),
            Self::Semver(range) => write!(f, "semver {range}"),
            Self::Commit(commit) => write!(f, "commit {}", commit.short()),
            Self::Ref(name) => f.write_str(name),
        }
    }
}

/// A folder of a source tree: relative, without `.`, `..` or empty parts; empty for the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Text);

impl TreePath {
    /// The root of the tree.
    pub fn root() -> Self {
        Self(Text::from(""))
    }

    /// Reads `apps/web`, `./apps/web/` and the like; absolute paths and `..` are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidSpec> {
        let wrong = |why, help| Err(InvalidSpec::new("path", text, why, help));
        if text.contains('\\') {
            return wrong("it holds a backslash", "separate folders by `/`");
        }
        if text.starts_with('/') {
            return wrong("it is absolute", "write it relative to the root of the repository");
        }
        if text.contains('\0') {
            return wrong("it holds a NUL byte", "remove it");
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return wrong("it leaves the repository", "write it without `..`");
        }
        Ok(Self(parts.join("/").into()))
    }

    /// The path; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

/// What becomes of the objects when their `GitRepository` is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// They are deleted too.
    Delete,
    /// They stay, and belong to nobody.
    Orphan,
}

/// What happens to drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealPolicy {
    /// It is put back.
    Auto,
    /// It is shown in the status.
    Manual,
    /// It is shown, and told to the event sinks.
    Notify,
}

/// What happens to fields that others added to our objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFields {
    /// They are listed.
    Report,
    /// They are removed.
    Revert,
    /// They are nobody's business.
    Ignore,
}

/// A field of a spec that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?} cannot be: {why}; {help}")]
pub struct InvalidSpec {
    /// Its name in the custom resource.
    pub field: &'static str,
    /// What was given.
    pub value: String,
    /// What is wrong with it.
    pub why: String,
    /// The way out.
    pub help: String,
}

impl InvalidSpec {
    /// Makes the error of its parts.
    pub fn new(
        field: &'static str,
        value: impl Into<String>,
        why: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { field, value: value.into(), why: why.into(), help: help.into() }
    }
}

/// Reads a duration as Go and Kubernetes write it: `90s`, `5m`, `1h30m`.
pub fn parse_duration(field: &'static str, text: &str) -> Result<Duration, InvalidSpec> {
    let wrong =
        || InvalidSpec::new(field, text, "it is no duration", "write it as 30s, 5m or 1h30m");
    let compact = !text.contains(char::is_whitespace);
    let parsed: jiff::SignedDuration = text
        .parse()
        .ok()
        .filter(|_| compact && text.ends_with(['s', 'm', 'h']))
        .ok_or_else(wrong)?;
    Duration::try_from(parsed).map_err(|_negative| wrong())
}

/// Reads an interval: a duration of at least [`MIN_INTERVAL`].
pub fn parse_interval(text: &str) -> Result<Duration, InvalidSpec> {
    let interval = parse_duration("interval", text)?;
    if interval < MIN_INTERVAL {
        let help = "give at least 10s; a push or an annotation syncs at once";
        return Err(InvalidSpec::new("interval", text, "it is too short", help));
    }
    Ok(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_tree() {
        assert_eq!(TreePath::parse("./apps//web/").unwrap().as_str(), "apps/web");
        assert_eq!(TreePath::parse("").unwrap(), TreePath::root());
        assert!(TreePath::parse("../x").is_err());
        assert!(TreePath::parse("a/../../x").is_err());
        assert!(TreePath::parse("/etc").is_err());
    }

    #[test]
    fn durations_are_read_as_kubernetes_writes_them() {
        assert_eq!(parse_duration("timeout", "1h30m").unwrap(), Duration::from_mins(90));
        assert_eq!(parse_duration("timeout", "250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(parse_duration("timeout", "90s").unwrap(), Duration::from_secs(90));
        for bad in ["", "5", "5 m", "soon", "-5m", "5 minutes", "5d"] {
            assert!(parse_duration("timeout", bad).is_err(), "{bad}");
        }
        assert!(parse_interval("9s").is_err());
    }

    #[test]
    fn a_url_prints_without_its_credentials() {
        let url = SourceUrl::parse("https://me:secret@example.org/a@b.git").unwrap();
        assert_eq!(url.to_string(), "https://example.org/a@b.git");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
