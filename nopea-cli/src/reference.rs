//! Turns what was typed into a spec, or into the fault that says what is wrong with it.
//! Reads nothing but its arguments.

use std::{sync::Arc, time::Duration};

use nopea_core::{
    fault::{Code, Fault},
    model::{Commit, Hash, Reference, RepoKey, SourceUrl, Spec, Text, TreePath},
};
use nopea_render::Limits;

use crate::args::{ClusterArguments, LimitArguments, ReferenceArguments, SourceArguments};

/// The source part of a spec.
pub(crate) fn source(arguments: &SourceArguments) -> Result<Spec, Fault> {
    let url = SourceUrl::parse(&arguments.source)
        .map_err(|error| Fault::new(Code::UnsupportedUrl, error.why).help(error.help))?;
    let is_remote = arguments.source.contains("://") && !arguments.source.starts_with("file://");
    if arguments.worktree && is_remote {
        let fault = Fault::new(Code::UnsupportedUrl, format!("{url} is no folder of this machine"));
        return Err(fault.help("leave --worktree out: a remote has committed files only"));
    }
    let mut spec = Spec::new(url);
    spec.reference = reference(&arguments.reference)?;
    spec.path = TreePath::parse(&arguments.path).map_err(|error| {
        let message = format!("path {:?} cannot be: {}", error.value, error.why);
        Fault::new(Code::PathOutside, message).help(error.help)
    })?;
    Ok(spec)
}

/// The whole spec.
pub(crate) fn spec(
    source_arguments: &SourceArguments,
    cluster: &ClusterArguments,
    namespace: &str,
) -> Result<Spec, Fault> {
    let mut spec = source(source_arguments)?;
    spec.target_namespace = Some(Text::from(namespace));
    spec.prune = cluster.prune;
    spec.timeout = cluster.timeout;
    // nobody but --watch polls, and that says how often
    spec.interval = Duration::from_hours(24);
    Ok(spec)
}

/// The digest after `--approve`.
pub(crate) fn approved(cluster: &ClusterArguments) -> Result<Option<Hash>, Fault> {
    let Some(text) = &cluster.approve else { return Ok(None) };
    let wrong = || {
        Fault::new(Code::PruneHeld, format!("{text:?} is no digest of a prune list"))
            .help("copy the 32 digits from the fault or from `nopea plan`")
    };
    Hash::parse(text).map(Some).ok_or_else(wrong)
}

/// What the renderer may cost.
pub(crate) fn limits(arguments: &LimitArguments) -> Limits {
    Limits {
        file_bytes: arguments.max_file_size,
        render_bytes: arguments.max_render_size,
        objects: arguments.max_objects,
        depth: arguments.max_depth,
        alias_growth: arguments.max_alias_growth,
        ..Limits::default()
    }
}

/// The repository's key: as named, or after the last part of its source.
pub(crate) fn key(
    source: &str,
    cluster: &ClusterArguments,
    namespace: &str,
) -> Result<RepoKey, Fault> {
    let Some(name) = &cluster.name else { return Ok(RepoKey::new(namespace, derived(source))) };
    if *name == label(name) && !name.is_empty() {
        return Ok(RepoKey::new(namespace, name.as_str()));
    }
    Err(Fault::new(Code::InvalidName, format!("{name:?} is no name of a repository"))
        .help("use lower-case letters, digits and '-', 63 at most, a letter or digit at both ends"))
}

fn reference(arguments: &ReferenceArguments) -> Result<Reference, Fault> {
    let ReferenceArguments { branch, tag, semver, commit, full } = arguments;
    let text = |value: &String| Text::from(value.as_str());
    if let Some(id) = commit {
        let commit = Commit::parse(id);
        return commit
            .map(Reference::Commit)
            .map_err(|error| Fault::new(Code::ShortCommit, error.to_string()));
    }
    let named = branch.as_ref().map(|name| Reference::Branch(text(name)));
    let named = named.or_else(|| tag.as_ref().map(|name| Reference::Tag(text(name))));
    let named = named.or_else(|| semver.as_ref().map(|range| Reference::Semver(text(range))));
    let named = named.or_else(|| full.as_ref().map(|name| Reference::Ref(text(name))));
    Ok(named.unwrap_or(Reference::Head))
}

/// `shop` of `https://example.org/team/shop.git` and of `/srv/shop/`; `repository` of what has no name.
fn derived(source: &str) -> Arc<str> {
    let real = if matches!(source, "." | "./") || source.ends_with("..") {
        std::path::absolute(source).ok()
    } else {
        None
    };
    let shown = real.as_ref().and_then(|path| path.to_str()).unwrap_or(source);
    let whole = shown.trim_end_matches(['/', '.']);
    let last = whole.rsplit('/').next().unwrap_or_default();
    let name = label(last.strip_suffix(".git").unwrap_or(last));
    if name.is_empty() { "repository".into() } else { name.into() }
}

/// The nearest label value that names an object.
fn label(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = text.chars().map(kept).collect();
    let name: String = name.trim_matches('-').chars().take(63).collect();
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_after_the_last_part_of_its_source() {
        for (source, name) in [
            ("https://example.org/team/Shop.git", "shop"),
            ("/srv/shop/", "shop"),
            ("file:///srv/my_shop", "my-shop"),
            ("/", "repository"),
        ] {
            assert_eq!(&*derived(source), name, "{source}");
        }
    }
}
