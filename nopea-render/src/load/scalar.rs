//! What a scalar means: YAML 1.1 as kubectl reads it (sigs.k8s.io/yaml), explicit tags included.
//!
//! Knows no document. The table in `tests.rs` was made with kubectl 1.32.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{
    node::{Raw, Tag},
    number,
};

/// A scalar with its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `yes`, `on`, …
    Bool(bool),
    /// A whole number that a 64-bit integer holds.
    Int(i64),
    /// A whole number above that, up to 64 bits.
    Big(u64),
    /// Any other number; infinite and not a number too.
    Float(f64),
    /// The text itself.
    Text,
}

/// Why a scalar cannot be what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The tag asks for something else: its name.
    Tag(&'static str),
    /// JSON has no infinity and no NaN.
    NotFinite,
    /// No key can be made of it: null, or a number above 63 bits.
    Key,
}

/// Resolves a scalar without quotes and tag.
pub(super) fn plain(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number::parse(text).unwrap_or(Scalar::Text),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        _ => Scalar::Text,
    }
}

impl Raw<'_> {
    /// Resolves the scalar; tags look at the text whether it is quoted or not.
    fn resolve(&self) -> Result<Scalar, Wrong> {
        match (self.tag, self.plain) {
            (Tag::None, true) => Ok(plain(&self.text)),
            (Tag::None, false) | (Tag::Text | Tag::Merge | Tag::Binary, _) => Ok(Scalar::Text),
            (Tag::Int, _) => match plain(&self.text) {
                number @ (Scalar::Int(_) | Scalar::Big(_)) => Ok(number),
                Scalar::Null | Scalar::Bool(_) | Scalar::Float(_) | Scalar::Text => {
                    Err(Wrong::Tag("!!int"))
                }
            },
            (Tag::Float, _) => match plain(&self.text) {
                #[expect(clippy::cast_precision_loss, reason = "!!float asks for exactly this")]
                Scalar::Int(number) => Ok(Scalar::Float(number as f64)),
                #[expect(clippy::cast_precision_loss, reason = "!!float asks for exactly this")]
                Scalar::Big(number) => Ok(Scalar::Float(number as f64)),
                number @ Scalar::Float(_) => Ok(number),
                Scalar::Null | Scalar::Bool(_) | Scalar::Text => Err(Wrong::Tag("!!float")),
            },
            (Tag::Bool, _) => match plain(&self.text) {
                truth @ Scalar::Bool(_) => Ok(truth),
                Scalar::Null
                | Scalar::Int(_)
                | Scalar::Big(_)
                | Scalar::Float(_)
                | Scalar::Text => Err(Wrong::Tag("!!bool")),
            },
            (Tag::Null, _) if plain(&self.text) == Scalar::Null => Ok(Scalar::Null),
            (Tag::Null, _) => Err(Wrong::Tag("!!null")),
            (Tag::Timestamp, _) if is_date(&self.text) => Ok(Scalar::Text),
            (Tag::Timestamp, _) => Err(Wrong::Tag("!!timestamp")),
        }
    }

    fn into_text(self) -> Result<String, Wrong> {
        if self.tag == Tag::Binary {
            return decode(&self.text).ok_or(Wrong::Tag("!!binary"));
        }
        Ok(match self.text {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(text) => text,
        })
    }

    /// The scalar as a value.
    pub(super) fn into_value(self) -> Result<Value, Wrong> {
        Ok(match self.resolve()? {
            Scalar::Null => Value::Null,
            Scalar::Bool(truth) => Value::Bool(truth),
            Scalar::Int(number) => Value::Number(number.into()),
            #[expect(clippy::cast_precision_loss, reason = "kubectl sends it as a float, too")]
            Scalar::Big(number) => float(number as f64)?,
            Scalar::Float(number) => float(number)?,
            Scalar::Text => Value::String(self.into_text()?),
        })
    }

    /// The scalar as a key: kubectl prints booleans and numbers.
    pub(super) fn into_key(self) -> Result<String, Wrong> {
        Ok(match self.resolve()? {
            Scalar::Null | Scalar::Big(_) => return Err(Wrong::Key),
            Scalar::Bool(truth) => truth.to_string(),
            Scalar::Int(number) => number.to_string(),
            Scalar::Float(number) => number::float_key(number),
            Scalar::Text => self.into_text()?,
        })
    }
}

/// A float as JSON: whole ones become integers where they fit, by way of their shortest digits.
fn float(number: f64) -> Result<Value, Wrong> {
    /// Below this every whole float is exactly its integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        return Ok(Value::Number((number as i64).into()));
    }
    if number.fract() == 0.0
        && number.abs() < 1e19
        && let Ok(whole) = format!("{number}").parse::<i64>()
    {
        return Ok(Value::Number(whole.into()));
    }
    Number::from_f64(number).map(Value::Number).ok_or(Wrong::NotFinite)
}

/// `2020-01-31` with whatever follows.
fn is_date(text: &str) -> bool {
    let day = text.split(['T', 't', ' ', '\t']).next().unwrap_or("");
    let parts: Vec<&str> = day.split('-').collect();
    matches!(parts.as_slice(), [year, month, day] if year.len() == 4
    && [year, month, day].into_iter().all(|part| {
        (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    }))
}

/// Decodes padded base64, line breaks left out; what is no UTF-8 is replaced, as kubectl does.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let (groups, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    for (at, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|b| **b == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < groups.len()) {
            return None;
        }
        let mut bits = 0_u32;
        for byte in group.iter().take(4 - padding) {
            bits = (bits << 6) | u32::from(digit(*byte)?);
        }
        bits <<= 6 * padding;
        out.extend(bits.to_be_bytes().iter().skip(1).take(3 - padding));
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
