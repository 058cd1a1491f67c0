//! The text of a file: decoded, looked at for what is no manifest at all, and shown line by line.
//!
//! Excerpts of a document that may be a Secret show keys and no values.

use nopea_core::fault::{Code, Excerpt};

use super::problem::{Problem, Span, narrow};

/// How a Git LFS pointer begins.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// How many characters of a line are shown.
const SHOWN: usize = 120;
/// How many of them stand before the meant place at most.
const BEFORE: usize = 60;

/// Decodes a file. What is no UTF-8 is a problem, and replaced, so that the rest is still checked.
pub(super) fn decode(bytes: &[u8]) -> (std::borrow::Cow<'_, str>, Option<Problem>) {
    let (wide, bytes) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (false, rest),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (true, bytes),
        _ => (false, bytes),
    };
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return (text.into(), None),
        Err(error) => error,
    };
    let head = bytes.get(..error.valid_up_to()).and_then(|head| std::str::from_utf8(head).ok());
    let head = head.unwrap_or("");
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let column = head.get(line_start..).map_or(0, |line| line.chars().count());
    let span = Span {
        line: narrow(head.bytes().filter(|b| *b == b'\n').count()).saturating_add(1),
        column: narrow(column).saturating_add(1),
        length: 1,
        byte: head.len(),
    };
    let problem = if wide {
        let what = "the file is UTF-16, not UTF-8";
        Problem::new(Code::NotUtf8, span, what).help("save it as UTF-8")
    } else {
        Problem::new(Code::NotUtf8, span, "the file is not UTF-8 from here on")
    };
    // UTF-16 read as UTF-8 is noise
    let text = if wide { "".into() } else { String::from_utf8_lossy(bytes) };
    (text, Some(problem))
}

/// The problem of a file that is a Git LFS pointer.
pub(super) fn lfs_pointer(bytes: &[u8]) -> Option<Problem> {
    let span = Span { line: 1, column: 1, length: 1, byte: 0 };
    bytes.starts_with(LFS).then(|| {
        Problem::new(
            Code::LfsPointer,
            span,
            "the file is a Git LFS pointer, not the manifest itself",
        )
    })
}

/// A text with the document around the last place that was asked for.
#[derive(Debug)]
pub(crate) struct Source<'t> {
    text: &'t str,
    around: std::ops::Range<usize>,
    secret: bool,
}

impl<'t> Source<'t> {
    /// A source of a text.
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, around: 0..0, secret: false }
    }

    /// Looks at the document around a byte: between two lines that begin with `---`.
    fn look(&mut self, byte: usize) {
        if self.around.contains(&byte) {
            return;
        }
        let byte = (0..=byte.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let (head, tail) = self.text.split_at(byte.unwrap_or(0));
        let start = head.rfind("\n---").unwrap_or(0);
        let end = tail.find("\n---").map_or(self.text.len() + 1, |at| head.len() + at);
        let document = self.text.get(start..end.min(self.text.len())).unwrap_or("");
        self.secret = names_secret(document);
        self.around = start..end;
    }

    /// Says whether the line of a byte, or the one above, looks like a template. Quoted templates
    /// elsewhere in the document are nobody's fault.
    pub(crate) fn is_template(&self, byte: usize) -> bool {
        let Some((head, tail)) = self.text.split_at_checked(byte.min(self.text.len())) else {
            return false;
        };
        let line = head.rfind('\n').unwrap_or(0);
        let above = head.get(..line).and_then(|head| head.rfind('\n')).unwrap_or(0);
        let end = tail.find('\n').map_or(self.text.len(), |at| head.len() + at);
        self.text.get(above..end).is_some_and(|lines| lines.contains("{{"))
    }

    /// The line of a place, shortened, values masked where the document may be a Secret.
    pub(crate) fn excerpt(&mut self, span: Span) -> Excerpt {
        self.look(span.byte);
        let at = (0..=span.byte.min(self.text.len()))
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(0);
        let (head, tail) = self.text.split_at(at);
        // only as much of an endless line as can be shown
        let before: Vec<char> =
            head.chars().rev().take_while(|c| !is_break(*c)).take(BEFORE + 1).collect();
        let cut = before.len() > BEFORE;
        let mut line: String = if cut { "…".to_owned() } else { String::new() };
        line.extend(before.iter().take(BEFORE).rev());
        let mut start = line.chars().count();
        let room = SHOWN.saturating_sub(start);
        let mut after = tail.chars().take_while(|c| !is_break(*c));
        line.extend(after.by_ref().take(room));
        if after.next().is_some() {
            line.push('…');
        }
        if self.secret {
            line = mask(&line, cut);
        }
        // a tab is as wide as the terminal wants: show it as one character
        let line = line.replace('\t', "→").replace(char::is_control, "�");
        let width = line.chars().count();
        start = start.min(width.saturating_sub(1));
        let length = usize::try_from(span.length).unwrap_or(1);
        let length = length.clamp(1, width.saturating_sub(start).max(1));
        Excerpt { text: line.into(), start, length }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// Says whether a document may be of kind Secret, or hold one: the word stands alone in it.
fn names_secret(document: &str) -> bool {
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    document.match_indices("Secret").any(|(at, word)| {
        let before = document.get(..at).and_then(|head| head.chars().next_back());
        let after = document.get(at + word.len()..).and_then(|tail| tail.chars().next());
        let list = document.get(at + word.len()..).is_some_and(|tail| tail.starts_with("List"));
        !joined(before) && (list || !joined(after))
    })
}

/// Keeps indentation, dashes and a plain key; all else becomes `***`.
fn mask(line: &str, cut: bool) -> String {
    let body = line.trim_start_matches([' ', '-']);
    let (indent, _) = line.split_at(line.len() - body.len());
    let key_end = body.find(':').filter(|at| {
        let key = body.get(..*at).unwrap_or("");
        let rest = body.get(at + 1..).unwrap_or("");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
        !cut && !key.is_empty()
            && key.chars().all(plain)
            && (rest.is_empty() || rest.starts_with(' '))
    });
    match key_end.and_then(|end| body.split_at_checked(end + 1)) {
        Some((key, rest)) if rest.trim().is_empty() => format!("{indent}{key}"),
        Some((key, _)) => format!("{indent}{key} ***"),
        None if body.is_empty() => indent.to_owned(),
        None => format!("{indent}***"),
    }
}
