//! What the checkout holds: its root, its files and cargo's own account of its packages. It reads and
//! never judges: the rules are in `tidy`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A text file of the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// Relative to the root, with `/` on every platform.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A package of the workspace as `cargo metadata` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) examples: Vec<Example>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) dev: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) name: String,
    pub(crate) features: Vec<String>,
}

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs this task, so that a pinned toolchain stays pinned.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Every `.rs` and `.toml` file below the root, in path order.
pub(crate) fn files() -> Result<Vec<File>> {
    let mut files = Vec::new();
    walk(&root(), "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else if has_extension(&name, "rs") || has_extension(&name, "toml") {
            let text = fs::read_to_string(entry.path()).with_context(|| format!("read {path}"))?;
            files.push(File { path, text });
        }
    }
    Ok(())
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// The packages of the workspace. Needs neither network nor a resolved lock file.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .context("start cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed");
    }
    parse(&serde_json::from_slice(&output.stdout).context("read the answer of cargo metadata")?)
}

fn parse(metadata: &Value) -> Result<Vec<Package>> {
    list(metadata, "packages")
        .iter()
        .map(|package| {
            Ok(Package {
                name: text(package, "name")?,
                dependencies: list(package, "dependencies")
                    .iter()
                    .map(|dependency| {
                        Ok(Dependency {
                            name: text(dependency, "name")?,
                            dev: dependency["kind"] == "dev",
                        })
                    })
                    .collect::<Result<_>>()?,
                examples: list(package, "targets")
                    .iter()
                    .filter(|target| list(target, "kind").iter().any(|kind| kind == "example"))
                    .map(|target| {
                        Ok(Example {
                            name: text(target, "name")?,
                            features: list(target, "required-features")
                                .iter()
                                .filter_map(|feature| feature.as_str().map(str::to_owned))
                                .collect(),
                        })
                    })
                    .collect::<Result<_>>()?,
            })
        })
        .collect()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, field: &str) -> Result<String> {
    let found = value.get(field).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("cargo metadata has no `{field}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_is_read_with_its_dependencies_and_examples() {
        let metadata = json!({"packages": [{
            "name": "a",
            "dependencies": [{"name": "b", "kind": null}, {"name": "c", "kind": "dev"}],
            "targets": [
                {"kind": ["lib"], "name": "a"},
                {"kind": ["example"], "name": "show", "required-features": ["mock"]},
            ],
        }]});
        let expected = Package {
            name: "a".into(),
            dependencies: vec![
                Dependency { name: "b".into(), dev: false },
                Dependency { name: "c".into(), dev: true },
            ],
            examples: vec![Example { name: "show".into(), features: vec!["mock".into()] }],
        };
        assert_eq!(parse(&metadata).unwrap(), [expected]);
    }

    #[test]
    fn the_walk_finds_this_file_and_leaves_build_output_and_dot_folders_out() {
        let files = files().unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/workspace.rs"));
        assert!(files.iter().all(|file| !file.path.contains("target/")));
        assert!(files.iter().all(|file| !file.path.starts_with('.')));
    }
}
