//! Two commits of 50 objects each, of which 34 are in both and 16 of those differ; and the objects of
//! other people beside them.

use std::collections::BTreeSet;

use nopea_core::{
    membership::{NAMESPACE, OBJECT, PART_OF, REPOSITORY, object_mark, part_of_id},
    model::{ObjectKey, RepoKey, Uid},
};
use serde_json::{Value, json};

/// One of the two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    A,
    B,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// What differs in the objects of both commits.
    fn value(self) -> &'static str {
        match self {
            Self::A => "one",
            Self::B => "two",
        }
    }

    /// The names of what only this commit has.
    fn own(self) -> &'static str {
        match self {
            Self::A => "old",
            Self::B => "new",
        }
    }
}

fn named(api_version: &str, kind: &str, namespace: &str, name: &str, rest: &Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    for (field, value) in rest.as_object().into_iter().flatten() {
        object[field] = value.clone();
    }
    object
}

fn config(namespace: &str, name: &str, value: &str) -> Value {
    named("v1", "ConfigMap", namespace, name, &json!({"data": {"value": value}}))
}

fn secret(namespace: &str, name: &str, value: &str) -> Value {
    named("v1", "Secret", namespace, name, &json!({"stringData": {"value": value}}))
}

fn account(namespace: &str, name: &str) -> Value {
    named("v1", "ServiceAccount", namespace, name, &json!({}))
}

fn service(name: &str, port: u16) -> Value {
    let spec = json!({"selector": {"app": name}, "ports": [{"name": "http", "port": port}]});
    named("v1", "Service", "shop", name, &json!({"spec": spec}))
}

fn deployment(name: &str, image: &str, account: &str, config: &str) -> Value {
    let container = json!({
        "name": "main", "image": image, "envFrom": [{"configMapRef": {"name": config}}],
    });
    let pod = json!({"serviceAccountName": account, "containers": [container]});
    let spec = json!({
        "replicas": 2,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    });
    named("apps/v1", "Deployment", "shop", name, &json!({"spec": spec}))
}

fn definition(plural: &str, kind: &str) -> Value {
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"value": {"type": "string"}}},
    }});
    let version = json!({
        "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
    });
    let spec = json!({
        "group": "crash.test",
        "scope": "Namespaced",
        "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
        "versions": [version],
    });
    let name = format!("{plural}.crash.test");
    let version = "apiextensions.k8s.io/v1";
    named(version, "CustomResourceDefinition", "", &name, &json!({"spec": spec}))
}

fn custom(kind: &str, name: &str, value: &str) -> Value {
    named("crash.test/v1", kind, "shop", name, &json!({"spec": {"value": value}}))
}

/// The objects of a commit.
pub(super) fn objects(side: Side) -> Vec<Value> {
    let (value, own) = (side.value(), side.own());
    let mut all = vec![
        named("v1", "Namespace", "", "data", &json!({})),
        named("v1", "Namespace", "", own, &json!({})),
        definition("widgets", "Widget"),
        definition(&format!("{own}things"), &format!("{}Thing", own.to_uppercase())),
        custom(&format!("{}Thing", own.to_uppercase()), "only", value),
        deployment("web", &format!("web:{value}"), "account-0", "same-0"),
        deployment(own, "own:1", own, own),
        service("web", if side == Side::A { 80 } else { 81 }),
        service("api", if side == Side::A { 80 } else { 81 }),
        service(own, 80),
        account("shop", own),
        account(own, own),
        config("shop", own, value),
    ];
    all.extend((0..6).map(|n| config("shop", &format!("same-{n}"), "same")));
    all.extend((0..3).map(|n| secret("data", &format!("same-{n}"), "same")));
    all.extend((0..4).map(|n| account("shop", &format!("account-{n}"))));
    all.extend((0..3).map(|n| service(&format!("service-{n}"), 80)));
    all.extend((0..8).map(|n| config("shop", &format!("differs-{n}"), value)));
    all.extend((0..3).map(|n| secret("data", &format!("differs-{n}"), value)));
    all.extend((0..2).map(|n| custom("Widget", &format!("widget-{n}"), value)));
    all.extend((0..3).map(|n| config(own, &format!("own-{n}"), value)));
    all.extend((0..2).map(|n| secret(own, &format!("own-{n}"), value)));
    all.extend((0..3).map(|n| custom("Widget", &format!("{own}-{n}"), value)));
    all
}

/// The keys of a commit.
pub(super) fn keys(side: Side) -> BTreeSet<ObjectKey> {
    objects(side).iter().map(key).collect()
}

/// The one file of a commit.
pub(super) fn file(side: Side) -> String {
    let documents: Vec<_> = objects(side).iter().map(ToString::to_string).collect();
    documents.join("\n---\n")
}

fn key(object: &Value) -> ObjectKey {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let metadata = &object["metadata"];
    let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
    ObjectKey::new(group, text(&object["kind"]), namespace, name)
}

/// Twenty objects of other people: of nobody, with labels that a controller copied from ours, and of
/// another repository.
pub(super) fn foreign(repo: &RepoKey, uid: &Uid) -> Vec<Value> {
    let mut all: Vec<Value> =
        (0..6).map(|n| config("shop", &format!("foreign-{n}"), "x")).collect();
    all.extend((0..4).map(|n| secret("shop", &format!("foreign-{n}"), "x")));
    all.extend((0..2).map(|n| account("shop", &format!("foreign-{n}"))));
    all.push(deployment("foreign", "foreign:1", "foreign-0", "foreign-0"));
    all.push(service("foreign", 80));
    let copies = (0..4).map(|n| {
        let mut copy = config("shop", &format!("copied-{n}"), "x");
        copy["metadata"]["labels"] = json!({
            PART_OF: &*part_of_id(repo), REPOSITORY: &*repo.name, NAMESPACE: &*repo.namespace,
        });
        let of = ObjectKey::new("", "ConfigMap", "shop", "same-0");
        if n % 2 == 0 {
            copy["metadata"]["annotations"] = json!({OBJECT: &*object_mark(uid, &of)});
        }
        copy
    });
    all.extend(copies);
    let others = (0..2).map(|n| {
        let repo = RepoKey::new("shop", "another");
        let mut theirs = config("shop", &format!("theirs-{n}"), "x");
        let mark = object_mark(&Uid::new("another"), &key(&theirs));
        theirs["metadata"]["labels"] = json!({
            PART_OF: &*part_of_id(&repo), REPOSITORY: &*repo.name, NAMESPACE: &*repo.namespace,
        });
        theirs["metadata"]["annotations"] = json!({OBJECT: &*mark});
        theirs
    });
    all.extend(others);
    all
}
