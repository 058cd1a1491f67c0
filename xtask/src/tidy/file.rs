//! The rules about one file alone: its head, length, name, and what must not be left in it. It judges
//! text and knows no syntax tree.

use super::Violation;
use crate::workspace::File;

const LONGEST_FILE: usize = 400;
const LONGEST_MAIN: usize = 30;
const NAMELESS: [&str; 6] =
    ["utils.rs", "util.rs", "common.rs", "helpers.rs", "helper.rs", "misc.rs"];

/// Marks that a merge must not carry, split so that this file does not violate its own rule.
const LEFTOVERS: [(&str, &str); 3] = [
    (concat!("TO", "DO"), "do it, or file an issue"),
    (concat!("FIX", "ME"), "fix it, or file an issue"),
    (concat!("#[ign", "ore"), "an ignored test rots: gate it by a feature that CI names"),
];

/// A Rust file that does not open with what it is for.
pub(super) fn heads(files: &[File]) -> Vec<Violation> {
    rust(files)
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| {
            format!("{}: does not open with `//!`: say what it is for and must not know", file.path)
        })
        .collect()
}

/// A Rust file whose code, its tests aside, passes 400 lines.
pub(super) fn lengths(files: &[File]) -> Vec<Violation> {
    rust(files)
        .filter(|file| !is_test(&file.path))
        .map(|file| (file, code_lines(&file.text)))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(file, lines)| {
            format!(
                "{}: {lines} lines of code, past 400 lines: split it by what changes together",
                file.path
            )
        })
        .collect()
}

/// A `main.rs` that does more than start what stands elsewhere.
pub(super) fn short_mains(files: &[File]) -> Vec<Violation> {
    rust(files)
        .filter(|file| name(file) == "main.rs" && !is_test(&file.path))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_MAIN)
        .map(|(file, lines)| {
            format!("{}: {lines} lines, a main has at most {LONGEST_MAIN}", file.path)
        })
        .collect()
}

/// A file name that the house does not use.
pub(super) fn names(files: &[File]) -> Vec<Violation> {
    rust(files)
        .filter_map(|file| match name(file) {
            "mod.rs" => Some(format!("{}: name it as its folder: foo.rs beside foo/", file.path)),
            name if NAMELESS.contains(&name) => {
                Some(format!("{}: a name that says nothing: name what it holds", file.path))
            }
            _ => None,
        })
        .collect()
}

/// Work that is left over.
pub(super) fn leftovers(files: &[File]) -> Vec<Violation> {
    files
        .iter()
        .flat_map(|file| file.text.lines().enumerate().map(move |(at, line)| (file, at + 1, line)))
        .flat_map(|(file, at, line)| {
            LEFTOVERS
                .iter()
                .filter(|(mark, _)| has_mark(line, mark))
                .map(move |(mark, help)| format!("{}:{at}: `{mark}`: {help}", file.path))
        })
        .collect()
}

/// The mark as a word of its own: `MASTODONS` holds none.
fn has_mark(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let (before, after) = (line.get(..at), line.get(at + mark.len()..));
        let free = |next: Option<char>| next.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        !mark.starts_with(char::is_alphabetic)
            || free(before.and_then(|text| text.chars().next_back()))
                && free(after.and_then(|text| text.chars().next()))
    })
}

/// Lines before the unit tests at the foot. `#[cfg(test)] mod tests;` moves them out and ends nothing.
fn code_lines(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let foot = lines.windows(2).position(|pair| {
        matches!(pair, ["#[cfg(test)]", module] if module.starts_with("mod ") && module.ends_with('{'))
    });
    foot.unwrap_or(lines.len())
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| name(file).strip_suffix(".rs").is_some())
}

fn name(file: &File) -> &str {
    file.path.rsplit('/').next().unwrap_or(&file.path)
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| part == "tests")
}

#[cfg(test)]
mod tests;
