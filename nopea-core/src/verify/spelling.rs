//! Whether two different scalars may mean the same: quantities, durations, times, wrapped base64.
//!
//! Only a schema knows what a field is, so a yes is a doubt and never an equality.

use serde_json::Value;

use crate::model::{Timestamp, spec::parse_duration};

/// Says whether the server may have written `b` for `a`.
pub(super) fn respelled(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (text(a), text(b)) else { return false };
    a == b
        || quantity(&a).is_some_and(|amount| quantity(&b) == Some(amount))
        || duration(&a).is_some_and(|span| duration(&b) == Some(span))
        || time(&a).is_some_and(|moment| time(&b) == Some(moment))
        || unwrapped(&a) == unwrapped(&b)
}

fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn duration(text: &str) -> Option<std::time::Duration> {
    parse_duration("", text).ok()
}

/// Base64 may be broken into lines in Git; the server writes it in one.
fn unwrapped(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// A Kubernetes quantity as digits without trailing zeros, a power of ten and a power of 1024.
///
/// `1000m`, `1` and `1e0` are equal; `1Ki` and `1024` are, too.
fn quantity(text: &str) -> Option<(bool, u128, i32)> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 24 {
        return None;
    }
    let mut value: u128 = digits.parse().ok()?;
    let mut power = -i32::try_from(fraction.len()).ok()?;
    match suffix {
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => {
            let step = "KMGTPE".find(suffix.get(..1)?)?;
            value = value.checked_mul(1024_u128.checked_pow(u32::try_from(step).ok()? + 1)?)?;
        }
        _ => power += decimal(suffix)?,
    }
    if value == 0 {
        return Some((false, 0, 0));
    }
    while value.is_multiple_of(10) {
        value /= 10;
        power += 1;
    }
    Some((negative, value, power))
}

fn decimal(suffix: &str) -> Option<i32> {
    Some(match suffix {
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "" => 0,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            if power.abs() > 1000 {
                return None;
            }
            power
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_amount_in_other_words_is_a_doubt_and_another_amount_is_not() {
        let doubts = [
            (json!("1000m"), json!("1")),
            (json!("0.5"), json!("500m")),
            (json!("2e9"), json!("2G")),
            (json!("1Gi"), json!("1024Mi")),
            (json!("1024"), json!("1Ki")),
            (json!(1), json!("1")),
            (json!(1), json!(1.0)),
            (json!("1h0m0s"), json!("60m")),
            (json!("2026-01-01T00:00:00Z"), json!("2026-01-01T01:00:00+01:00")),
            (json!("YWJj\nZGVm\n"), json!("YWJjZGVm")),
        ];
        for (a, b) in doubts {
            assert!(respelled(&a, &b) && respelled(&b, &a), "{a} {b}");
        }
        let facts = [
            (json!("1"), json!("2")),
            (json!("1G"), json!("1Gi")),
            (json!("-1"), json!("1")),
            (json!("nginx:1"), json!("nginx:2")),
            (json!(true), json!("true")),
            (json!(""), json!("0")),
            (json!("1e99999999999"), json!("2e99999999999")),
        ];
        for (a, b) in facts {
            assert!(!respelled(&a, &b) && !respelled(&b, &a), "{a} {b}");
        }
    }
}
