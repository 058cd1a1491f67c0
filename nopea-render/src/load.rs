//! Bytes of one file -> documents with positions, and everything that is wrong with them.
//!
//! YAML as kubectl reads it, or JSON. Knows no manifest and no tree.

mod anchor;
mod builder;
mod json;
mod locate;
mod node;
mod number;
mod problem;
mod scalar;
mod source;
mod syntax;
mod yaml;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use nopea_core::{fault::Code, port::Stop};
use serde_json::Value;

use self::builder::{Builder, Duplicate};
pub(crate) use self::{
    builder::Document,
    locate::{Path, Places, Step, locate},
    problem::{Problem, Span},
    source::Source,
};
use crate::limits::Limits;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// YAML, of which most JSON is a part.
    Yaml,
    /// A stream of JSON values.
    Json,
}

/// What a file name says about its syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// `.yaml`, `.yml`.
    Yaml,
    /// `.json`.
    Json,
}

/// What came of a file.
#[derive(Debug)]
pub(crate) struct Loaded<'t> {
    /// Its text.
    pub(crate) text: Cow<'t, str>,
    /// How it is written.
    pub(crate) syntax: Syntax,
    /// Its documents that are complete and hold something.
    pub(crate) documents: Vec<Document>,
    /// All that is wrong, in the order of the text.
    pub(crate) problems: Vec<Problem>,
    /// The bytes that aliases added.
    pub(crate) grown: u64,
    /// The nodes that the rest of the render may still have.
    pub(crate) nodes_left: u64,
    /// Whether the file was not read to its end because there were too many.
    pub(crate) exhausted: bool,
}

/// Loads one file.
pub(crate) fn load<'t>(
    bytes: &'t [u8],
    named: Named,
    limits: &Limits,
    stop: &Stop,
    nodes_left: u64,
) -> Loaded<'t> {
    if let Some(problem) = source::lfs_pointer(bytes) {
        let (documents, problems) = (Vec::new(), vec![problem]);
        let (text, syntax) = (String::from_utf8_lossy(bytes), Syntax::Yaml);
        return Loaded {
            text,
            syntax,
            documents,
            problems,
            grown: 0,
            nodes_left,
            exhausted: false,
        };
    }
    let (text, encoding) = source::decode(bytes);
    let (syntax, builder) = parse(&text, named, limits, stop, nodes_left);
    let (grown, nodes_left) = (builder.grown(), builder.nodes_left());
    let Builder { documents, mut problems, duplicates, exhausted, .. } = builder;
    problems.extend(first_places(&text, syntax, limits.depth, &duplicates));
    problems.extend(encoding);
    problems.sort_by_key(|problem| problem.span.byte);
    let source = Source::new(&text);
    for problem in &mut problems {
        let puzzling = matches!(problem.code, Code::Syntax | Code::WrongType);
        if puzzling && source.is_template(problem.span.byte) {
            problem.help = Some(TEMPLATE.to_owned());
        }
    }
    Loaded { text, syntax, documents, problems, grown, nodes_left, exhausted }
}

/// What to say where `{{` stands in what cannot be read.
const TEMPLATE: &str = "this looks like a Helm or Go template, which is no manifest: commit what \
    `helm template` prints, or list the folder in .nopeaignore; a text that begins with `{{` needs quotes";

fn parse<'l>(
    text: &str,
    named: Named,
    limits: &'l Limits,
    stop: &'l Stop,
    nodes_left: u64,
) -> (Syntax, Builder<'l>) {
    let new = || Builder::new(limits, stop, text.len(), nodes_left);
    // kubectl looks at the content, not at the name
    let start = text.len() - text.trim_start().len();
    if text.get(start..).is_some_and(|text| text.starts_with('{')) {
        let mut builder = new();
        json::parse(text, Span { line: 1, column: 1, length: 1, byte: 0 }, &mut builder);
        let sound = !builder.problems.iter().any(|problem| problem.code == Code::Syntax);
        if sound || named == Named::Json {
            return (Syntax::Json, builder);
        }
    }
    let mut builder = new();
    yaml::parse(text, limits.depth, &mut builder);
    (Syntax::Yaml, builder)
}

/// Finds the first place of every key that stands twice, one pass through each document.
fn first_places(
    text: &str,
    syntax: Syntax,
    depth: usize,
    duplicates: &[Duplicate],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut rest = duplicates;
    while let Some(one) = rest.first() {
        let same = rest.iter().take_while(|other| other.document.byte == one.document.byte).count();
        let (document, others) = rest.split_at(same);
        let wanted = document.iter().map(|duplicate| duplicate.path.clone()).collect();
        let places = locate(text, one.document, syntax, depth, &wanted);
        problems.extend(
            document.iter().map(|duplicate| {
                twice(&duplicate.path, duplicate.span, places.key(&duplicate.path))
            }),
        );
        rest = others;
    }
    problems
}

fn twice(path: &[Step], span: Span, first: Option<Span>) -> Problem {
    let name = match path.last() {
        Some(Step::Key(name)) => name.as_str(),
        Some(Step::Index(_)) | None => "",
    };
    let first = first
        .map_or_else(String::new, |first| format!(", first at {}:{}", first.line, first.column));
    let what = format!("the key {name:?} stands twice in one map{first}");
    Problem::new(Code::DuplicateKey, span, what)
}

/// Loads a text without looking at what its documents are: for benchmarks and for those who want
/// values as kubectl reads them.
///
/// # Errors
///
/// All that is wrong, each as `line:column: what`.
pub fn load_all(text: &str) -> Result<Vec<Value>, Vec<String>> {
    let (limits, stop) = (Limits::default(), Stop::default());
    let loaded = load(text.as_bytes(), Named::Yaml, &limits, &stop, limits.nodes);
    if loaded.problems.is_empty() {
        return Ok(loaded.documents.into_iter().map(|document| document.value).collect());
    }
    let line = |p: Problem| format!("{}:{}: {}", p.span.line, p.span.column, p.message);
    Err(loaded.problems.into_iter().map(line).collect())
}
