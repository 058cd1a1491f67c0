//! Writes JSON values as YAML that every reader reads back alike: of YAML 1.1 (kubectl) and of 1.2.
//! What could be taken for anything but a text is quoted. Knows no manifest.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Words that YAML 1.1 takes for booleans or null.
const WORDS: [&str; 9] = ["y", "yes", "n", "no", "on", "off", "true", "false", "null"];

/// The YAML of a value, with a last line end.
pub(crate) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => entries(&mut text, map, 0, false),
        Value::Array(items) if !items.is_empty() => list(&mut text, items, 0),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => after(&mut text, value, 0),
    }
    text.trim_start().to_owned()
}

fn entries(text: &mut String, map: &Map<String, Value>, depth: usize, mut goes_on: bool) {
    for (key, value) in map {
        if !std::mem::take(&mut goes_on) {
            indent(text, depth);
        }
        text.push_str(&scalar(key));
        text.push(':');
        after(text, value, depth);
    }
}

fn list(text: &mut String, items: &[Value], depth: usize) {
    for item in items {
        indent(text, depth);
        text.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                text.push(' ');
                entries(text, map, depth + 1, true);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => after(text, item, depth),
        }
    }
}

/// What comes after a colon or a dash.
fn after(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            entries(text, map, depth + 1, false);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            list(text, items, depth + 1);
        }
        Value::String(lines) if is_block(lines) => {
            text.push_str(if lines.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in lines.lines() {
                if !line.is_empty() {
                    indent(text, depth + 1);
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        Value::String(one) => {
            text.push(' ');
            text.push_str(&scalar(one));
            text.push('\n');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            text.push(' ');
            text.push_str(&value.to_string());
            text.push('\n');
        }
    }
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Says whether a text is best read line by line, and can be.
fn is_block(text: &str) -> bool {
    let tame = text
        .chars()
        .all(|c| matches!(c, '\n' | ' '..='~') || (c.is_alphanumeric() && !c.is_ascii()));
    let body = text.strip_suffix('\n').unwrap_or(text);
    tame && body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && !body.lines().any(|line| line.ends_with(' '))
}

/// A text as it is where nobody can mistake it, else in double quotes.
fn scalar(text: &str) -> String {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/');
    let inner = |c: char| c.is_ascii_alphanumeric() || "_./-@+ ".contains(c);
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let colons = text.split(':').skip(1).all(|rest| !rest.is_empty() && !rest.starts_with(' '));
    let plain = text.chars().all(|c| inner(c) || c == ':');
    if first && plain && colons && !text.ends_with(' ') && !is_word {
        return text.to_owned();
    }
    let mut quoted = String::new();
    for c in Value::from(text).to_string().chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') {
            let _infallible = write!(quoted, "\\u{:04x}", u32::from(c));
        } else {
            quoted.push(c);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_laid_out_in_blocks() {
        let value = json!({
            "a": {"b": [1, {"c": "x", "d": []}, [true]], "e": {}},
            "f": "two\n  lines\n",
            "g": "one\n\ntwo",
            "h": null,
        });
        insta::assert_snapshot!(yaml(&value), @r"
        a:
          b:
            - 1
            - c: x
              d: []
            -
              - true
          e: {}
        f: |
          two
            lines
        g: |-
          one

          two
        h: null
        ");
    }

    #[test]
    fn what_could_be_no_text_is_quoted() {
        for text in [
            "yes",
            "Y",
            "1_000",
            "0777",
            "1:30",
            ".5",
            "~",
            "",
            "a: b",
            "a #b",
            "2026-01-01",
            "<<",
            "=",
            "- a",
            "null",
            "!a",
            "*a",
            "a:",
            " a",
            "a ",
            "é",
            "\u{7f}",
            "a\tb",
            "0x1F",
        ] {
            assert!(scalar(text).starts_with('"'), "{text:?}");
        }
        for text in
            ["web", "/etc", "registry.example.org/a:1.0", "a b", "nginx", "app.kubernetes.io/name"]
        {
            assert_eq!(scalar(text), text);
        }
        assert_eq!(scalar("\u{7f}"), "\"\\u007f\"");
    }
}
