//! From the custom resource to the model. It checks what the API server checks, in core's words, and
//! finds every wrong field, not the first. It reads no cluster.

use std::{sync::Arc, time::Duration};

use nopea_core::model::{
    Commit, Declared, DeletionPolicy, ForeignFields, HealPolicy, InvalidSpec, Orders, Reference,
    RepoKey, SourceUrl, Spec, Timestamp, TreePath, Uid,
    declared::InvalidOrder,
    spec::{parse_duration, parse_interval},
};

use crate::{GitRepository, GitRepositorySpec, IgnoreRule};

/// The longest name: it stands in a label of every object.
const MAX_NAME: usize = 63;
const MIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A custom resource that declares nothing which could be done: every field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct InvalidRepository {
    /// What is wrong; never empty.
    pub fields: Vec<InvalidSpec>,
}

/// Reads a whole custom resource: who declares, what, and what the annotations order.
///
/// An annotation that cannot be read spoils neither the others nor the spec: it is named beside them.
pub fn declared(
    object: &GitRepository,
) -> Result<(Declared, Vec<InvalidOrder>), InvalidRepository> {
    let mut wrong = Wrong::default();
    let metadata = &object.metadata;
    let name = metadata.name.clone().unwrap_or_default();
    if name.len() > MAX_NAME {
        let help = "a label holds it: use at most 63 characters";
        wrong.add(InvalidSpec::new("metadata.name", name.as_str(), "it is too long", help));
    }
    let mut given = |field, value: &Option<String>| {
        if value.is_none() {
            let help = "declare it through the API server, which gives it";
            wrong.add(InvalidSpec::new(field, "", "it is absent", help));
        }
        value.clone().unwrap_or_default()
    };
    let namespace = given("metadata.namespace", &metadata.namespace);
    let uid = given("metadata.uid", &metadata.uid);
    let name = given("metadata.name", &Some(name).filter(|name| !name.is_empty()));
    let (orders, unread) = metadata.annotations.as_ref().map(Orders::parse).unwrap_or_default();
    let spec = wrong.join(Spec::try_from(&object.spec))?;
    let declared = Declared {
        key: RepoKey::new(namespace, name),
        uid: Uid::new(uid),
        generation: metadata.generation.unwrap_or_default(),
        spec: Arc::new(spec),
        orders,
        deleted_at: metadata
            .deletion_timestamp
            .as_ref()
            .map(|time| Timestamp(u64::try_from(time.0.as_millisecond()).unwrap_or_default())),
    };
    Ok((declared, unread))
}

impl TryFrom<&GitRepositorySpec> for Spec {
    type Error = InvalidRepository;

    fn try_from(given: &GitRepositorySpec) -> Result<Self, InvalidRepository> {
        let mut wrong = Wrong::default();
        let url = wrong.keep(SourceUrl::parse(&given.url));
        let reference = wrong.keep(reference(given));
        let path = wrong.keep(TreePath::parse(given.path.as_deref().unwrap_or_default()));
        let target_namespace =
            wrong.keep(given.target_namespace.as_deref().map(namespace).transpose());
        let interval = wrong.keep(parse_interval(&given.interval));
        let timeout = wrong.keep(timeout(&given.timeout));
        let deletion_policy = wrong.keep(one_of(
            "deletionPolicy",
            &given.deletion_policy,
            &[("Delete", DeletionPolicy::Delete), ("Orphan", DeletionPolicy::Orphan)],
        ));
        let heal_policy = wrong.keep(one_of(
            "healPolicy",
            &given.heal_policy,
            &[
                ("auto", HealPolicy::Auto),
                ("manual", HealPolicy::Manual),
                ("notify", HealPolicy::Notify),
            ],
        ));
        let grace = wrong.keep(parse_duration("healGracePeriod", &given.heal_grace_period));
        let foreign_fields = wrong.keep(one_of(
            "foreignFields",
            &given.foreign_fields,
            &[
                ("report", ForeignFields::Report),
                ("revert", ForeignFields::Revert),
                ("ignore", ForeignFields::Ignore),
            ],
        ));
        wrong.keep(given.ignore.iter().try_for_each(ignore_rule));
        let defaults = url.map(Self::new);
        let parts = (defaults, reference, path, target_namespace, interval, timeout);
        let policies = (deletion_policy, heal_policy, grace, foreign_fields);
        match (parts, policies) {
            (
                (
                    Some(spec),
                    Some(reference),
                    Some(path),
                    Some(target),
                    Some(interval),
                    Some(timeout),
                ),
                (Some(deletion_policy), Some(heal_policy), Some(grace), Some(foreign_fields)),
            ) if wrong.fields.is_empty() => Ok(Self {
                reference,
                path,
                target_namespace: target,
                interval,
                timeout,
                suspend: given.suspend,
                prune: given.prune,
                deletion_policy,
                wait: given.wait,
                heal_policy,
                heal_grace_period: grace,
                foreign_fields,
                ..spec
            }),
            _ => Err(InvalidRepository { fields: wrong.fields }),
        }
    }
}

