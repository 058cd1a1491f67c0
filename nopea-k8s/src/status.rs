//! What a user reads, as the API server stores it: the shape of `.status`. What stands in it, core
//! decides; every list is bounded so that it fits into etcd whatever the repository holds.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of a repository.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GitRepositoryStatus {
    /// A summary in one word, `Pinned` where an annotation holds what is synced; the conditions are
    /// the truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,

    /// The generation of this object that the status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The commit that the source named last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_commit: Option<String>,

    /// The commit that the cluster equals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_commit: Option<String>,

    /// The first digits of the applied commit, for `kubectl get`, which cannot shorten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_commit: Option<String>,

    /// The commit that an annotation holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,

    /// When the last attempt ended well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sync_time: Option<Time>,

    /// The value of `nopea.io/sync-requested-at` that the last attempt answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_token: Option<String>,

    /// The digest that `nopea.io/approve-prune` has to hold to let the waiting deletions through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_prune: Option<String>,

    /// Ready, Reconciling, Stalled, Healthy, Drifted, Suspended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,

    /// How many objects of which state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,

    /// What went wrong, the first 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub faults: Vec<Fault>,

    /// How many faults there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_count: Option<i64>,

    /// The last 20 attempts, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub history: Vec<HistoryEntry>,

    /// The kinds that this repository has objects of, as `Kind.group`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

/// How many objects of which state.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Objects {
    /// All.
    pub total: i64,
    /// Those that are ready.
    pub ready: i64,
    /// Those that others changed.
    pub drifted: i64,
    /// Those that are degraded.
    pub unhealthy: i64,
}

/// One thing that went wrong.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fault {
    /// Its code in the catalogue.
    pub code: String,
    /// What and why.
    pub message: String,
    /// Which object, as `Kind.group namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What to do.
    pub help: String,
}

/// A place in the source.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Origin {
    /// The file, relative to the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: i64,
    /// The column, in characters, from 1.
    pub column: i64,
}

/// One attempt that ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Its commit.
    pub commit: String,
    /// Whether it reached its end.
    pub succeeded: bool,
    /// When it ended.
    pub time: Time,
    /// How long it took.
    pub duration_ms: i64,
    /// How many objects were created.
    #[serde(default)]
    pub created: i64,
    /// How many objects were changed.
    #[serde(default)]
    pub configured: i64,
    /// How many objects were as they should be.
    #[serde(default)]
    pub unchanged: i64,
    /// How many objects were deleted.
    #[serde(default)]
    pub pruned: i64,
    /// How many objects were left alone.
    #[serde(default)]
    pub skipped: i64,
    /// How many objects were refused.
    #[serde(default)]
    pub failed: i64,
}
