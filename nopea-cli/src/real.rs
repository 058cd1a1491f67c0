//! A real cluster for one shot: what stands for the repository there is a `ConfigMap`, as no operator
//! runs it. Prints nothing.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use nopea_core::{
    classify,
    fault::{Code, Fault},
    model::{Intent, ObjectKey, RepoKey, Uid},
    port::{Claim, ClusterView as _, Look, Parent, ParentRef, ParentState, Refusal},
};
use nopea_k8s::{Context, Kubernetes, ParentObject};

use crate::{command::Failure, target::ClusterPorts};

/// A cluster that was reached.
pub(crate) struct Real {
    kubernetes: Kubernetes,
    /// Of what stands for the repository; made up where a plan found nothing.
    pub(crate) uid: Uid,
    parent: Arc<dyn Parent>,
}

/// Asks the cluster whether the name is free for one shot, and for what stands for the repository:
/// a sync makes it where it is missing, a plan does without.
pub(crate) async fn reach(
    context: Context,
    key: &RepoKey,
    intent: Intent,
) -> Result<Real, Failure> {
    let client = nopea_k8s::client(context.config);
    let client = client.with_context(|| format!("the context {:?} is not usable", context.name))?;
    let kubernetes = Kubernetes::builder(client).parent(ParentObject::ConfigMap).build();
    let stand_in = ObjectKey::new("", "ConfigMap", &*key.namespace, format!("nopea-{}", key.name));
    let told = |refusal: Refusal| explained(&refusal, &stand_in);
    if kubernetes.git_repository(key).await.map_err(told)?.is_some() {
        return Err(Failure::Fault(run_by_an_operator(key)));
    }
    let (uid, parent): (Uid, Arc<dyn Parent>) = match intent {
        Intent::Sync => {
            let uid = kubernetes.declare(key).await.map_err(told)?;
            (uid, Arc::new(kubernetes.clone()))
        }
        Intent::Plan => {
            let look = Look { key: stand_in.clone(), api_version: "v1".into() };
            let found = kubernetes.look(&look).await.map_err(told)?;
            let known = found.is_some().then(|| kubernetes.clone());
            let uid = found.map_or_else(|| Uid::new("planned"), |found| found.uid);
            (uid, Arc::new(Planned(known)))
        }
    };
    Ok(Real { kubernetes, uid, parent })
}

/// What stands for the repository comes before its commit, which therefore cannot bring the namespace.
fn explained(refusal: &Refusal, stand_in: &ObjectKey) -> Fault {
    let fault = classify::fault(refusal, None, stand_in);
    if fault.code == Code::NamespaceMissing {
        return fault.help("create it, or choose another one with --target-namespace");
    }
    fault
}

fn run_by_an_operator(key: &RepoKey) -> Fault {
    let message = format!("an operator runs the GitRepository {key}: two would undo each other");
    Fault::new(Code::OwnedByOther, message)
        .help("choose another --name or --target-namespace, or change the GitRepository itself")
}

impl Real {
    /// What the engine is to drive.
    pub(crate) fn ports(&self) -> ClusterPorts {
        ClusterPorts {
            applier: Arc::new(self.kubernetes.clone()),
            view: Arc::new(self.kubernetes.clone()),
            parent: Arc::clone(&self.parent),
            status: Arc::new(self.kubernetes.clone()),
        }
    }
}

/// A parent that is read where it exists, and never written.
struct Planned(Option<Kubernetes>);

#[async_trait]
impl Parent for Planned {
    async fn read(&self, request: &ParentRef) -> Result<ParentState, Refusal> {
        match &self.0 {
            Some(kubernetes) => kubernetes.read(request).await,
            None => Ok(ParentState::default()),
        }
    }

    async fn claim(&self, _request: &Claim) -> Result<(), Refusal> {
        Ok(())
    }

    async fn release(&self, _request: &ParentRef) -> Result<(), Refusal> {
        Ok(())
    }
}
