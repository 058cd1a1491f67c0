//! Reads which cluster a kubeconfig means. It opens no connection.
//!
//! A parser shows the lines that it stumbles over, and those hold credentials: what is wrong is said
//! in words of our own.

use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

/// A context of a kubeconfig.
pub struct Context {
    /// Its name.
    pub name: String,
    /// How to reach the cluster, for [`client`](super::client()).
    pub config: kube::Config,
}

/// Why a kubeconfig names no cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoContext {
    /// The file cannot be read.
    #[error("the kubeconfig {} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no file.
    #[error(
        "there is no kubeconfig: neither --kubeconfig nor KUBECONFIG nor a home folder names one"
    )]
    NoFile,
    /// The file is not what it should be.
    #[error("the kubeconfig is no valid YAML, or a field of it has the wrong type")]
    Malformed,
    /// There is no such context.
    #[error("the kubeconfig has no context {name:?}; it has {}", listed(known))]
    UnknownContext {
        /// What was asked for.
        name: String,
        /// The contexts there are.
        known: Vec<String>,
    },
    /// No context was asked for, and none is the current one.
    #[error("the kubeconfig has no current context; it has {}", listed(known))]
    NoCurrentContext {
        /// The contexts there are.
        known: Vec<String>,
    },
    /// The context names what cannot be used.
    #[error("the context {name:?} of the kubeconfig is not usable: {why}")]
    Unusable {
        /// Which context.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Context {
    /// Where the cluster is, without credentials.
    pub fn server(&self) -> String {
        let url = &self.config.cluster_url;
        let (scheme, host) = (url.scheme_str().unwrap_or_default(), url.host().unwrap_or_default());
        let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}")
    }

    /// The namespace of the context; `default` where it names none.
    pub fn namespace(&self) -> &str {
        &self.config.default_namespace
    }
}

/// Without the configuration: it holds credentials.
impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.name)
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

/// Reads a context: of `file`, else of `KUBECONFIG`, else of the home folder's; `name`, else the
/// current one.
pub async fn context(file: Option<&Path>, name: Option<&str>) -> Result<Context, NoContext> {
    let read = match file {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = read.map_err(|error| explained(error, ""))?;
    let known: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    let current = kubeconfig.current_context.clone().filter(|name| !name.is_empty());
    let name = match name.map(str::to_owned).or(current) {
        Some(name) if known.contains(&name) => name,
        Some(name) => return Err(NoContext::UnknownContext { name, known }),
        None => return Err(NoContext::NoCurrentContext { known }),
    };
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let config = config.map_err(|error| explained(error, &name))?;
    Ok(Context { name, config })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the others say no more than which field it is")]
fn explained(error: KubeconfigError, name: &str) -> NoContext {
    match error {
        KubeconfigError::ReadConfig(source, path) => NoContext::Unreadable { path, source },
        KubeconfigError::FindPath => NoContext::NoFile,
        KubeconfigError::Parse(_)
        | KubeconfigError::KindMismatch
        | KubeconfigError::ApiVersionMismatch => NoContext::Malformed,
        other => NoContext::Unusable { name: name.to_owned(), why: other.to_string() },
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
