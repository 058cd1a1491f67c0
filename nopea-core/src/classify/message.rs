//! Short, stable texts of what servers say: no Go dumps, no echoed bodies.

/// The most characters of a message.
pub(super) const LIMIT: usize = 300;
/// The longest value that is repeated.
const VALUE_LIMIT: usize = 40;
/// The longest `{…}` that is repeated.
const DUMP_LIMIT: usize = 40;
/// How the API machinery begins a message that echoes a value.
const ECHOES: [&str; 3] = ["Invalid value: ", "Unsupported value: ", "Duplicate value: "];

/// One line, without long dumps, at most [`LIMIT`] characters.
pub(super) fn trim(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&without_dumps(&line))
}

/// Cuts behind the last complete part within the limit.
fn cut(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(LIMIT) else { return text.to_owned() };
    let within = text.get(..end).unwrap_or(text);
    let place = ["; ", ", ", " "]
        .iter()
        .filter_map(|mark| within.rfind(mark))
        .find(|at| *at > end / 2)
        .unwrap_or(end);
    format!("{} …", within.get(..place).unwrap_or(within).trim_end())
}

/// Replaces each `{…}` that is longer than a few words.
fn without_dumps(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, dump) = rest.split_at(open);
        short.push_str(before);
        let length = balanced(dump);
        let (dump, after) = dump.split_at(length);
        short.push_str(if length > DUMP_LIMIT { "{…}" } else { dump });
        rest = after;
    }
    short.push_str(rest);
    short
}

/// The length of the bracket that `text` begins with; all of it where the bracket never closes.
fn balanced(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + c.len_utf8();
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Where `mark` stands outside of quotes and brackets.
pub(super) fn outside_quotes(text: &str, mark: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        if depth == 0 && !quoted && text.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
            return Some(at);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The text of a cause: an echoed value is left out where it is secret or long.
pub(super) fn cause(text: &str, secret: bool) -> String {
    let Some((head, rest)) =
        ECHOES.iter().find_map(|echo| Some((*echo, text.strip_prefix(*echo)?)))
    else {
        return trim(text);
    };
    let end = outside_quotes(rest, ": ");
    let value = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
    let why = end.and_then(|end| rest.get(end + 2..)).unwrap_or("");
    let word = head.trim_end_matches(": ");
    match (secret || value.chars().count() > VALUE_LIMIT, why.is_empty()) {
        (true, true) => word.to_owned(),
        (true, false) => trim(why),
        (false, true) => format!("{head}{value}"),
        (false, false) => format!("{head}{value}: {}", trim(why)),
    }
}
