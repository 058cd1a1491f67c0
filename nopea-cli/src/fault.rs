//! Prints a fault as rustc prints an error: what, where, the line itself, and the way out.
//! Knows no command.

use std::fmt::Write as _;

use nopea_core::fault::{Excerpt, Fault};

use crate::output::plain;

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const BLUE: &str = "\u{1b}[1;34m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// It hinders.
    Error,
    /// It does not.
    Warning,
}

/// The text of a fault, without a last line end.
pub(crate) fn text(fault: &Fault, severity: Severity, colour: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colour { format!("{code}{text}{RESET}") } else { text.to_owned() }
    };
    let (word, code) = match severity {
        Severity::Error => ("error", RED),
        Severity::Warning => ("warning", YELLOW),
    };
    let head = paint(code, &format!("{word}[{}]", fault.code.id()));
    let message = paint(BOLD, &format!(": {}", plain(&fault.message)));
    let mut text = format!("{head}{message}");
    let margin = fault.origin.as_ref().map_or(1, |origin| origin.line.to_string().len());
    let pad = " ".repeat(margin);
    let bar = paint(BLUE, "|");
    if let Some(origin) = &fault.origin {
        let arrow = paint(BLUE, "-->");
        let _infallible = write!(text, "\n{pad}{arrow} {}", plain(&origin.to_string()));
        if let Some(excerpt) = &fault.excerpt {
            let (line, caret) = marked(excerpt);
            let number = paint(BLUE, &origin.line.to_string());
            let caret = paint(code, &caret);
            let _infallible =
                write!(text, "\n{pad} {bar}\n{number} {bar} {line}\n{pad} {bar} {caret}");
        }
    }
    let mut footer = |name: &str, what: &str| {
        let equals = paint(BLUE, "=");
        let _infallible = write!(text, "\n{pad} {equals} {name}: {}", plain(what));
    };
    if let Some(object) = &fault.object {
        footer("object", &object.to_string());
    }
    if !fault.help.is_empty() {
        footer("help", &fault.help);
    }
    text
}

/// The line with tabs as four spaces, and the carets below the meant part.
fn marked(excerpt: &Excerpt) -> (String, String) {
    let width = |c: char| if c == '\t' { 4 } else { 1 };
    let mut line = String::new();
    let (mut before, mut below) = (0, 0);
    for (at, c) in excerpt.text.chars().enumerate() {
        if c == '\t' {
            line.push_str("    ");
        } else {
            line.push_str(&plain(&c.to_string()));
        }
        if at < excerpt.start {
            before += width(c);
        } else if at < excerpt.start + excerpt.length {
            below += width(c);
        }
    }
    let caret = format!("{}{}", " ".repeat(before), "^".repeat(below.max(1)));
    (line.trim_end().to_owned(), caret)
}

#[cfg(test)]
mod tests {
    use nopea_core::{
        fault::Code,
        model::{ObjectKey, Origin},
    };

    use super::*;

    #[test]
    fn a_fault_shows_the_line_and_marks_the_place() {
        let fault = Fault::new(Code::Syntax, "a tab cannot indent")
            .at(Origin { file: "apps/web.yaml".into(), line: 12, column: 3 })
            .on(ObjectKey::new("apps", "Deployment", "shop", "web"))
            .excerpt(Excerpt { text: "a:\tb".into(), start: 2, length: 2 });
        insta::assert_snapshot!(text(&fault, Severity::Error, false), @r"
        error[M005]: a tab cannot indent
          --> apps/web.yaml:12:3
           |
        12 | a:    b
           |   ^^^^^
           = object: Deployment.apps shop/web
           = help: correct the marked place
        ");
    }

    #[test]
    fn a_warning_without_a_place_is_short_and_colours_are_codes_around_words() {
        let fault = Fault::new(Code::NamespaceAssumed, "namespace a is created");
        let plain = text(&fault, Severity::Warning, false);
        insta::assert_snapshot!(plain, @r"
        warning[K020]: namespace a is created
          = help: a real cluster refuses the object until the namespace exists
        ");
        let coloured = text(&fault, Severity::Warning, true);
        let codes = [YELLOW, BLUE, BOLD, RESET];
        let stripped = codes.iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(stripped, plain);
    }
}
