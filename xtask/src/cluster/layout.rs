//! The folder of a control plane: where what stands, and the files that its components read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// The folder below a plane's own in which a test may start further ones: they end with it.
pub(super) const NESTED: &str = "planes";

/// Who may ask the API server, each with the token `<name>-token`. The components are users of their own so
/// that the audit log can leave them out.
const USERS: [&str; 4] = ["admin", "kube-controller-manager", "kube-scheduler", "kwok"];

/// Who did what, as far as tests count it: without bodies, and without the components themselves.
fn audit_policy() -> Value {
    let components: Vec<_> = USERS.iter().filter(|user| **user != "admin").collect();
    json!({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "users": components},
            {"level": "None", "users": ["system:apiserver"]},
            {"level": "Metadata"},
        ],
    })
}

/// What becomes of nodes and Pods.
const STAGES: &str = include_str!("../../../controlplane/stages.yaml");

/// A node that nothing stands behind.
pub(super) fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
        },
    })
}

/// The configuration of the administrator's client.
pub(super) fn kubeconfig(dir: &Path) -> PathBuf {
    dir.join("kubeconfig")
}

/// The configuration of a component's client.
pub(super) fn kubeconfig_of(dir: &Path, user: &str) -> PathBuf {
    if user == "admin" { kubeconfig(dir) } else { dir.join(format!("{user}.kubeconfig")) }
}

/// Which processes make up the plane.
pub(super) fn record(dir: &Path) -> PathBuf {
    dir.join("plane.json")
}

/// What a component says.
pub(super) fn log(dir: &Path, component: &str) -> PathBuf {
    dir.join("log").join(format!("{component}.log"))
}

/// What the nodes' player reads.
pub(super) fn stages(dir: &Path) -> PathBuf {
    dir.join("stages.yaml")
}

/// The certificate that the API server makes for itself, with its authority.
pub(super) fn certificate(dir: &Path) -> PathBuf {
    dir.join("certs/apiserver.crt")
}

/// Its key, which signs the tokens of service accounts as well.
pub(super) fn key(dir: &Path) -> PathBuf {
    dir.join("certs/apiserver.key")
}

/// Writes what the components read.
pub(super) fn write(dir: &Path, server: u16) -> Result<()> {
    for folder in ["certs", "etcd", "log", NESTED] {
        let folder = dir.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    }
    let tokens = USERS.map(|user| format!("{user}-token,{user},{user},\"system:masters\"\n"));
    put(&dir.join("tokens.csv"), &tokens.concat())?;
    put(&stages(dir), STAGES)?;
    put(&dir.join("audit-policy.json"), &format!("{:#}", audit_policy()))?;
    for user in USERS {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "plane",
            "clusters": [{"name": "plane", "cluster": {
                "server": format!("https://127.0.0.1:{server}"),
                "certificate-authority": certificate(dir),
            }}],
            "users": [{"name": user, "user": {"token": format!("{user}-token")}}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": user}}],
        });
        put(&kubeconfig_of(dir, user), &format!("{config:#}"))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
