//! The definition of the custom resource that is installed, derived from its types. It adds only what
//! the derive cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::CustomResourceExt as _;
use serde_json::json;

use crate::GitRepository;

/// The `CustomResourceDefinition` of [`GitRepository`].
pub fn crd() -> CustomResourceDefinition {
    let mut crd = GitRepository::crd();
    let schemas = crd.spec.versions.iter_mut().filter_map(|version| version.schema.as_mut());
    for schema in schemas.filter_map(|schema| schema.open_api_v3_schema.as_mut()) {
        forbid_nulls(schema);
        if let Some(status) = schema.properties.as_mut().and_then(|fields| fields.get_mut("status"))
        {
            // kstatus: an object that nobody has looked at yet must not count as current
            status.default = Some(JSON(json!({"observedGeneration": -1})));
        }
    }
    crd
}

/// Drops `nullable`, which the derive gives every optional field: the server then drops a `null`
/// before any rule sees it, so that `has(...)` means "given".
fn forbid_nulls(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.properties.iter_mut().flatten().for_each(|(_, field)| forbid_nulls(field));
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => forbid_nulls(items),
        Some(JSONSchemaPropsOrArray::Schemas(all)) => all.iter_mut().for_each(forbid_nulls),
        None => {}
    }
}

#[cfg(test)]
mod tests;
