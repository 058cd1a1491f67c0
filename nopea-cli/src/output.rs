//! The only place that prints. Results go to standard output, everything about them to standard
//! error. Must not know what is printed.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Output {
    /// Whether faults and notes go to standard output too, in order: the demonstration's.
    together: bool,
    colour: bool,
    failed: AtomicBool,
}

impl Output {
    /// Results and notes apart.
    pub(crate) fn new() -> Self {
        Self {
            together: false,
            colour: wants_colour(io::stderr().is_terminal()),
            failed: AtomicBool::default(),
        }
    }

    /// Results and notes in one stream.
    pub(crate) fn together() -> Self {
        Self {
            together: true,
            colour: wants_colour(io::stdout().is_terminal()),
            failed: AtomicBool::default(),
        }
    }

    /// Whether notes may be coloured.
    pub(crate) fn colour(&self) -> bool {
        self.colour
    }

    /// Prints a line of the result.
    pub(crate) fn result(&self, text: impl Display) {
        self.keep(writeln!(io::stdout().lock(), "{text}"));
    }

    /// Prints a line about the result.
    pub(crate) fn note(&self, text: impl Display) {
        if self.together {
            self.result(text);
        } else {
            self.keep(writeln!(io::stderr().lock(), "{text}"));
        }
    }

    /// Whether something could not be printed although somebody reads.
    pub(crate) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// A reader that went away is no error: `nopea sync ... | head`.
    fn keep(&self, written: io::Result<()>) {
        if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
            self.failed.store(true, Ordering::Relaxed);
        }
    }
}

/// <https://no-color.org>, and terminals that cannot.
fn wants_colour(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Text of a repository or a server without what would steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31m\tb\nc"), "a\u{fffd}[31m\u{fffd}b\nc");
    }
}
