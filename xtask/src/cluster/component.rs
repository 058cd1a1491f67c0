//! The flags of each component. They know where things stand and start nothing.

use std::path::Path;

use super::layout;

/// The ports of a plane, all on loopback.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) etcd: u16,
    pub(super) peers: u16,
    pub(super) server: u16,
}

/// The store, without waiting for the disk: its data does not outlive the plane.
pub(super) fn etcd(dir: &Path, ports: Ports) -> Vec<String> {
    let (clients, peers) = (url(ports.etcd), url(ports.peers));
    vec![
        flag("data-dir", dir.join("etcd").display()),
        flag("listen-client-urls", &clients),
        flag("advertise-client-urls", &clients),
        flag("listen-peer-urls", &peers),
        flag("unsafe-no-fsync", true),
        flag("quota-backend-bytes", 4_u64 << 30),
        flag("log-level", "warn"),
    ]
}

/// The API server. It makes its certificate for itself before it reads the key of the service accounts,
/// which therefore may be the key of that certificate.
pub(super) fn apiserver(dir: &Path, ports: Ports) -> Vec<String> {
    let key = layout::key(dir);
    vec![
        flag("etcd-servers", url(ports.etcd)),
        flag("cert-dir", dir.join("certs").display()),
        flag("bind-address", "127.0.0.1"),
        flag("secure-port", ports.server),
        flag("service-account-key-file", key.display()),
        flag("service-account-signing-key-file", key.display()),
        flag("service-account-issuer", "https://kubernetes.default.svc"),
        flag("service-cluster-ip-range", "10.0.0.0/16"),
        flag("authorization-mode", "RBAC"),
        flag("token-auth-file", dir.join("tokens.csv").display()),
        flag("allow-privileged", true),
        flag("endpoint-reconciler-type", "none"),
        flag("audit-policy-file", dir.join("audit-policy.json").display()),
        flag("audit-log-path", dir.join("audit.log").display()),
        // one file: who counts requests must not lose some to rotation
        flag("audit-log-maxsize", 100_000),
    ]
}

/// The controllers, without the limits on requests that a production cluster wants.
pub(super) fn controllers(dir: &Path) -> Vec<String> {
    let mut flags = client(dir, "kube-controller-manager");
    flags.extend([
        flag("service-account-private-key-file", layout::key(dir).display()),
        flag("root-ca-file", layout::certificate(dir).display()),
        flag("use-service-account-credentials", false),
    ]);
    flags
}

/// The scheduler.
pub(super) fn scheduler(dir: &Path) -> Vec<String> {
    client(dir, "kube-scheduler")
}

/// Plays the nodes.
pub(super) fn kwok(dir: &Path) -> Vec<String> {
    vec![
        flag("kubeconfig", layout::kubeconfig_of(dir, "kwok").display()),
        flag("config", layout::stages(dir).display()),
        flag("manage-all-nodes", true),
        flag("node-lease-duration-seconds", 40),
    ]
}

fn client(dir: &Path, user: &str) -> Vec<String> {
    vec![
        flag("kubeconfig", layout::kubeconfig_of(dir, user).display()),
        flag("leader-elect", false),
        flag("kube-api-qps", 2_000),
        flag("kube-api-burst", 4_000),
        // nobody asks for their metrics
        flag("secure-port", 0),
    ]
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}
