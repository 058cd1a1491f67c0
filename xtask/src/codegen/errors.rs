//! `docs/errors.md`: the fault catalogue of `nopea-core` as a page for people. It adds no meaning of
//! its own.

use std::fmt::Write as _;

use nopea_core::fault::{Code, Retry};

use super::Made;

const HEAD: &str = "\
<!-- Made by `cargo xtask codegen` from nopea-core/src/fault/catalogue.rs; do not edit. -->
# Faults

Every fault that NOPEA reports has a code, which keeps its meaning for ever. A fault names the object
and the file and line where there are any, and says what to do.

When NOPEA tries again by itself:

- **soon**: after a backoff of one second that doubles up to a minute;
- **at the next poll**: the verdict of a cluster or a source, which may change without a commit;
- **never**: what the bytes of the commit alone decide; a new commit or a new spec starts anew.
";

/// The families of codes by their first letter, in the order of the page.
const FAMILIES: [(char, &str); 6] = [
    ('G', "Sources"),
    ('M', "Manifests"),
    ('K', "Clusters"),
    ('D', "Drift"),
    ('E', "Events"),
    ('W', "The program itself"),
];

/// Makes the file.
pub(super) fn make() -> Made {
    let mut text = HEAD.to_owned();
    for (letter, title) in FAMILIES {
        let _ = write!(
            text,
            "\n## {title}\n\n| Code | What it means | Tried again | What to do |\n|---|---|---|---|\n"
        );
        for code in Code::ALL.iter().filter(|code| code.id().starts_with(letter)) {
            let _ = writeln!(
                text,
                "| <a id=\"{0}\"></a>{0} | {1} | {2} | {3} |",
                code.id(),
                cell(code.meaning()),
                again(code.retry()),
                cell(code.help())
            );
        }
    }
    Made { path: "docs/errors.md", text }
}

fn again(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "never",
        Retry::Interval => "at the next poll",
        Retry::Soon => "soon",
    }
}

/// Text that does not end a table cell, nor vanish as a tag.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_row_with_its_meaning_and_way_out() {
        let text = make().text;
        for code in Code::ALL {
            let row = text.lines().find(|line| line.contains(&format!("id=\"{}\"", code.id())));
            let row = row.unwrap_or_else(|| panic!("{} has no row", code.id()));
            assert!(row.contains(&cell(code.meaning())) && row.contains(&cell(code.help())));
        }
    }

    #[test]
    fn a_cell_stays_one_cell() {
        assert_eq!(cell("a|b <c>"), "a\\|b &lt;c>");
    }
}
