//! `cargo xtask tidy`: the rules of the house that neither rustc nor clippy knows. Each rule is a
//! function from what the checkout holds to what is wrong with it; this file only runs them.

mod arrow;
mod file;
mod suite;

use anyhow::{Result, bail};

use crate::workspace::{self, File, Package};

/// What a rule found, ready to be read: where, what, and the way out.
pub(crate) type Violation = String;

/// Fails with every violation of every rule.
pub(crate) fn run() -> Result<()> {
    let files = workspace::files()?;
    let violations = check(&files, &workspace::packages()?);
    if violations.is_empty() {
        return Ok(());
    }
    bail!("{} violations of the house rules:\n  {}", violations.len(), violations.join("\n  "))
}

fn check(files: &[File], packages: &[Package]) -> Vec<Violation> {
    let mut violations = arrow::arrows(packages);
    violations.extend(arrow::core_dependencies(packages));
    violations.extend(file::heads(files));
    violations.extend(file::lengths(files));
    violations.extend(file::short_mains(files));
    violations.extend(file::names(files));
    violations.extend(file::leftovers(files));
    violations.extend(suite::mounted(files));
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_run() {
        let files = [
            File { path: "a/src/utils.rs".into(), text: "fn a() {}\n".repeat(401) },
            File { path: "tests/suite/lost.rs".into(), text: "//! Lost.\n".into() },
        ];
        let core = Package {
            name: "nopea-core".into(),
            dependencies: ["nopea-git", "tokio"]
                .map(|name| workspace::Dependency { name: name.into(), dev: false })
                .to_vec(),
            examples: Vec::new(),
        };
        let found = check(&files, &[core]).join("\n");
        for rule in ["`//!`", "400 lines", "says nothing", "no `mod lost;`", "depends on nopea-git"]
        {
            assert!(found.contains(rule), "{rule} is missing in:\n{found}");
        }
        assert!(found.contains("`tokio` is not on the list"), "{found}");
    }
}
