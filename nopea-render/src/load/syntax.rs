//! The YAML parser's errors in the words of a user: what is wrong, and the way out.

use granit_parser::{ErrorKind as Kind, ScanError};
use nopea_core::fault::Code;

use super::problem::{Problem, Span};

/// The problem that a parser's error means.
pub(super) fn problem(error: &ScanError, depth: usize) -> Problem {
    let span = Span::of_mark(error.marker());
    if matches!(error.kind(), Kind::RecursionLimitExceeded) {
        let what = format!("the document is nested deeper than {depth} levels");
        return Problem::new(Code::TooDeep, span, what);
    }
    let (message, help) = words(error.kind());
    Problem::new(Code::Syntax, span, message).help(help)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list is open and long")]
fn words(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInPlainScalar => {
            ("a tab stands where YAML wants spaces", "indent with spaces instead of tabs")
        }
        Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::UnclosedFlowCollection { .. } => (
            "a `[` or `{` is never closed",
            "close it, or quote the text if it begins with `[` or `{`",
        ),
        Kind::MisplacedFlowCollectionEnd | Kind::MismatchedFlowCollectionEnd { .. } => (
            "a `]` or `}` closes nothing that is open",
            "remove it, or quote the text that it belongs to",
        ),
        Kind::ExpectedFlowMappingSeparator | Kind::ExpectedFlowSequenceSeparator => {
            ("a `,` or the closing bracket is missing", "add it, or quote the text")
        }
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => {
            ("a quote is never closed", "close it; inside '…' write '' for one quote")
        }
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            ("text follows a closing quote", "quote the whole text")
        }
        Kind::UnknownQuotedScalarEscape
        | Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => (
            "an escape in \"…\" is not known",
            "write \\\\ for one backslash, or use '…', where it has no meaning",
        ),
        Kind::UnexpectedCharacter { .. } => {
            ("a text cannot begin with this character", "quote the text")
        }
        Kind::MappingValueNotAllowed
        | Kind::InvalidColonPlacement
        | Kind::InvalidMappingValueWhitespace
        | Kind::FlowMappingValueAdjacentCollection => (
            "a `:` stands where no key can",
            "quote the text if it contains `: `, or correct the indentation",
        ),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey | Kind::ExpectedBlockMappingKey => (
            "a `key: value` is expected here",
            "add the `:`, or correct the indentation of this line or the one above",
        ),
        Kind::InvalidIndentation
        | Kind::InvalidQuotedScalarIndent
        | Kind::InvalidFlowScalarIndent
        | Kind::InvalidBlockScalarIndent => (
            "the line is indented in a way that belongs to nothing above it",
            "align it with the lines that it belongs to",
        ),
        Kind::BlockSequenceEntryNotAllowed
        | Kind::ExpectedBlockSequenceEntry
        | Kind::BlockEntryInFlowCollection
        | Kind::InvalidBlockEntryWhitespace => (
            "a `- ` stands where no list can be",
            "put the list on its own lines, all items equally indented",
        ),
        Kind::ZeroBlockScalarIndent | Kind::InvalidBlockScalarHeader => (
            "what follows `|` or `>` is not known",
            "write `|`, `|-` or `|+` alone, and the text on the lines below",
        ),
        Kind::BomInsideDocument => {
            ("an invisible byte-order mark stands inside the file", "remove it")
        }
        Kind::ExpectedNodeContent => ("a value is missing here", "add it, or quote the text"),
        Kind::UndeclaredTagHandle
        | Kind::ExpectedTagBang
        | Kind::InvalidTagTerminator
        | Kind::MissingTagUri
        | Kind::UnclosedVerbatimTag
        | Kind::InvalidTagEscape => {
            ("a tag cannot be read", "quote the text if it only begins with `!`")
        }
        Kind::MissingAnchorOrAliasName => {
            ("an anchor or alias has no name", "quote the text if it only begins with `&` or `*`")
        }
        Kind::ExpectedDocumentStart
        | Kind::MissingDocumentEndBeforeDirective
        | Kind::InvalidDocumentEnd => (
            "something follows the end of the document",
            "begin the next document with a line `---`, or correct the indentation",
        ),
        Kind::UnexpectedEof
        | Kind::UnexpectedEofBlockMapping
        | Kind::UnexpectedEofBlockSequence => {
            ("the file ends in the middle of something", "complete it")
        }
        _ => (
            "the document is no valid YAML",
            "correct it: the place is where it stopped making sense",
        ),
    }
}
