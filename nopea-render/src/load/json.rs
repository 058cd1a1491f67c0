//! Parses JSON into nodes: a stream of values, with or without white space in between.
//!
//! JSON is nearly YAML, but not in its escapes, its tabs and its streams. Strings and numbers are
//! left to `serde_json`, one token at a time. It does not recurse: the listener bounds the depth.

use std::borrow::Cow;

use nopea_core::fault::Code;

use super::{
    node::{Listener, NODES_BETWEEN_LOOKS, Node, Raw, Tag},
    problem::{Problem, Span, narrow},
};

/// Tells a listener of every node of a text, from `start` on. The first error ends it: JSON has
/// nothing to go on from.
pub(super) fn parse(text: &str, start: Span, listener: &mut impl Listener) {
    let mark = (start.byte, start.column.max(1));
    let mut parser =
        Parser { text, at: start.byte, line: start.line.max(1), mark, open: Vec::new() };
    parser.skip_space();
    while parser.at < text.len() && listener.wants_more() {
        if let Err(problem) = parser.value(listener) {
            listener.broken(*problem);
            return;
        }
        listener.complete();
        parser.skip_space();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Map,
    List,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// A byte of the line and its column, so that columns are counted once.
    mark: (usize, u32),
    open: Vec<Open>,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.line = self.line.saturating_add(1);
                self.mark = (self.at, 1);
            }
        }
    }

    fn span(&mut self, from: usize, to: usize) -> Span {
        let chars = |a: usize, b: usize| self.text.get(a..b).map_or(0, |part| part.chars().count());
        let column = self.mark.1.saturating_add(narrow(chars(self.mark.0, from)));
        self.mark = (from, column);
        Span { line: self.line, column, length: narrow(chars(from, to)).max(1), byte: from }
    }

    fn wrong<T>(&mut self, what: &str, help: &str) -> Result<T, Box<Problem>> {
        let span = self.span(self.at, self.at + 1);
        Err(Problem::new(Code::Syntax, span, what).help(help).into())
    }

    /// One whole value. The state between tokens is what is open and whether a value was complete.
    fn value(&mut self, listener: &mut impl Listener) -> Result<(), Box<Problem>> {
        let mut nodes = 0_u32;
        loop {
            nodes = nodes.wrapping_add(1);
            if nodes.is_multiple_of(NODES_BETWEEN_LOOKS) && !listener.wants_more() {
                return self.wrong("reading was stopped", "try again");
            }
            let opened = self.token(listener)?;
            if !opened {
                while self.close_if_done(listener)? {}
                if self.open.is_empty() {
                    return Ok(());
                }
            }
            if self.open.last() == Some(&Open::Map) {
                self.key(listener)?;
            }
        }
    }

    /// A scalar or the beginning of a map or list that holds something; says whether one was opened.
    fn token(&mut self, listener: &mut impl Listener) -> Result<bool, Box<Problem>> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(open @ (b'{' | b'[')) => {
                let (kind, node, end) = if open == b'{' {
                    (Open::Map, Node::Map(0), b'}')
                } else {
                    (Open::List, Node::List(0), b']')
                };
                self.at += 1;
                listener.node(node, self.span(start, self.at))?;
                self.skip_space();
                if self.peek() == Some(end) {
                    listener.node(Node::End, self.span(self.at, self.at + 1))?;
                    self.at += 1;
                    return Ok(false);
                }
                self.open.push(kind);
                Ok(true)
            }
            Some(b'"') => {
                let (text, span) = self.string()?;
                listener.node(Node::Scalar(Raw { text, plain: false, tag: Tag::None }, 0), span)?;
                Ok(false)
            }
            Some(_) => {
                let (text, span) = self.word()?;
                listener.node(Node::Scalar(Raw { text, plain: true, tag: Tag::None }, 0), span)?;
                Ok(false)
            }
            None => self.wrong("the file ends where a value is expected", "complete it"),
        }
    }

    /// After a value: a comma goes on, a bracket closes. Says whether something was closed.
    fn close_if_done(&mut self, listener: &mut impl Listener) -> Result<bool, Box<Problem>> {
        let Some(open) = self.open.last().copied() else { return Ok(false) };
        self.skip_space();
        match (self.peek(), open) {
            (Some(b','), _) => {
                self.at += 1;
                Ok(false)
            }
            (Some(b'}'), Open::Map) | (Some(b']'), Open::List) => {
                self.open.pop();
                listener.node(Node::End, self.span(self.at, self.at + 1))?;
                self.at += 1;
                Ok(true)
            }
            (None, _) => self.wrong("a `[` or `{` is never closed", "close it"),
            (Some(_), Open::Map | Open::List) => {
                self.wrong("a `,` or the closing bracket is missing", "add it")
            }
        }
    }

    fn key(&mut self, listener: &mut impl Listener) -> Result<(), Box<Problem>> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            let help = "write the key in double quotes; no comma stands before a `}`";
            return self.wrong("a key in double quotes is expected here", help);
        }
        let (text, span) = self.string()?;
        listener.node(Node::Scalar(Raw { text, plain: false, tag: Tag::None }, 0), span)?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.wrong("a `:` is expected after the key", "add it");
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(Cow<'t, str>, Span), Box<Problem>> {
        let start = self.at;
        let mut end = start + 1;
        let mut escaped = false;
        loop {
            match self.text.as_bytes().get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                Some(0..=0x1f) => {
                    let help = "close the quote, or write \\n and \\t for line breaks and tabs";
                    return self.wrong("a quote is not closed on its line", help);
                }
                Some(_) => end += 1,
                None => return self.wrong("a quote is never closed", "close it"),
            }
        }
        self.at = end + 1;
        let span = self.span(start, self.at);
        let raw = self.text.get(start + 1..end).unwrap_or("");
        if !escaped {
            return Ok((Cow::Borrowed(raw), span));
        }
        match serde_json::from_str(self.text.get(start..self.at).unwrap_or("")) {
            Ok(text) => Ok((Cow::Owned(text), span)),
            Err(_) => Err(Problem::new(Code::Syntax, span, "an escape in the text is not known")
                .help("write \\\\ for one backslash")
                .into()),
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(Cow<'t, str>, Span), Box<Problem>> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("");
        if word.is_empty() || serde_json::from_str::<serde_json::Value>(word).is_err() {
            let help = "write a number, true, false or null, or put a text in double quotes";
            return self.wrong("a value is expected here", help);
        }
        let span = self.span(self.at, self.at + end);
        self.at += end;
        Ok((Cow::Borrowed(word), span))
    }
}
