//! What a user writes, as the API server stores it. Values that core gives a meaning to stay text
//! here: an object that an older CRD let through must still be readable, and be wrong by itself.

#![expect(unreachable_pub, reason = "KubeSchema makes a private copy of the struct, as public")]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::status::GitRepositoryStatus;

/// A folder of a Git repository that the cluster is kept equal to.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "nopea.io",
    version = "v1alpha1",
    kind = "GitRepository",
    plural = "gitrepositories",
    shortname = "gr",
    shortname = "gitrepo",
    category = "nopea",
    namespaced,
    derive = "PartialEq",
    doc = "A folder of a Git repository that the cluster is kept equal to.",
    status = "GitRepositoryStatus",
    validation = Rule::new("size(self.metadata.name) <= 63")
        .message("the name stands in a label of every object, so it has at most 63 characters"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Commit", type_ = "string", json_path = ".status.shortCommit"),
    printcolumn(name = "Objects", type_ = "integer", json_path = ".status.objects.total"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Url", type_ = "string", json_path = ".spec.url", priority = 1),
    printcolumn(name = "Branch", type_ = "string", json_path = ".spec.branch", priority = 1),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, kube(cel))]
#[x_kube(
    validation = Rule::new(
        "[has(self.branch), has(self.tag), has(self.semver), has(self.commit), has(self.ref)].filter(given, given).size() <= 1"
    )
    .message("give at most one of branch, tag, semver, commit and ref; none means the remote's HEAD")
)]
pub struct GitRepositorySpec {
    /// Where the repository is: `https://…`, `http://…`, `file://…`.
    #[schemars(length(max = 2048), regex(pattern = r"^[a-z][a-z0-9+.-]*://\S+$"))]
    pub url: String,

    /// The branch whose tip is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = r"^[^\s~^:?*\[\\]+$"))]
    pub branch: Option<String>,

    /// The tag that is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = r"^[^\s~^:?*\[\\]+$"))]
    pub tag: Option<String>,

    /// The range of semantic versions whose highest tag is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = r"\S"))]
    pub semver: Option<String>,

    /// The full id of the commit that is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"))]
    pub commit: Option<String>,

    /// The full name of the reference that is applied, such as `refs/pull/1/head`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255), regex(pattern = r"^refs/[^\s~^:?*\[\\]+$"))]
    pub reference: Option<String>,

    /// The folder that is applied, relative to the root of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), regex(pattern = r"^([^/\\\x00][^\\\x00]*)?$"))]
    #[x_kube(
        validation = Rule::new("!self.split('/').exists(part, part == '..')")
            .message("the path leaves the repository: write it without `..`")
    )]
    pub path: Option<String>,

    /// The namespace of objects that name none; absent means this object's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub target_namespace: Option<String>,

    /// How long between two looks at the repository, at least 10s. A jitter of 10 % is added.
    #[serde(default = "five_minutes")]
    #[schemars(length(max = 32), regex(pattern = "^([0-9]+(ms|s|m|h))+$"))]
    #[x_kube(
        validation = Rule::new("duration(self) >= duration('10s')")
            .message("give at least 10s; a push or the annotation nopea.io/sync-requested-at syncs at once")
    )]
    pub interval: String,

    /// How long one attempt may take, at least 1s.
    #[serde(default = "five_minutes")]
    #[schemars(length(max = 32), regex(pattern = "^([0-9]+(ms|s|m|h))+$"))]
    #[x_kube(
        validation = Rule::new("duration(self) >= duration('1s')").message("give at least 1s")
    )]
    pub timeout: String,

    /// Whether everything rests: nothing is applied, pruned or healed.
    #[serde(default)]
    pub suspend: bool,

    /// Whether what Git no longer names is deleted.
    #[serde(default = "yes")]
    pub prune: bool,

    /// What becomes of the objects when this object is deleted.
    #[serde(default = "delete")]
    #[schemars(extend("enum" = ["Delete", "Orphan"]))]
    pub deletion_policy: String,

    /// Whether an attempt waits for its objects to be ready.
    #[serde(default = "yes")]
    pub wait: bool,

    /// What happens to drift. It does not govern what Git itself changes.
    #[serde(default = "auto")]
    #[schemars(extend("enum" = ["auto", "manual", "notify"]))]
    pub heal_policy: String,

    /// How long drift may stand before it is healed.
    #[serde(default = "no_time")]
    #[schemars(length(max = 32), regex(pattern = "^([0-9]+(ms|s|m|h))+$"))]
    pub heal_grace_period: String,

    /// What happens to fields that others added to our objects.
    #[serde(default = "report")]
    #[schemars(extend("enum" = ["report", "revert", "ignore"]))]
    pub foreign_fields: String,

    /// Fields that are neither applied once the object exists nor drift.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub ignore: Vec<IgnoreRule>,
}

/// Fields of some objects that are left to others.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoreRule {
    /// JSON pointers, with `*` for every item of a list.
    #[schemars(length(min = 1, max = 100), inner(length(max = 1024), regex(pattern = "^/.+")))]
    pub paths: Vec<String>,

    /// Which objects; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<IgnoreTarget>,
}

/// Which objects are meant, each part a glob; an absent part means any.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IgnoreTarget {
    /// The API group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub group: Option<String>,
    /// The kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub kind: Option<String>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub name: Option<String>,
    /// The namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub namespace: Option<String>,
}

fn five_minutes() -> String {
    "5m".to_owned()
}

fn no_time() -> String {
    "0s".to_owned()
}

fn yes() -> bool {
    true
}

fn delete() -> String {
    "Delete".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

fn report() -> String {
    "report".to_owned()
}
