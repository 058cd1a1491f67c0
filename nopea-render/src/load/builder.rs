//! Builds values of nodes and collects what is wrong with them, bounded in depth and growth.
//!
//! Keeps the position of a document and of nothing else: what a fault needs is looked up by the
//! locator when there is one. Knows neither YAML nor JSON, and no manifest.

use std::collections::BTreeSet;

use nopea_core::{fault::Code, port::Stop};
use serde_json::{Map, Value};

use super::{
    anchor::Anchors,
    locate::Step,
    node::{Listener, Node, Raw},
    problem::{Problem, Span},
    scalar::Wrong,
};
use crate::limits::Limits;

/// A document that holds something.
#[derive(Debug)]
pub(crate) struct Document {
    /// What it holds.
    pub(crate) value: Value,
    /// Where its value begins.
    pub(crate) span: Span,
}

/// A key that stands twice in one map: where, and at which path.
#[derive(Debug)]
pub(super) struct Duplicate {
    /// The place of the second one.
    pub(super) span: Span,
    /// The path of the key.
    pub(super) path: Vec<Step>,
    /// Where the value of its document begins.
    pub(super) document: Span,
}

/// What a map waits for.
#[derive(Debug)]
enum Turn {
    Key,
    Value(String, Span),
    Merge(Span),
    /// The value of a key that could not be used.
    Dropped,
}

#[derive(Debug)]
enum Frame {
    List { items: Vec<Value>, anchor: usize },
    Map { entries: Map<String, Value>, turn: Turn, merged: BTreeSet<String>, anchor: usize },
}

/// Listens to a parser and builds values.
#[derive(Debug)]
pub(super) struct Builder<'l> {
    limits: &'l Limits,
    stop: &'l Stop,
    frames: Vec<Frame>,
    anchors: Anchors,
    /// Where the current document's value begins, once it does.
    begun: Option<Span>,
    root: Option<Value>,
    nodes_left: u64,
    /// Whether more nodes came than may.
    pub(super) exhausted: bool,
    pub(super) documents: Vec<Document>,
    pub(super) problems: Vec<Problem>,
    pub(super) duplicates: Vec<Duplicate>,
}

impl<'l> Builder<'l> {
    /// A builder for one file of `bytes` bytes.
    pub(super) fn new(limits: &'l Limits, stop: &'l Stop, bytes: usize, nodes_left: u64) -> Self {
        Self {
            limits,
            stop,
            frames: Vec::new(),
            anchors: Anchors::new(bytes, limits.alias_growth),
            begun: None,
            root: None,
            nodes_left,
            exhausted: false,
            documents: Vec::new(),
            problems: Vec::new(),
            duplicates: Vec::new(),
        }
    }

    /// The bytes that aliases added.
    pub(super) fn grown(&self) -> u64 {
        self.anchors.grown()
    }

    /// The nodes that may still come.
    pub(super) fn nodes_left(&self) -> u64 {
        self.nodes_left
    }

    fn reset(&mut self) {
        self.frames.clear();
        self.anchors.clear();
        self.begun = None;
        self.root = None;
    }

