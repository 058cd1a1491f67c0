//! Faults on demand, counts, lenience.

use nopea_core::{
    fault::Code,
    port::{ClusterView as _, Look, ScopesRequest},
};
use serde_json::json;

use super::*;
use crate::{Injected, Strictness, Verb};

#[tokio::test]
async fn a_fault_strikes_the_request_it_was_meant_for_and_no_other() {
    let cluster = cluster();
    cluster.faults().at_call(2, Injected::Disconnect);
    cluster.faults().whenever(1, |request| request.verb == Verb::Apply, Injected::LostAnswer);
    let (a, b) = (config("a", &json!({})), config("b", &json!({})));
    assert!(guarded(&cluster, &a, Guard::Absent, Mode::Try).await.is_ok());
    assert!(guarded(&cluster, &a, Guard::Absent, Mode::Try).await.is_err());
    assert!(guarded(&cluster, &b, Guard::Absent, Mode::Real).await.is_err());
    assert!(cluster.get(&key("ConfigMap", "b")).is_some(), "the answer was lost, not the write");
    let counts = cluster.requests();
    assert_eq!((counts.dry_run, counts.apply, counts.total()), (2, 1, 3));
    assert_eq!(cluster.request_log().len(), 3);
}

#[tokio::test]
async fn a_cluster_survives_a_panic_of_one_call() {
    let cluster = cluster();
    cluster.faults().at_call(1, Injected::Panic);
    let body = config("a", &json!({}));
    let (shared, first) = (cluster.clone(), body.clone());
    let call =
        tokio::spawn(async move { guarded(&shared, &first, Guard::Absent, Mode::Real).await });
    assert!(call.await.unwrap_err().is_panic());
    assert!(guarded(&cluster, &body, Guard::Absent, Mode::Real).await.is_ok());
}

#[tokio::test]
async fn a_disconnected_cluster_gives_no_answer() {
    let cluster = cluster();
    cluster.disconnect();
    let look = Look { key: key("Namespace", "t"), api_version: "v1".into() };
    assert!(matches!(cluster.look(&look).await, Err(Refusal::Unreachable(_))));
    cluster.reconnect();
    assert!(cluster.look(&look).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lenient_cluster_takes_what_a_real_one_refuses_and_says_so_once() {
    let cluster =
        MemoryCluster::builder().strictness(Strictness::Lenient).pace(Pace::Immediate).build();
    let kind = nopea_core::model::GroupKind::new("x.io", "Thing");
    let scopes = cluster.scopes(&ScopesRequest { kinds: [kind.clone()].into() }).await.unwrap();
    assert!(scopes[&kind].namespaced && scopes[&kind].versions.iter().any(|one| &**one == "v1"));
    assert!(cluster.take_warnings().is_empty());
    for name in ["a", "b"] {
        let body = json!({"apiVersion": "x.io/v1", "kind": "Thing",
            "metadata": {"name": name, "namespace": "absent"}, "spec": {"any": [1]}});
        guarded(&cluster, &body, Guard::Absent, Mode::Try).await.unwrap();
        guarded(&cluster, &body, Guard::Absent, Mode::Real).await.unwrap();
    }
    let codes: Vec<Code> = cluster.take_warnings().iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::SchemaFree, Code::NamespaceAssumed]);
    assert!(cluster.get(&key("Namespace", "absent")).is_some());
}