/// Collects what is wrong, so that all of it is told.
#[derive(Default)]
struct Wrong {
    fields: Vec<InvalidSpec>,
}

impl Wrong {
    fn add(&mut self, field: InvalidSpec) {
        self.fields.push(field);
    }

    fn keep<T>(&mut self, result: Result<T, InvalidSpec>) -> Option<T> {
        result.map_err(|field| self.add(field)).ok()
    }

    fn join<T>(mut self, result: Result<T, InvalidRepository>) -> Result<T, InvalidRepository> {
        match result {
            Ok(value) if self.fields.is_empty() => Ok(value),
            Ok(_) => Err(InvalidRepository { fields: self.fields }),
            Err(others) => {
                self.fields.extend(others.fields);
                Err(InvalidRepository { fields: self.fields })
            }
        }
    }
}

fn reference(given: &GitRepositorySpec) -> Result<Reference, InvalidSpec> {
    let all = [
        ("branch", &given.branch),
        ("tag", &given.tag),
        ("semver", &given.semver),
        ("commit", &given.commit),
        ("ref", &given.reference),
    ];
    let mut named = all.iter().filter_map(|(field, value)| Some((*field, value.as_deref()?)));
    let Some((field, value)) = named.next() else { return Ok(Reference::Head) };
    if let Some((second, _)) = named.next() {
        let why = format!("{second} is given as well");
        return Err(InvalidSpec::new(field, value, why, "give at most one reference"));
    }
    match field {
        "branch" => ref_name(field, value).map(|name| Reference::Branch(name.into())),
        "tag" => ref_name(field, value).map(|name| Reference::Tag(name.into())),
        "commit" => Commit::parse(value).map(Reference::Commit).map_err(|_no_commit| {
            let help = "write all 40 or 64 digits; `git rev-parse` shows them";
            InvalidSpec::new("commit", value, "it is no full commit id", help)
        }),
        "semver" if value.trim().is_empty() => {
            Err(InvalidSpec::new("semver", value, "it is empty", "write a range such as >=1.2, <2"))
        }
        "semver" => Ok(Reference::Semver(value.into())),
        _ if !value.starts_with("refs/") => {
            let help = "write it from refs/ on, or use branch or tag";
            Err(InvalidSpec::new("ref", value, "it is no full name of a reference", help))
        }
        _ => ref_name("ref", value).map(|name| Reference::Ref(name.into())),
    }
}

/// The rules of `git check-ref-format` that decide whether a name can exist.
fn ref_name<'a>(field: &'static str, name: &'a str) -> Result<&'a str, InvalidSpec> {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let part = |part: &str| {
        part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some()
    };
    if name.contains(forbidden)
        || name.contains("..")
        || name.contains("@{")
        || name.starts_with('-')
        || name.ends_with('.')
        || name.split('/').any(part)
    {
        let help = "write it as `git branch` or `git tag` lists it";
        return Err(InvalidSpec::new(field, name, "Git allows no such name", help));
    }
    Ok(name)
}

fn namespace(name: &str) -> Result<Arc<str>, InvalidSpec> {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let edges = name.starts_with('-') || name.ends_with('-');
    if name.is_empty() || name.len() > 63 || edges || !name.bytes().all(legal) {
        let help = "use lower-case letters, digits and inner dashes, at most 63";
        return Err(InvalidSpec::new("targetNamespace", name, "it is no namespace name", help));
    }
    Ok(name.into())
}

fn timeout(text: &str) -> Result<Duration, InvalidSpec> {
    let timeout = parse_duration("timeout", text)?;
    if timeout < MIN_TIMEOUT {
        return Err(InvalidSpec::new("timeout", text, "it is too short", "give at least 1s"));
    }
    Ok(timeout)
}

fn one_of<T: Copy>(
    field: &'static str,
    given: &str,
    known: &[(&str, T)],
) -> Result<T, InvalidSpec> {
    let found = known.iter().find(|(name, _)| *name == given).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let help = format!("write one of {}", names.join(", "));
        InvalidSpec::new(field, given, "there is no such choice", help)
    })
}

fn ignore_rule(rule: &IgnoreRule) -> Result<(), InvalidSpec> {
    let wrong = |path: &str, why| {
        let help = "write a JSON pointer such as /spec/replicas, with * for every item of a list";
        Err(InvalidSpec::new("ignore.paths", path, why, help))
    };
    if rule.paths.is_empty() {
        return wrong("", "it names no path");
    }
    match rule.paths.iter().find(|path| !path.starts_with('/') || path.len() < 2) {
        Some(path) => wrong(path, "it is no JSON pointer to a field"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
