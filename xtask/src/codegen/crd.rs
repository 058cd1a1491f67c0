//! `deploy/crd.yaml`: the custom resource as `nopea-k8s` derives it. It adds no rule of its own.

use anyhow::{Context as _, Result};

use super::Made;

/// Makes the file.
pub(super) fn make() -> Result<Made> {
    let crd = serde_yaml::to_string(&nopea_k8s::crd()).context("write the CRD as YAML")?;
    let head =
        "# Made by `cargo xtask codegen` from nopea-k8s/src/git_repository.rs; do not edit.\n";
    Ok(Made { path: "deploy/crd.yaml", text: format!("{head}{crd}") })
}
