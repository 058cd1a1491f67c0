//! Finds where something stands in a document, by parsing it once more.
//!
//! Only faults and lists ask for it, so that documents without them pay nothing for positions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Syntax, json,
    node::{Listener, Node},
    problem::{Problem, Span},
    yaml,
};

/// One step of a path through a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an item of a list.
    Index(usize),
}

/// A path through a document.
pub(crate) type Path = Vec<Step>;

/// Where the things at some paths stand.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<Path, Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    key: Option<Span>,
    value: Span,
}

impl Places {
    /// Where the value at a path begins; else where the nearest thing around it does.
    pub(crate) fn value(&self, path: &[Step]) -> Option<Span> {
        self.nearest(path).map(|place| place.value)
    }

    /// Where the key at a path stands; else where the nearest thing around it does.
    pub(crate) fn key(&self, path: &[Step]) -> Option<Span> {
        self.nearest(path).map(|place| place.key.unwrap_or(place.value))
    }

    fn nearest(&self, path: &[Step]) -> Option<Place> {
        (0..=path.len()).rev().find_map(|length| self.0.get(path.get(..length)?)).copied()
    }
}

/// Finds the places of `wanted`, and of what is around them, in the document that begins at `start`.
pub(crate) fn locate(
    text: &str,
    start: Span,
    syntax: Syntax,
    depth: usize,
    wanted: &BTreeSet<Path>,
) -> Places {
    // a document may be indented as a whole, and may begin behind `---`: read from its line on
    let head = text.get(..start.byte).unwrap_or("");
    let line = head.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let mut prefixes: BTreeSet<Path> = BTreeSet::new();
    for path in wanted {
        (0..=path.len()).filter_map(|length| path.get(..length)).for_each(|prefix| {
            if !prefixes.contains(prefix) {
                prefixes.insert(prefix.to_vec());
            }
        });
    }
    let mut locator = Locator {
        deepest: wanted.iter().map(Vec::len).max().unwrap_or(0),
        wanted: prefixes,
        frames: Vec::new(),
        path: Vec::new(),
        found: BTreeMap::new(),
        inside_key: 0,
        done: false,
        lines: start.line.saturating_sub(1),
        bytes: 0,
    };
    match syntax {
        Syntax::Yaml => {
            locator.bytes = line;
            yaml::parse(text.get(line..).unwrap_or(""), depth, &mut locator);
        }
        Syntax::Json => {
            locator.lines = 0;
            json::parse(text, start, &mut locator);
        }
    }
    Places(locator.found)
}

enum Frame {
    List(usize),
    Map(Option<Span>),
}

struct Locator {
    wanted: BTreeSet<Path>,
    deepest: usize,
    frames: Vec<Frame>,
    /// The path of the node that comes next.
    path: Path,
    found: BTreeMap<Path, Place>,
    /// How many maps and lists are open inside a key; what they hold has no path.
    inside_key: usize,
    done: bool,
    lines: u32,
    bytes: usize,
}

impl Locator {
    fn meet(&mut self, span: Span) {
        let key = match self.frames.last() {
            Some(Frame::Map(key)) => *key,
            Some(Frame::List(_)) | None => None,
        };
        let near = self.path.len() <= self.deepest;
        if near && self.wanted.contains(&self.path) && !self.found.contains_key(&self.path) {
            self.found.insert(self.path.clone(), Place { key, value: span });
            // nothing more to look for
            self.done = self.found.len() == self.wanted.len();
        }
    }

    /// The value that was met is over: its turn in the surrounding map or list ends.
    fn leave(&mut self) {
        match self.frames.last_mut() {
            Some(Frame::Map(key)) => {
                *key = None;
                self.path.pop();
            }
            Some(Frame::List(at)) => {
                *at += 1;
                let at = *at;
                self.path.pop();
                self.path.push(Step::Index(at));
            }
            None => {}
        }
    }
}

impl Listener for Locator {
    fn node(&mut self, node: Node<'_>, span: Span) -> Result<(), Box<Problem>> {
        let span = Span {
            line: span.line.saturating_add(self.lines),
            byte: span.byte + self.bytes,
            ..span
        };
        if self.inside_key > 0 {
            match node {
                Node::Map(_) | Node::List(_) => self.inside_key += 1,
                Node::End => self.inside_key -= 1,
                Node::Scalar(..) | Node::Alias(_) => {}
            }
            return Ok(());
        }
        if let Some(Frame::Map(key @ None)) = self.frames.last_mut() {
            self.inside_key = usize::from(matches!(node, Node::Map(_) | Node::List(_)));
            let name = match node {
                Node::End => None,
                Node::Scalar(raw, _) => Some(raw.into_key().unwrap_or_default()),
                Node::Alias(_) | Node::Map(_) | Node::List(_) => Some(String::new()),
            };
            let Some(name) = name else {
                self.frames.pop();
                self.leave();
                return Ok(());
            };
            *key = Some(span);
            self.path.push(Step::Key(name));
            return Ok(());
        }
        match node {
            Node::Map(_) => {
                self.meet(span);
                self.frames.push(Frame::Map(None));
            }
            Node::List(_) => {
                self.meet(span);
                self.frames.push(Frame::List(0));
                self.path.push(Step::Index(0));
            }
            Node::End => {
                self.frames.pop();
                self.path.pop();
                self.leave();
            }
            Node::Scalar(..) | Node::Alias(_) => {
                self.meet(span);
                self.leave();
            }
        }
        Ok(())
    }

    fn complete(&mut self) {
        self.done = true;
    }

    fn broken(&mut self, _problem: Problem) {
        self.done = true;
    }

    fn wants_more(&self) -> bool {
        !self.done
    }
}
