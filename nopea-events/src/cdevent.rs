//! Notices as CDEvents of specification 0.5.1 in CloudEvents envelopes. Pure: it opens nothing and
//! reads no clock.
//!
//! | What happened | Event |
//! |---|---|
//! | the first sync of a repository | `dev.cdevents.service.deployed` |
//! | a sync of a commit that had not been applied | `dev.cdevents.service.upgraded` |
//! | a sync of a commit that had been applied before | `dev.cdevents.service.rolledback` |
//! | a repository went and its objects with it | `dev.cdevents.service.removed` |
//! | an attempt failed | `dev.cdeventsx.nopea-sync.failed` |
//! | drift was put back | `dev.cdeventsx.nopea-drift.healed` |
//!
//! A sync that found nothing to do is no delivery, and a repository whose objects stay has removed no
//! service: neither is an event. The service is the repository, its artifact the commit.

use cdevents_sdk::{CDEvent, Content, Id, UriReference, spec_0_5_1 as spec};
use cloudevents::Event;
use nopea_core::{
    fault::Fault,
    model::{Changes, Commit, Delivery, Notice, RepoKey, Text, Timestamp, What},
};
use serde_json::{Value, json};

/// The SDK's module for 0.5.1 still writes 0.5.0 by itself.
const SPEC_VERSION: &str = "0.5.1";
const SYNC_FAILED: &str = "dev.cdeventsx.nopea-sync.failed.0.1.0";
const DRIFT_HEALED: &str = "dev.cdeventsx.nopea-drift.healed.0.1.0";
/// An event is a message, not a report: the status and the log have the others.
const MAX_FAULTS: usize = 10;

/// Who produces the events, and for which environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    source: UriReference,
    environment: Id,
}