    fn open(&mut self, frame: Frame, span: Span) -> Result<(), Box<Problem>> {
        if self.frames.len() >= self.limits.depth {
            return Err(too_deep(span, self.limits.depth).into());
        }
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Box<Problem>> {
        let (value, anchor) = match self.frames.pop() {
            Some(Frame::List { items, anchor }) => (Value::Array(items), anchor),
            Some(Frame::Map { entries, anchor, .. }) => (Value::Object(entries), anchor),
            None => return Ok(()),
        };
        self.settle(value, anchor, span)
    }

    fn settle(&mut self, value: Value, anchor: usize, span: Span) -> Result<(), Box<Problem>> {
        if anchor > 0 {
            self.anchors.define(anchor, &value, span)?;
        }
        self.place(value, span);
        Ok(())
    }

    fn scalar(&mut self, raw: Raw<'_>, anchor: usize, span: Span) -> Result<(), Box<Problem>> {
        if let Some(Frame::Map { turn: turn @ Turn::Key, .. }) = self.frames.last_mut() {
            if raw.merges() {
                *turn = Turn::Merge(span);
                return Ok(());
            }
            let anchored = (anchor > 0).then(|| raw.clone().into_value().unwrap_or_default());
            match raw.into_key() {
                Ok(key) => *turn = Turn::Value(key, span),
                Err(wrong) => {
                    *turn = Turn::Dropped;
                    self.problems.push(wrong_scalar(wrong, span));
                }
            }
            return anchored.map_or(Ok(()), |value| self.anchors.define(anchor, &value, span));
        }
        let value = raw.into_value().unwrap_or_else(|wrong| {
            self.problems.push(wrong_scalar(wrong, span));
            Value::Null
        });
        self.settle(value, anchor, span)
    }

    fn alias(&mut self, anchor: Option<usize>, span: Span) -> Result<(), Box<Problem>> {
        let room = self.limits.depth.saturating_sub(self.frames.len());
        let value = match anchor {
            None => {
                let what = "an alias names an anchor that the document does not define before it";
                let help =
                    "define it with `&name` above, or quote the text if it only begins with `*`";
                self.problems.push(Problem::new(Code::Syntax, span, what).help(help));
                Value::Null
            }
            Some(id) if !self.anchors.has(id) => {
                let what = "an anchor contains itself through an alias";
                self.problems.push(Problem::new(Code::Syntax, span, what).help("write it out"));
                Value::Null
            }
            Some(id) => {
                let (value, nodes, height) = self.anchors.repeat(id, span)?;
                if height > room {
                    return Err(too_deep(span, self.limits.depth).into());
                }
                self.spend(nodes, span)?;
                value
            }
        };
        if let Some(Frame::Map { turn: turn @ Turn::Key, .. }) = self.frames.last_mut() {
            match value {
                Value::String(key) => *turn = Turn::Value(key, span),
                Value::Bool(_) | Value::Number(_) => *turn = Turn::Value(value.to_string(), span),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    *turn = Turn::Dropped;
                    self.problems.push(wrong_scalar(Wrong::Key, span));
                }
            }
            return Ok(());
        }
        self.place(value, span);
        Ok(())
    }

    fn place(&mut self, value: Value, span: Span) {
        match self.frames.last_mut() {
            None => self.root = Some(value),
            Some(Frame::List { items, .. }) => items.push(value),
            Some(Frame::Map { entries, turn, merged, .. }) => {
                match std::mem::replace(turn, Turn::Key) {
                    Turn::Key => {
                        *turn = Turn::Dropped;
                        self.problems.push(wrong_scalar(Wrong::Key, span));
                    }
                    Turn::Dropped => {}
                    Turn::Merge(at) => merge(entries, merged, value)
                        .unwrap_or_else(|()| self.problems.push(wrong_merge(at))),
                    Turn::Value(key, at) => self.insert(key, value, at),
                }
            }
        }
    }

    fn insert(&mut self, key: String, value: Value, span: Span) {
        let Some(Frame::Map { entries, merged, .. }) = self.frames.last_mut() else { return };
        match entries.entry(key) {
            serde_json::map::Entry::Vacant(entry) => {
                entry.insert(value);
            }
            serde_json::map::Entry::Occupied(mut entry) => {
                if merged.remove(entry.key()) {
                    entry.insert(value);
                    return;
                }
                let key = entry.key().clone();
                if self.duplicates.len() <= self.limits.faults {
                    let mut path = self.path();
                    path.push(Step::Key(key));
                    let document = self.begun.unwrap_or(span);
                    self.duplicates.push(Duplicate { span, path, document });
                }
            }
        }
    }

