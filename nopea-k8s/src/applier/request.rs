//! The HTTP requests of the writes. Pure: no connection, no answer.

use http::{Method, Request, header::CONTENT_TYPE};
use nopea_core::port::{
    Apply, Delete, Guard, Mode, Refusal, Release, TryCreate, applier::FIELD_MANAGER,
};
use serde_json::{Map, Value, json};

use crate::{discovery::Resource, refusal};

/// A version that no object has: an existing one answers 409, an absent one is created (R25).
const NO_VERSION: &str = "1";
/// JSON is YAML.
const APPLY: &str = "application/apply-patch+yaml";
const JSON_PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";

/// `PATCH` as server-side apply, the guard in the metadata.
pub(super) fn apply(resource: &Resource, apply: &Apply) -> Result<Request<Vec<u8>>, Refusal> {
    let manifest = &apply.manifest;
    let path = resource.path(&manifest.key.namespace, Some(&manifest.key.name));
    let mut uri = format!("{path}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict");
    if apply.mode == Mode::Try {
        uri.push_str("&dryRun=All");
    }
    request(Method::PATCH, &uri, APPLY, &guarded(&manifest.body, &apply.guard))
}

/// `PATCH` of managedFields, locked by the version: a `replace` with a stale one is a 409.
pub(super) fn release(resource: &Resource, release: &Release) -> Result<Request<Vec<u8>>, Refusal> {
    let path = resource.path(&release.key.namespace, Some(&release.key.name));
    let uri = format!("{path}?fieldManager={FIELD_MANAGER}");
    let operations = json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": &*release.version.0},
        {"op": "replace", "path": "/metadata/managedFields", "value": &*release.managed_fields},
    ]);
    request(Method::PATCH, &uri, JSON_PATCH, &operations)
}

/// `DELETE` with preconditions, in the background: the Pods of a Job would stay.
pub(super) fn delete(resource: &Resource, delete: &Delete) -> Result<Request<Vec<u8>>, Refusal> {
    let path = resource.path(&delete.key.namespace, Some(&delete.key.name));
    let mut preconditions = Map::new();
    preconditions.insert("uid".to_owned(), json!(&*delete.uid.0));
    if let Some(version) = &delete.version {
        preconditions.insert("resourceVersion".to_owned(), json!(&*version.0));
    }
    let mut options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions",
        "propagationPolicy": "Background", "preconditions": preconditions,
    });
    if delete.mode == Mode::Try {
        set(&mut options, "dryRun", json!(["All"]));
    }
    request(Method::DELETE, &path, JSON, &options)
}

/// `POST` as a dry run.
pub(super) fn try_create(
    resource: &Resource,
    create: &TryCreate,
) -> Result<Request<Vec<u8>>, Refusal> {
    let manifest = &create.manifest;
    let path = resource.path(&manifest.key.namespace, None);
    let uri = format!("{path}?dryRun=All&fieldValidation=Strict&fieldManager={FIELD_MANAGER}");
    request(Method::POST, &uri, JSON, &manifest.body)
}

/// The body with the guard; the body itself is shared and stays as it is.
fn guarded(body: &Value, guard: &Guard) -> Value {
    let mut body = body.clone();
    if let Some(metadata) = body.get_mut("metadata") {
        match guard {
            Guard::Absent => set(metadata, "resourceVersion", json!(NO_VERSION)),
            Guard::Live { uid, version } => {
                set(metadata, "uid", json!(&*uid.0));
                if let Some(version) = version {
                    set(metadata, "resourceVersion", json!(&*version.0));
                }
            }
        }
    }
    body
}

fn set(value: &mut Value, key: &str, to: Value) {
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), to);
    }
}

fn request(
    method: Method,
    uri: &str,
    content_type: &str,
    body: &Value,
) -> Result<Request<Vec<u8>>, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|_| refusal::unreadable("the manifest"))?;
    let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, content_type);
    request.body(bytes).map_err(|_| refusal::unreadable(uri))
}
