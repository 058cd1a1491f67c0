//! The values of anchors, and how far their aliases may blow a file up.
//!
//! Copies count when they are made: one for the anchor, one for each alias. So neither many
//! aliases nor many nested anchors cost more than the limit says.

use std::collections::BTreeMap;

use nopea_core::fault::Code;
use serde_json::Value;

use super::problem::{Problem, Span};

/// What a node costs beside its text, about.
const NODE_BYTES: u64 = 8;
/// What a file may grow by at least: small files that reuse a few labels are no bombs.
const SMALL_FILE: u64 = 16 << 10;

#[derive(Debug)]
struct Anchored {
    value: Value,
    bytes: u64,
    nodes: u64,
    height: usize,
}

/// The anchors of a document.
#[derive(Debug)]
pub(super) struct Anchors {
    values: BTreeMap<usize, Anchored>,
    grown: u64,
    most: u64,
    times: u64,
}

impl Anchors {
    /// Anchors of a file of `bytes` bytes which may grow by `times` its size.
    pub(super) fn new(bytes: usize, times: u64) -> Self {
        let size = u64::try_from(bytes).unwrap_or(u64::MAX).max(SMALL_FILE);
        Self { values: BTreeMap::new(), grown: 0, most: size.saturating_mul(times), times }
    }

    /// The bytes that copies added so far.
    pub(super) fn grown(&self) -> u64 {
        self.grown
    }

    /// Forgets the anchors: the next document has its own.
    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Says whether an anchor has its value; one that is still open has not.
    pub(super) fn has(&self, id: usize) -> bool {
        self.values.contains_key(&id)
    }

    /// Gives an anchor its value.
    pub(super) fn define(
        &mut self,
        id: usize,
        value: &Value,
        span: Span,
    ) -> Result<(), Box<Problem>> {
        let (bytes, nodes, height) = measure(value);
        self.grow(bytes, span)?;
        self.values.insert(id, Anchored { value: value.clone(), bytes, nodes, height });
        Ok(())
    }

    /// Copies the value of an anchor; says how many nodes and levels it has.
    pub(super) fn repeat(
        &mut self,
        id: usize,
        span: Span,
    ) -> Result<(Value, u64, usize), Box<Problem>> {
        let bytes = self.values.get(&id).map_or(0, |anchored| anchored.bytes);
        self.grow(bytes, span)?;
        Ok(self.values.get(&id).map_or((Value::Null, 1, 0), |anchored| {
            (anchored.value.clone(), anchored.nodes, anchored.height)
        }))
    }

    fn grow(&mut self, bytes: u64, span: Span) -> Result<(), Box<Problem>> {
        let grown = self.grown.saturating_add(bytes);
        if grown > self.most {
            let what = format!("aliases make the file more than {} times as large", self.times);
            return Err(Problem::new(Code::AliasGrowth, span, what).into());
        }
        self.grown = grown;
        Ok(())
    }
}

/// Bytes, nodes and levels of a value. Its depth is bounded, so the recursion is.
fn measure(value: &Value) -> (u64, u64, usize) {
    let text = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    let all = |parts: &mut dyn Iterator<Item = (u64, &Value)>| {
        parts.fold((NODE_BYTES, 1, 1), |(bytes, nodes, height), (key, value)| {
            let (b, n, h) = measure(value);
            (bytes + key + b, nodes + n, height.max(h + 1))
        })
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (NODE_BYTES, 1, 0),
        Value::String(string) => (NODE_BYTES + text(string), 1, 0),
        Value::Array(items) => all(&mut items.iter().map(|item| (0, item))),
        Value::Object(map) => {
            all(&mut map.iter().map(|(key, item)| (NODE_BYTES + text(key), item)))
        }
    }
}
