//! The object that owns what a repository applies: claimed, read, released. A `GitRepository`, or
//! the `ConfigMap` `nopea-<name>` that stands for one where no operator runs.
//!
//! A claim is a server-side apply under a manager of its own with the parent's uid: it keeps the
//! finalizers of others and never creates a parent (experiments R22).

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use http::{Method, Request, header::CONTENT_TYPE};
use nopea_core::{
    membership::part_of_id,
    model::{GroupKind, RepoKey, Uid},
    port::{Claim, Parent, ParentRef, ParentState, Refusal, ServerStatus},
};
use serde_json::{Value, json};

use crate::{
    Kubernetes, ParentObject,
    convert_status::{read_kind, restored},
    discovery::Resource,
    list::OBJECTS,
    refusal,
    status::GitRepositoryStatus,
    watch::request::get,
};

/// The finalizer on a `GitRepository` whose objects live.
pub const FINALIZER: &str = "nopea.io/finalizer";
/// The field manager of claims.
const CLAIMER: &str = "nopea-claim";
/// Label with the id of the apply set (KEP-3659).
const ID: &str = "applyset.kubernetes.io/id";
/// Annotation that says which tool applies the set (KEP-3659).
const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// Annotation with the kinds of the set (KEP-3659).
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The key of a `ConfigMap` under which its status stands.
pub(crate) const STATUS_KEY: &str = "status";
/// How often a write that collided with another one is sent in all.
const TRIES: usize = 4;

#[async_trait]
impl Parent for Kubernetes {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        let uri = self.parent_path(&request.repo);
        let found = self.transport.call(get(&uri, OBJECTS)?).await?.body;
        if text(&found, &["metadata", "uid"]) != Some(&request.uid.0) {
            return Err(gone(&request.repo));
        }
        let shown = status_of(self.settings.parent, &found);
        self.shown.stands(request, shown.as_ref());
        let status = shown.as_ref().and_then(restored).map(Arc::new);
        Ok(ParentState { claimed: claimed(self.settings.parent, &found), status })
    }

    async fn claim(&self, request: &Claim) -> Result<(), Refusal> {
        let kinds: Vec<String> = request.kinds.iter().map(ToString::to_string).collect();
        let mut metadata = json!({
            "labels": {ID: &*part_of_id(&request.parent.repo)},
            "annotations": {
                TOOLING: concat!("nopea/v", env!("CARGO_PKG_VERSION")),
                KINDS: kinds.join(","),
            },
        });
        if self.settings.parent == ParentObject::GitRepository {
            put(&mut metadata, "finalizers", json!([FINALIZER]));
        }
        self.apply_to_parent(&request.parent, CLAIMER, metadata, None).await
    }

    async fn release(&self, request: &ParentRef) -> Result<(), Refusal> {
        match self.settings.parent {
            ParentObject::GitRepository => {
                self.apply_to_parent(request, CLAIMER, json!({}), None).await?;
            }
            ParentObject::ConfigMap => self.delete_parent(request).await?,
        }
        self.shown.leave(&request.repo);
        Ok(())
    }
}

