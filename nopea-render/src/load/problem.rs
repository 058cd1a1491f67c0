//! What is wrong in a file, and where. Files and objects are added by whoever knows them.

use granit_parser::{Marker, Span as Range};
use nopea_core::fault::Code;

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// The line.
    pub(crate) line: u32,
    /// The column.
    pub(crate) column: u32,
    /// How many characters of the line are meant, at least 1.
    pub(crate) length: u32,
    /// Where the place begins in the text, in bytes.
    pub(crate) byte: usize,
}

impl Span {
    /// The place of a byte that a parser marked.
    pub(super) fn of_mark(mark: &Marker) -> Self {
        Self {
            line: narrow(mark.line()),
            column: narrow(mark.col()).saturating_add(1),
            length: 1,
            byte: mark.byte_offset().unwrap_or(0),
        }
    }

    /// The place of a range; one that goes on in the next line is marked at its first character.
    pub(super) fn of_range(range: &Range) -> Self {
        let mut span = Self::of_mark(&range.start);
        if range.end.line() == range.start.line() {
            span.length = narrow(range.end.col().saturating_sub(range.start.col())).max(1);
        }
        span
    }
}

/// Numbers beyond 4 thousand million are beyond any limit on files.
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// One thing that is wrong. The texts never quote a value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What kind of thing.
    pub(crate) code: Code,
    /// What and why.
    pub(crate) message: String,
    /// A better way out than the catalogue's.
    pub(crate) help: Option<String>,
    /// Where.
    pub(crate) span: Span,
}

impl Problem {
    /// Makes a problem.
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, span }
    }

    /// Gives a better way out than the catalogue's.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
