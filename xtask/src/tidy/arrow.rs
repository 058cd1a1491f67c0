//! Which crate may know which (design: arrows point one way). It judges the dependency lists of the
//! manifests and reads no source.

use std::collections::BTreeSet;

use super::Violation;
use crate::workspace::{Dependency, Package};

const CORE: &str = "nopea-core";
const ADAPTERS: [&str; 4] = ["nopea-git", "nopea-k8s", "nopea-memory", "nopea-events"];
/// Neither core nor adapter, and known to no adapter.
const PARTS: [&str; 2] = ["nopea-render", "nopea-engine"];
/// What may name everything: the two binaries, the suite, the tasks.
const TOPS: [&str; 4] = ["nopea-operator", "nopea-cli", "nopea-tests", "xtask"];

/// What core may stand on: nothing that does IO, reads a clock or starts a task.
const CORE_NORMAL: [&str; 7] =
    ["async-trait", "futures", "jiff", "mockall", "serde_json", "sha2", "thiserror"];
const CORE_DEV: [&str; 3] = ["insta", "proptest", "tokio"];

/// An arrow that the design forbids, and a crate that it does not place.
pub(super) fn arrows(packages: &[Package]) -> Vec<Violation> {
    packages.iter().flat_map(arrows_of).collect()
}

fn arrows_of(package: &Package) -> Vec<Violation> {
    let name = package.name.as_str();
    if TOPS.contains(&name) {
        return Vec::new();
    }
    if name != CORE && !ADAPTERS.contains(&name) && !PARTS.contains(&name) {
        return vec![format!("{name}: a crate that xtask/src/tidy/arrow.rs does not place")];
    }
    let mut violations: Vec<_> = ours(package)
        .filter(|dependency| !allowed(name, dependency))
        .map(|dependency| {
            format!("{name}: depends on {}, an arrow that the design forbids", dependency.name)
        })
        .collect();
    let adapters: BTreeSet<_> = ours(package)
        .map(|dependency| dependency.name.as_str())
        .chain([name])
        .filter(|name| ADAPTERS.contains(name))
        .collect();
    if violations.is_empty() && adapters.len() > 1 {
        violations.push(format!("{name}: its tests name more than one adapter; use nopea-tests"));
    }
    violations
}

/// Core knows nobody. The others know core; their tests and examples also what they drive.
fn allowed(name: &str, dependency: &Dependency) -> bool {
    let target = dependency.name.as_str();
    // a crate's tests may name itself, to switch a feature on
    let itself = dependency.dev && target == name;
    match name {
        CORE => itself,
        _ => itself || target == CORE || (dependency.dev && !TOPS.contains(&target)),
    }
}

fn ours(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| {
        dependency.name.starts_with("nopea-") || TOPS.contains(&dependency.name.as_str())
    })
}

/// A dependency of core outside its list.
pub(super) fn core_dependencies(packages: &[Package]) -> Vec<Violation> {
    packages
        .iter()
        .filter(|package| package.name == CORE)
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| {
            let name = dependency.name.as_str();
            let dev = dependency.dev && CORE_DEV.contains(&name);
            !dev && !CORE_NORMAL.contains(&name) && !name.starts_with("nopea-")
        })
        .map(|dependency| {
            let list = if dependency.dev { "CORE_DEV" } else { "CORE_NORMAL" };
            format!("{CORE}: `{}` is not on the list {list} of xtask/src/tidy/arrow.rs; core decides and does no IO", dependency.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let list = |names: &[&str], dev| {
            names
                .iter()
                .map(move |name| Dependency { name: (*name).into(), dev })
                .collect::<Vec<_>>()
        };
        let dependencies = [list(normal, false), list(dev, true)].concat();
        Package { name: name.into(), dependencies, examples: Vec::new() }
    }

    #[test]
    fn the_arrows_of_the_design_pass() {
        let packages = [
            package("nopea-core", &["jiff"], &["proptest"]),
            package("nopea-git", &["nopea-core", "gix"], &["nopea-core"]),
            package(
                "nopea-engine",
                &["nopea-core"],
                &["nopea-core", "nopea-memory", "nopea-render"],
            ),
            package("nopea-cli", &["nopea-git", "nopea-memory", "nopea-engine"], &[]),
            package("nopea-tests", &["nopea-core"], &["nopea-git", "nopea-memory"]),
        ];
        assert_eq!(arrows(&packages), [""; 0]);
    }

    #[test]
    fn a_crates_tests_may_name_the_crate_itself() {
        let packages = ["nopea-core", "nopea-git"].map(|name| package(name, &[], &[name]));
        assert_eq!(arrows(&packages), [""; 0]);
    }

    #[test]
    fn core_may_know_no_other_crate_of_ours_not_even_in_its_tests() {
        for bad in [
            package("nopea-core", &["nopea-render"], &[]),
            package("nopea-core", &[], &["nopea-memory"]),
        ] {
            assert_eq!(arrows(&[bad]).len(), 1);
        }
    }

    #[test]
    fn an_adapter_may_not_see_another_nor_the_engine() {
        for target in ["nopea-memory", "nopea-engine", "nopea-render", "nopea-cli"] {
            let found = arrows(&[package("nopea-git", &["nopea-core", target], &[])]);
            assert_eq!(found.len(), 1, "{target}");
            assert!(found[0].contains(target));
        }
    }

    #[test]
    fn an_adapters_tests_may_not_see_another_adapter() {
        assert_eq!(arrows(&[package("nopea-git", &["nopea-core"], &["nopea-memory"])]).len(), 1);
    }

    #[test]
    fn the_engines_tests_name_at_most_one_adapter() {
        let bad = package("nopea-engine", &["nopea-core"], &["nopea-memory", "nopea-git"]);
        assert_eq!(arrows(&[bad]).len(), 1);
    }

    #[test]
    fn a_crate_that_is_not_placed_is_named() {
        assert!(arrows(&[package("nopea-new", &[], &[])])[0].contains("nopea-new"));
    }

    #[test]
    fn core_stands_on_its_list_alone() {
        let found = core_dependencies(&[package("nopea-core", &["sha2", "reqwest"], &["tokio"])]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("reqwest"));
    }

    #[test]
    fn what_cores_tests_may_use_core_itself_may_not() {
        assert_eq!(core_dependencies(&[package("nopea-core", &["tokio"], &[])]).len(), 1);
    }
}