/// An event that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Unwritable {
    /// A value that the specification does not allow.
    #[error("a value of the event is not allowed")]
    Value(#[from] cdevents_sdk::Error),
    /// A document that the specification does not allow.
    #[error("the event is no CDEvent")]
    Document(#[from] serde_json::Error),
    /// An envelope that CloudEvents does not allow.
    #[error("the event fits into no CloudEvent")]
    Envelope(#[from] cloudevents::message::Error),
}

impl Producer {
    /// Names the source (a URI reference, such as `https://nopea.example.org/production`) and the
    /// environment (such as the name of the cluster). None where one of them cannot be such a name.
    pub fn new(source: &str, environment: &str) -> Option<Self> {
        let source = Some(source).filter(|source| !source.is_empty())?;
        Some(Self { source: source.parse().ok()?, environment: environment.parse().ok()? })
    }

    /// The event that tells of a notice; none where it tells of no delivery.
    pub(crate) fn event(&self, notice: &Notice) -> Result<Option<Event>, Unwritable> {
        let Some(body) = self.body(notice)? else { return Ok(None) };
        let document = json!({
            "context": {
                "specversion": SPEC_VERSION,
                "id": body.id(notice),
                "source": self.source,
                "type": body.kind,
                "timestamp": rfc3339(notice.at),
            },
            "subject": {
                "id": notice.repo.to_string(),
                "source": self.source,
                "content": body.content,
            },
            "customData": body.custom_data,
        });
        // read back by the SDK, which refuses what the specification does not know
        let event: CDEvent = serde_json::from_value(document)?;
        Ok(Some(event.try_into()?))
    }

    fn body(&self, notice: &Notice) -> Result<Option<Body>, Unwritable> {
        Ok(match &notice.what {
            What::Synced { delivery: Delivery::Unchanged, .. }
            | What::Removed { deleted: 0, .. }
            | What::Started { .. }
            | What::Planned { .. }
            | What::Object(_)
            | What::Warned(_) => None,
            What::Synced {
                commit,
                previous,
                delivery:
                    delivery @ (Delivery::Deployed | Delivery::Upgraded | Delivery::RolledBack),
                changes,
                took,
            } => Some(Body {
                distinct: Some(commit.as_str().into()),
                custom_data: json!({"nopea": {
                    "repository": repository(&notice.repo),
                    "commit": commit.as_str(),
                    "previousCommit": previous.as_ref().map(Commit::as_str),
                    "changes": counts(changes),
                    "durationMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                }}),
                ..Body::standard(self.delivered(*delivery, &notice.repo, commit)?)?
            }),
            What::Removed { deleted, left } => Some(Body {
                custom_data: json!({"nopea": {
                    "repository": repository(&notice.repo),
                    "deleted": deleted,
                    "left": faults(left),
                    "leftCount": left.len(),
                }}),
                ..Body::standard(self.removed())?
            }),
            What::Failed { commit, faults: all } => {
                let commit = commit.as_ref().map(Commit::as_str);
                Some(Body::custom(
                    SYNC_FAILED,
                    commit.map(Text::from),
                    json!({
                        "repository": repository(&notice.repo),
                        "environment": {"id": self.environment},
                        "commit": commit,
                        "faults": faults(all),
                        "faultCount": all.len(),
                    }),
                ))
            }
            What::Healed { key, by } => {
                let object = key.to_string().replace(' ', "/");
                Some(Body::custom(
                    DRIFT_HEALED,
                    Some(object.into()),
                    json!({
                        "repository": repository(&notice.repo),
                        "environment": {"id": self.environment},
                        "object": {
                            "group": &*key.kind.group,
                            "kind": &*key.kind.kind,
                            "namespace": &*key.namespace,
                            "name": &*key.name,
                        },
                        "changedBy": by.as_deref(),
                    }),
                ))
            }
        })
    }

    fn delivered(
        &self,
        delivery: Delivery,
        repo: &RepoKey,
        commit: &Commit,
    ) -> Result<Content, Unwritable> {
        // a package url: names of Kubernetes need no escaping in it
        let artifact_id = Id::try_from(format!("pkg:generic/{repo}@{commit}"))?;
        let id = self.environment.clone();
        Ok(match delivery {
            Delivery::Deployed | Delivery::Unchanged => spec::service_deployed::Content {
                artifact_id,
                environment: spec::service_deployed::ContentEnvironment { id, source: None },
            }
            .into(),
            Delivery::Upgraded => spec::service_upgraded::Content {
                artifact_id,
                environment: spec::service_upgraded::ContentEnvironment { id, source: None },
            }
            .into(),
            Delivery::RolledBack => spec::service_rolledback::Content {
                artifact_id,
                environment: spec::service_rolledback::ContentEnvironment { id, source: None },
            }
            .into(),
        })
    }

    fn removed(&self) -> Content {
        let id = self.environment.clone();
        let environment = spec::service_removed::ContentEnvironment { id, source: None };
        spec::service_removed::Content { environment: Some(environment) }.into()
    }
}

/// What differs between events.
struct Body {
    kind: String,
    /// What tells two events of one kind, repository and millisecond apart.
    distinct: Option<Text>,
    content: Value,
    custom_data: Value,
}

impl Body {
    fn standard(content: Content) -> Result<Self, Unwritable> {
        let kind = content.ty().to_owned();
        let content = serde_json::to_value(content)?;
        Ok(Self { kind, distinct: None, content, custom_data: json!({}) })
    }

    fn custom(kind: &str, distinct: Option<Text>, content: Value) -> Self {
        Self { kind: kind.to_owned(), distinct, content, custom_data: json!({}) }
    }

    /// The same for the same notice, so that a receiver can tell a repetition.
    fn id(&self, notice: &Notice) -> String {
        let what: Vec<_> = self.kind.split('.').skip(2).take(2).collect();
        let distinct = self.distinct.as_deref().unwrap_or("-");
        format!("{}/{}/{distinct}/{}", what.join("."), notice.repo, notice.at.0)
    }
}

fn repository(repo: &RepoKey) -> Value {
    json!({"namespace": &*repo.namespace, "name": &*repo.name})
}

fn counts(changes: &Changes) -> Value {
    json!({
        "created": changes.created,
        "configured": changes.configured,
        "unchanged": changes.unchanged,
        "pruned": changes.pruned,
        "skipped": changes.skipped,
        "failed": changes.failed,
    })
}

fn faults(all: &[Fault]) -> Value {
    let one = |fault: &Fault| {
        json!({
            "code": fault.code.id(),
            "message": &*fault.message,
            "object": fault.object.as_ref().map(ToString::to_string),
            "file": fault.origin.as_ref().map(|origin| &*origin.file),
            "line": fault.origin.as_ref().map(|origin| origin.line),
            "help": &*fault.help,
        })
    };
    all.iter().take(MAX_FAULTS).map(one).collect()
}

fn rfc3339(at: Timestamp) -> String {
    let millis = i64::try_from(at.0).ok();
    millis
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .map_or_else(|| at.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
