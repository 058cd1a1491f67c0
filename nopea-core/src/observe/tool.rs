//! Recognises the marks of other tools that claim an object: Flux, Argo CD, Helm.
//!
//! Knows their labels and annotations only, and nothing of what follows from a claim.

use serde_json::Value;

use super::{annotation, label, text};
use crate::model::Text;

/// The tool that claims an object, in words; none where none does.
///
/// A tracking id that names another object is a copy and claims nothing. The label
/// `app.kubernetes.io/instance` is no claim: charts set it for whoever installs them.
///
/// ```
/// let object = serde_json::json!({"metadata": {"labels": {
///     "kustomize.toolkit.fluxcd.io/name": "apps",
///     "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
/// }}});
/// let tool = nopea_core::observe::tool::tool(&object);
/// assert_eq!(tool.as_deref(), Some("Flux Kustomization flux-system/apps"));
/// ```
pub fn tool(object: &Value) -> Option<Text> {
    let found = flux(object, "kustomize.toolkit.fluxcd.io", "Kustomization")
        .or_else(|| flux(object, "helm.toolkit.fluxcd.io", "HelmRelease"))
        .or_else(|| argo(object))
        .or_else(|| helm(object))?;
    Some(found.into())
}

fn flux(object: &Value, domain: &str, kind: &str) -> Option<String> {
    let name = label(object, &format!("{domain}/name"))?;
    let namespace = label(object, &format!("{domain}/namespace")).unwrap_or_default();
    Some(format!("Flux {kind} {namespace}/{name}"))
}

fn argo(object: &Value) -> Option<String> {
    let tracked = annotation(object, "argocd.argoproj.io/tracking-id").and_then(|id| {
        let (application, of) = id.split_once(':')?;
        is_argo_key(object, of).then_some(application)
    });
    let application = tracked.or_else(|| label(object, "argocd.argoproj.io/instance"))?;
    Some(format!("Argo CD Application {application}"))
}

/// Says whether `apps/Deployment:shop/web` of a tracking id is this object. Of a cluster-scoped one
/// it names the namespace of the application's destination.
fn is_argo_key(object: &Value, key: &str) -> bool {
    let api_version = text(object, "/apiVersion").unwrap_or_default();
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let kind = text(object, "/kind").unwrap_or_default();
    let namespace = text(object, "/metadata/namespace");
    let Some((of_kind, of_name)) = key.split_once(':') else { return false };
    let Some((of_namespace, of_name)) = of_name.split_once('/') else { return false };
    of_kind == format!("{group}/{kind}")
        && namespace.is_none_or(|namespace| namespace == of_namespace)
        && text(object, "/metadata/name") == Some(of_name)
}

fn helm(object: &Value) -> Option<String> {
    let name = annotation(object, "meta.helm.sh/release-name")?;
    let namespace = annotation(object, "meta.helm.sh/release-namespace").unwrap_or_default();
    Some(format!("Helm release {namespace}/{name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn web(labels: &Value, annotations: &Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
            "name": "web", "namespace": "shop", "labels": labels, "annotations": annotations}})
    }

    #[test]
    fn other_tools_are_known_by_their_marks() {
        let none = json!({});
        let flux = json!({"helm.toolkit.fluxcd.io/name": "web",
            "helm.toolkit.fluxcd.io/namespace": "shop"});
        let helm = json!({"meta.helm.sh/release-name": "web",
            "meta.helm.sh/release-namespace": "shop"});
        let tracking = |id: &str| json!({"argocd.argoproj.io/tracking-id": id});
        let cases = [
            (web(&none, &none), None),
            (web(&flux, &helm), Some("Flux HelmRelease shop/web")),
            (web(&none, &helm), Some("Helm release shop/web")),
            (
                web(&none, &tracking("front:apps/Deployment:shop/web")),
                Some("Argo CD Application front"),
            ),
            (web(&none, &tracking("front:apps/Deployment:shop/other")), None),
            (web(&json!({"app.kubernetes.io/instance": "web"}), &none), None),
        ];
        for (object, expected) in cases {
            assert_eq!(tool(&object).as_deref(), expected, "{object}");
        }
    }
}
