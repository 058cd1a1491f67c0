//! The cluster that a command is about: the embedded one, or a real one. The only file that names both.

use std::{fmt, sync::Arc};

use nopea_core::{
    model::{Intent, RepoKey, Uid},
    port::{Applier, ClusterView, Parent, StatusSink},
};
use nopea_k8s::Context;
use nopea_memory::{MemoryCluster, Strictness};

use crate::{
    args::ClusterArguments,
    command::Failure,
    real::{self, Real},
};

/// What the first line calls the embedded cluster.
pub(crate) const EMBEDDED: &str = "embedded cluster (in memory, Kubernetes 1.37 behaviour)";
/// Where the embedded cluster's repositories live, and objects that name no namespace.
const NAMESPACE: &str = "default";

/// Which cluster is meant; nothing was asked of it yet.
pub(crate) enum Choice {
    /// One in this process.
    Embedded(Strictness),
    /// A context of the kubeconfig.
    Real(Box<Context>),
}

/// A cluster that was reached.
pub(crate) enum Target {
    /// One in this process.
    Embedded(MemoryCluster),
    /// A real one.
    Real(Real),
}

/// The ports of a cluster.
pub(crate) struct ClusterPorts {
    pub(crate) applier: Arc<dyn Applier>,
    pub(crate) view: Arc<dyn ClusterView>,
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) status: Arc<dyn StatusSink>,
}

impl Choice {
    /// What the command line chose.
    pub(crate) async fn of(arguments: &ClusterArguments) -> anyhow::Result<Self> {
        let (file, name) = (&arguments.real.kubeconfig, &arguments.real.context);
        if file.is_none() && name.is_none() {
            let strict = arguments.strict;
            return Ok(Self::Embedded(if strict {
                Strictness::Strict
            } else {
                Strictness::Lenient
            }));
        }
        Ok(Self::Real(Box::new(nopea_k8s::context(file.as_deref(), name.as_deref()).await?)))
    }

    /// The namespace of objects that name none.
    pub(crate) fn namespace(&self) -> &str {
        match self {
            Self::Embedded(_) => NAMESPACE,
            Self::Real(context) => context.namespace(),
        }
    }

    /// The namespace of what stands for the repository, where objects go to `target`.
    pub(crate) fn home<'a>(&self, target: &'a str) -> &'a str {
        match self {
            Self::Embedded(_) => NAMESPACE,
            Self::Real(_) => target,
        }
    }

    /// Makes the cluster, or asks it for the place of the repository.
    pub(crate) async fn reach(self, key: &RepoKey, intent: Intent) -> Result<Target, Failure> {
        match self {
            Self::Embedded(strictness) => {
                Ok(Target::Embedded(MemoryCluster::builder().strictness(strictness).build()))
            }
            Self::Real(context) => Ok(Target::Real(real::reach(*context, key, intent).await?)),
        }
    }
}

/// What the first line says.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(_) => f.write_str(EMBEDDED),
            Self::Real(context) => write!(f, "{} ({})", context.name, context.server()),
        }
    }
}

impl Target {
    /// What the engine is to drive.
    pub(crate) fn ports(&self) -> ClusterPorts {
        match self {
            Self::Embedded(cluster) => ClusterPorts {
                applier: Arc::new(cluster.clone()),
                view: Arc::new(cluster.clone()),
                parent: Arc::new(cluster.clone()),
                status: Arc::new(cluster.clone()),
            },
            Self::Real(real) => real.ports(),
        }
    }

    /// The uid of what stands for the repository.
    pub(crate) fn declare(&self, key: &RepoKey) -> Uid {
        match self {
            Self::Embedded(cluster) => cluster.declare(key),
            Self::Real(real) => real.uid.clone(),
        }
    }

    /// What the embedded cluster let pass although a real one would not.
    pub(crate) fn take_warnings(&self) -> Vec<nopea_core::fault::Fault> {
        match self {
            Self::Embedded(cluster) => cluster.take_warnings(),
            Self::Real(_) => Vec::new(),
        }
    }
}
