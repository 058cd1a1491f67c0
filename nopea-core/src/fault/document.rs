//! Renders `docs/errors.md` from the catalogue. Knows no file: whoever calls it writes one.

use std::fmt::Write as _;

use super::{Code, Retry};

const HEAD: &str = "# Faults\n\n\
    Every fault has a code, what happened and why, the object, file and line where there is one, and a way out.\n\
    Made from the catalogue in `nopea-core`; do not edit by hand.\n\n\
    Another try comes: **never** before the commit or the spec changes; at the next **interval**, as a verdict of the\n\
    cluster or the source may change; **soon**, after a backoff of 1 s that doubles up to 60 s.\n";

/// The groups of codes by their first letter.
const GROUPS: [(char, &str); 5] =
    [('G', "Sources"), ('M', "Manifests"), ('K', "Clusters"), ('D', "Drift"), ('E', "Events")];
/// What is in none of them.
const REST: &str = "The program itself";

/// The document.
///
/// ```
/// assert!(nopea_core::fault::document::document().contains("| M013 |"));
/// ```
pub fn document() -> String {
    let mut text = HEAD.to_owned();
    for (letter, title) in GROUPS {
        section(&mut text, title, |code| code.id().starts_with(letter));
    }
    section(&mut text, REST, |code| {
        !GROUPS.iter().any(|(letter, _)| code.id().starts_with(*letter))
    });
    text
}

fn section(text: &mut String, title: &str, belongs: impl Fn(Code) -> bool) {
    let _infallible = write!(
        text,
        "\n## {title}\n\n| Code | Meaning | Another try | What to do |\n|---|---|---|---|\n"
    );
    for code in Code::ALL.iter().copied().filter(|code| belongs(*code)) {
        let retry = match code.retry() {
            Retry::Never => "never",
            Retry::Interval => "interval",
            Retry::Soon => "soon",
        };
        let (id, meaning, help) = (code.id(), cell(code.meaning()), cell(code.help()));
        let _infallible = writeln!(text, "| {id} | {meaning} | {retry} | {help} |");
    }
}

/// A text that is safe within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_errors_md_is_current() {
        let written = include_str!("../../../docs/errors.md");
        assert_eq!(written, document(), "write docs/errors.md anew: it is made of the catalogue");
    }

    #[test]
    fn every_code_stands_in_the_document_once() {
        let text = document();
        for code in Code::ALL {
            assert_eq!(text.matches(&format!("| {} |", code.id())).count(), 1, "{}", code.id());
        }
    }
}