impl Kubernetes {
    /// Makes the `ConfigMap` that stands for a repository where it is missing; gives its uid.
    pub async fn declare(&self, repo: &RepoKey) -> Result<Uid, Refusal> {
        let (uri, resource) = (self.parent_path(repo), resource(self.settings.parent));
        loop {
            match self.transport.call(get(&uri, OBJECTS)?).await {
                Ok(found) => return uid_of(&found.body),
                Err(Refusal::Status(status)) if status.code == 404 => {}
                Err(refusal) => return Err(refusal),
            }
            let body = json!({
                "apiVersion": resource.api_version(), "kind": &*resource.kind,
                "metadata": {"name": name(self.settings.parent, repo), "namespace": &*repo.namespace},
            });
            let uri = format!("{}?fieldManager={CLAIMER}", resource.path(&repo.namespace, None));
            match self.transport.call(send(Method::POST, &uri, "application/json", &body)?).await {
                Ok(made) => return uid_of(&made.body),
                // somebody else made it meanwhile
                Err(Refusal::Status(status)) if &*status.reason == "AlreadyExists" => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// The uid of the `GitRepository` of this name, where there is one: an operator runs it.
    pub async fn git_repository(&self, repo: &RepoKey) -> Result<Option<Uid>, Refusal> {
        let path = resource(ParentObject::GitRepository).path(&repo.namespace, Some(&repo.name));
        match self.transport.call(get(&path, OBJECTS)?).await {
            Ok(found) => uid_of(&found.body).map(Some),
            Err(Refusal::Status(status)) if status.code == 404 => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Where the parent of a repository stands.
    pub(crate) fn parent_path(&self, repo: &RepoKey) -> String {
        let parent = self.settings.parent;
        resource(parent).path(&repo.namespace, Some(&name(parent, repo)))
    }

    /// Applies fields of the parent under a manager of their own. A parent that is gone, or another
    /// one of its name, is refused.
    pub(crate) async fn apply_to_parent(
        &self,
        parent: &ParentRef,
        manager: &str,
        mut metadata: Value,
        field: Option<(&str, Value)>,
    ) -> Result<(), Refusal> {
        let (kind, repo) = (self.settings.parent, &parent.repo);
        let resource = resource(kind);
        put(&mut metadata, "name", Value::from(name(kind, repo)));
        put(&mut metadata, "namespace", Value::from(&*repo.namespace));
        put(&mut metadata, "uid", Value::from(&*parent.uid.0));
        let mut body = json!({
            "apiVersion": resource.api_version(), "kind": &*resource.kind, "metadata": metadata,
        });
        if let Some((name, value)) = field {
            put(&mut body, name, value);
        }
        let path = self.parent_path(repo);
        let uri = format!("{path}?fieldManager={manager}&force=true");
        self.patch_parent(&uri, "application/apply-patch+yaml", &body).await
    }

    /// Patches the parent; a collision with another write is tried again.
    pub(crate) async fn patch_parent(
        &self,
        uri: &str,
        content_type: &str,
        body: &Value,
    ) -> Result<(), Refusal> {
        let mut tries = TRIES;
        loop {
            tries = tries.saturating_sub(1);
            let request = send(Method::PATCH, uri, content_type, body)?;
            match self.transport.call(request).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Status(status)) if collided(&status) && tries > 0 => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }

    async fn delete_parent(&self, parent: &ParentRef) -> Result<(), Refusal> {
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": {"uid": &*parent.uid.0},
        });
        let uri = self.parent_path(&parent.repo);
        self.transport.call(send(Method::DELETE, &uri, "application/json", &body)?).await?;
        Ok(())
    }
}

/// How the kinds of parents are served; neither needs to be discovered.
fn resource(parent: ParentObject) -> Resource {
    let (group, version, plural, kind) = match parent {
        ParentObject::GitRepository => ("nopea.io", "v1alpha1", "gitrepositories", "GitRepository"),
        ParentObject::ConfigMap => ("", "v1", "configmaps", "ConfigMap"),
    };
    Resource {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        kind: kind.into(),
        namespaced: true,
        verbs: Vec::new(),
    }
}

fn name(parent: ParentObject, repo: &RepoKey) -> String {
    match parent {
        ParentObject::GitRepository => repo.name.to_string(),
        ParentObject::ConfigMap => format!("nopea-{}", repo.name),
    }
}

/// The claimed kinds; none unless all of the claim stands (experiments R22).
fn claimed(parent: ParentObject, found: &Value) -> Option<BTreeSet<GroupKind>> {
    let finalizers = found.pointer("/metadata/finalizers").and_then(Value::as_array);
    let held = match parent {
        ParentObject::GitRepository => {
            finalizers.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(FINALIZER)))
        }
        ParentObject::ConfigMap => true,
    };
    text(found, &["metadata", "labels", ID])?;
    let kinds = text(found, &["metadata", "annotations", KINDS]).filter(|_| held)?;
    Some(kinds.split(',').filter(|kind| !kind.is_empty()).map(read_kind).collect())
}

fn status_of(parent: ParentObject, found: &Value) -> Option<GitRepositoryStatus> {
    match parent {
        ParentObject::GitRepository => serde_json::from_value(found.get("status")?.clone()).ok(),
        ParentObject::ConfigMap => serde_json::from_str(text(found, &["data", STATUS_KEY])?).ok(),
    }
}

/// Whether a write only collided with another one. With a wrong uid it never succeeds.
fn collided(status: &ServerStatus) -> bool {
    status.code == 409 && !status.message.contains("uid mismatch")
}

/// What a server answers where there is no such parent.
pub(crate) fn gone(repo: &RepoKey) -> Refusal {
    Refusal::Status(Box::new(ServerStatus {
        code: 404,
        reason: "NotFound".into(),
        message: format!("gitrepositories.nopea.io \"{}\" not found", repo.name).into(),
        kind: "gitrepositories".into(),
        typed: true,
        ..ServerStatus::default()
    }))
}

fn uid_of(found: &Value) -> Result<Uid, Refusal> {
    let uid = text(found, &["metadata", "uid"]).map(Uid::new);
    uid.ok_or_else(|| refusal::unreadable("the parent"))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |value, name| value.get(name))?.as_str()
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

fn send(
    method: Method,
    uri: &str,
    content_type: &str,
    body: &Value,
) -> Result<Request<Vec<u8>>, Refusal> {
    let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, content_type);
    let unsendable = |error: &dyn std::error::Error| Refusal::Unreachable(error.to_string().into());
    let body = serde_json::to_vec(body).map_err(|error| unsendable(&error))?;
    request.body(body).map_err(|error| unsendable(&error))
}

#[cfg(test)]
mod tests;
