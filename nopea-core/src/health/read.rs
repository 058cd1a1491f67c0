//! Reads numbers, texts and conditions of an object. Judges nothing.

use serde_json::Value;

use crate::model::Health;

/// The most characters of somebody else's message that a reason repeats.
const MAX_MESSAGE: usize = 200;

/// An object under judgement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a>(pub(super) &'a Value);

impl<'a> Look<'a> {
    pub(super) fn at(self, pointer: &str) -> Option<&'a Value> {
        self.0.pointer(pointer)
    }

    pub(super) fn text(self, pointer: &str) -> Option<&'a str> {
        self.at(pointer)?.as_str()
    }

    pub(super) fn number(self, pointer: &str) -> Option<i64> {
        self.at(pointer)?.as_i64()
    }

    /// A count, 0 where there is none.
    pub(super) fn count(self, pointer: &str) -> i64 {
        self.number(pointer).unwrap_or(0)
    }

    pub(super) fn flag(self, pointer: &str) -> bool {
        self.at(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn list(self, pointer: &str) -> &'a [Value] {
        self.at(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The condition of this type.
    pub(super) fn condition(self, kind: &str) -> Option<Condition<'a>> {
        self.list("/status/conditions").iter().map(Condition).find(|condition| condition.is(kind))
    }
}

/// A condition of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a>(&'a Value);

impl<'a> Condition<'a> {
    fn is(self, kind: &str) -> bool {
        self.field("type") == kind
    }

    fn field(self, name: &str) -> &'a str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn holds(self) -> bool {
        self.field("status") == "True"
    }

    pub(super) fn fails(self) -> bool {
        self.field("status") == "False"
    }

    pub(super) fn reason(self) -> &'a str {
        self.field("reason")
    }

    /// The message, shortened; the reason where there is no message.
    pub(super) fn words(self) -> String {
        let message = self.field("message");
        let words = if message.is_empty() { self.reason() } else { message };
        shorten(words)
    }
}

/// One line of at most [`MAX_MESSAGE`] characters.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

pub(super) fn progressing(why: impl AsRef<str>) -> Health {
    Health::Progressing(why.as_ref().into())
}

pub(super) fn degraded(why: impl AsRef<str>) -> Health {
    Health::Degraded(why.as_ref().into())
}

pub(super) fn suspended(why: impl AsRef<str>) -> Health {
    Health::Suspended(why.as_ref().into())
}

/// `2 of 3 replicas are ready`, `0 of 1 replica is ready`.
pub(super) fn of(part: i64, whole: i64, one: &str, many: &str, state: &str) -> String {
    let (noun, verb) = if whole == 1 { (one, "is") } else { (many, "are") };
    format!("{part} of {whole} {noun} {verb} {state}")
}