    /// The path of the innermost open map or list.
    fn path(&self) -> Vec<Step> {
        let outer = self.frames.len().saturating_sub(1);
        self.frames
            .iter()
            .take(outer)
            .map(|frame| match frame {
                Frame::List { items, .. } => Step::Index(items.len()),
                Frame::Map { turn: Turn::Value(key, _), .. } => Step::Key(key.clone()),
                Frame::Map { .. } => Step::Key("<<".to_owned()),
            })
            .collect()
    }

    fn spend(&mut self, nodes: u64, span: Span) -> Result<(), Box<Problem>> {
        if let Some(left) = self.nodes_left.checked_sub(nodes) {
            self.nodes_left = left;
            return Ok(());
        }
        self.exhausted = true;
        let what = format!("the render has more than {} keys and values", self.limits.nodes);
        Err(Problem::new(Code::TooLarge, span, what).into())
    }
}

impl Listener for Builder<'_> {
    fn node(&mut self, node: Node<'_>, span: Span) -> Result<(), Box<Problem>> {
        if self.begun.is_none() {
            self.begun = Some(span);
        }
        self.spend(1, span)?;
        match node {
            Node::Map(anchor) => {
                let (entries, turn, merged) = (Map::new(), Turn::Key, BTreeSet::new());
                self.open(Frame::Map { entries, turn, merged, anchor }, span)
            }
            Node::List(anchor) => self.open(Frame::List { items: Vec::new(), anchor }, span),
            Node::End => self.close(span),
            Node::Scalar(raw, anchor) => self.scalar(raw, anchor, span),
            Node::Alias(anchor) => self.alias(anchor, span),
        }
    }

    fn complete(&mut self) {
        let value = self.root.take().unwrap_or_default();
        if let (false, Some(span)) = (value.is_null(), self.begun) {
            self.documents.push(Document { value, span });
        }
        self.reset();
    }

    fn broken(&mut self, problem: Problem) {
        self.problems.push(problem);
        self.reset();
    }

    fn wants_more(&self) -> bool {
        let full = self.problems.len() + self.duplicates.len() > self.limits.faults;
        !self.stop.is_stopped() && !full && !self.exhausted
    }
}

/// Merges as kubectl does: what stands later wins, a merge too; of a list the earlier map wins.
fn merge(
    entries: &mut Map<String, Value>,
    merged: &mut BTreeSet<String>,
    value: Value,
) -> Result<(), ()> {
    match value {
        Value::Object(other) => {
            for (key, value) in other {
                if entries.insert(key.clone(), value).is_none() {
                    merged.insert(key);
                }
            }
            Ok(())
        }
        Value::Array(maps) if maps.iter().all(Value::is_object) => {
            maps.into_iter().rev().try_for_each(|map| merge(entries, merged, map))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(())
        }
    }
}

fn too_deep(span: Span, depth: usize) -> Problem {
    Problem::new(Code::TooDeep, span, format!("the document is nested deeper than {depth} levels"))
}

fn wrong_merge(span: Span) -> Problem {
    Problem::new(
        Code::WrongType,
        span,
        "`<<` merges something that is neither a map nor a list of maps",
    )
    .help("give it a map, or an alias of one")
}

fn wrong_scalar(wrong: Wrong, span: Span) -> Problem {
    match wrong {
        Wrong::Tag(tag) => {
            Problem::new(Code::WrongType, span, format!("the value is not what its tag {tag} says"))
                .help("remove the tag, or correct the value")
        }
        Wrong::NotFinite => Problem::new(
            Code::WrongType,
            span,
            "infinite numbers and NaN cannot be sent to a cluster",
        )
        .help("write a finite number, or quote it if a text is meant"),
        Wrong::Key => Problem::new(
            Code::WrongType,
            span,
            "a key is no text: null, maps, lists and numbers beyond 63 bits cannot be keys",
        )
        .help("quote the key"),
    }
}
