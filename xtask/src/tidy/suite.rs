//! No file of a `tests/suite` is forgotten: a file that nobody mounts is never compiled, so its tests
//! seem to pass. It looks for `mod` lines and does not parse.

use super::Violation;
use crate::workspace::File;

const SUITE: &str = "tests/suite/";

/// A file of a suite that its parent module does not name.
pub(super) fn mounted(files: &[File]) -> Vec<Violation> {
    files
        .iter()
        .filter_map(|file| {
            let (folder, module) = file.path.split_once(SUITE)?;
            let module = module.strip_suffix(".rs")?;
            let (parent, name) = module.rsplit_once('/').unwrap_or(("main", module));
            let parent = format!("{folder}{SUITE}{parent}.rs");
            let forgotten = module != "main" && !mounts(files, &parent, name);
            forgotten
                .then(|| format!("{}: {parent} has no `mod {name};`, so it never runs", file.path))
        })
        .collect()
}

fn mounts(files: &[File], parent: &str, name: &str) -> bool {
    let wanted = format!("mod {name};");
    files
        .iter()
        .filter(|file| file.path == parent)
        .flat_map(|file| file.text.lines())
        .any(|line| line.trim().trim_start_matches("pub(crate) ") == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_file_that_nobody_mounts_is_named() {
        let files = [
            file("tests/suite/main.rs", "mod cli;\n// mod lost;\n"),
            file("tests/suite/cli.rs", ""),
            file("tests/suite/lost.rs", ""),
        ];
        let found = mounted(&files);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("tests/suite/lost.rs: tests/suite/main.rs has no `mod lost;`")
        );
    }

    #[test]
    fn the_suite_of_a_crate_is_one_as_well() {
        let main = file("nopea-git/tests/suite/main.rs", "mod fetch;\n");
        let found = mounted(&[
            main,
            file("nopea-git/tests/suite/fetch.rs", ""),
            file("nopea-git/tests/suite/lost.rs", ""),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("nopea-git/tests/suite/lost.rs: "));
    }

    #[test]
    fn a_file_in_a_folder_is_mounted_by_the_file_beside_it() {
        let main = file("tests/suite/main.rs", "mod contract;\n");
        let inner = file("tests/suite/contract/git.rs", "");
        let parent = |text| file("tests/suite/contract.rs", text);
        assert_eq!(mounted(&[main.clone(), parent("mod git;\n"), inner.clone()]), [""; 0]);
        assert_eq!(mounted(&[main, parent(""), inner]).len(), 1);
    }
}
