//! What a parser tells of a document, one node after the other, and who listens.
//!
//! YAML and JSON speak it, the builder and the locator listen. It knows no syntax and no value.

use std::borrow::Cow;

use super::problem::{Problem, Span};

/// An explicit tag, as far as kubectl looks at it. Tags of maps and lists mean nothing to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// None is written.
    None,
    /// `!!str`, and every tag that is not one of the others: the text as it stands.
    Text,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!bool`.
    Bool,
    /// `!!null`.
    Null,
    /// `!!binary`: base64 of the text that is meant.
    Binary,
    /// `!!timestamp`: a text, but it must be a date.
    Timestamp,
    /// `!!merge`: with `<<` a merge key, else a text.
    Merge,
}

/// A scalar as it is written.
#[derive(Clone, Debug)]
pub(super) struct Raw<'t> {
    /// The text without quotes and escapes.
    pub(super) text: Cow<'t, str>,
    /// Whether it stands without quotes, so that it may be a number, a boolean or null.
    pub(super) plain: bool,
    /// Its tag.
    pub(super) tag: Tag,
}

impl Raw<'_> {
    /// Says whether it merges another map where it stands as a key.
    pub(super) fn merges(&self) -> bool {
        self.text == "<<" && (self.tag == Tag::Merge || (self.plain && self.tag == Tag::None))
    }
}

/// One step through a document. An anchor of 0 is none.
#[derive(Clone, Debug)]
pub(super) enum Node<'t> {
    /// A map begins; keys and values take turns.
    Map(usize),
    /// A list begins.
    List(usize),
    /// The innermost map or list ends.
    End,
    /// A scalar, and its anchor.
    Scalar(Raw<'t>, usize),
    /// The value of an earlier anchor; none where there is no such anchor.
    Alias(Option<usize>),
}

/// Listens to a parser.
pub(super) trait Listener {
    /// Takes a node. A problem in return ends the document.
    fn node(&mut self, node: Node<'_>, span: Span) -> Result<(), Box<Problem>>;

    /// The document is complete.
    fn complete(&mut self);

    /// The document ends before its end.
    fn broken(&mut self, problem: Problem);

    /// Says whether the parser may go on; asked every few thousand nodes and after each document.
    fn wants_more(&self) -> bool;
}

/// How many nodes pass between two looks at the stop flag.
pub(super) const NODES_BETWEEN_LOOKS: u32 = 4096;
