//! `cargo xtask codegen`: the checked-in files that are made from code, so that they cannot say
//! something else. `--check` compares instead of writing. What each file holds, its maker knows.

mod crd;
mod errors;
mod schema;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::workspace;

/// How to run it.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Writes nothing, and fails when a file is not what the code says
    #[arg(long)]
    pub(crate) check: bool,
    /// The `OpenAPI` v3 schemas of Kubernetes, from which the schema table is made
    #[arg(long, value_name = "FILE", default_value = schema::DEFAULT_INPUT)]
    pub(crate) schemas: PathBuf,
}

impl Options {
    /// What CI runs.
    pub(crate) fn checking() -> Self {
        Self { check: true, schemas: schema::DEFAULT_INPUT.into() }
    }
}

/// A file that is made: where it belongs and what it must hold.
struct Made {
    path: &'static str,
    text: String,
}

/// Writes every made file, or checks them.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut all = vec![crd::make()?, errors::make()];
    // A relative path is one from the workspace's root, wherever the task is called from.
    let table = schema::make(&workspace::root().join(&options.schemas))?;
    all.extend(table.map(|text| Made { path: schema::TABLE, text }));
    if options.check { check(&workspace::root(), &all) } else { write(&workspace::root(), &all) }
}

fn write(root: &Path, all: &[Made]) -> Result<()> {
    for made in all {
        let path = root.join(made.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        fs::write(&path, &made.text).with_context(|| format!("write {}", made.path))?;
    }
    Ok(())
}

fn check(root: &Path, all: &[Made]) -> Result<()> {
    let stale: Vec<_> = all
        .iter()
        .filter(|made| fs::read_to_string(root.join(made.path)).ok().as_ref() != Some(&made.text))
        .map(|made| made.path)
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    bail!("not what the code says: {}; run `cargo xtask codegen` and commit", stale.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> [Made; 1] {
        [Made { path: "docs/a.md", text: text.to_owned() }]
    }

    #[test]
    fn what_was_written_passes_the_check() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &made("new")).unwrap();
        check(root.path(), &made("new")).unwrap();
    }

    #[test]
    fn a_file_that_is_stale_or_absent_fails_the_check_and_says_how_to_mend_it() {
        let root = tempfile::tempdir().unwrap();
        for stale in [None, Some("old")] {
            if let Some(text) = stale {
                write(root.path(), &made(text)).unwrap();
            }
            let error = check(root.path(), &made("new")).unwrap_err().to_string();
            assert!(
                error.contains("docs/a.md") && error.contains("cargo xtask codegen"),
                "{error}"
            );
        }
    }
}
