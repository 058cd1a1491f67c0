//! Sizes and durations on a command line. Knows no flag.

use std::time::Duration;

use nopea_core::model::spec::parse_duration;

/// Reads bytes: `1048576`, `16Mi`, `16MiB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size: write it as 1048576, 512Ki, 16Mi or 1Gi");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..).unwrap_or_default().trim_end_matches('B');
    let shift = match unit {
        "" => 0,
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// Reads a duration of more than nothing: `90s`, `5m`, `1h30m`.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    match parse_duration("timeout", text) {
        Ok(span) if !span.is_zero() => Ok(span),
        Ok(_) => Err("it must be longer than nothing".to_owned()),
        Err(error) => Err(format!("{}; {}", error.why, error.help)),
    }
}

/// Reads how long to wait between two look-ups: at least a second.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    match timeout(text)? {
        span if span < Duration::from_secs(1) => Err("it must be 1s or longer".to_owned()),
        span => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_kubernetes_writes_them() {
        assert_eq!(bytes("16Mi"), Ok(16 << 20));
        assert_eq!(bytes("16MiB"), Ok(16 << 20));
        assert_eq!(bytes("10"), Ok(10));
        for bad in ["", "Mi", "16 Mi", "1.5Gi", "16M", "-1", "99999999999Gi"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_is_longer_than_nothing_and_an_interval_at_least_a_second() {
        assert_eq!(timeout("90s"), Ok(Duration::from_secs(90)));
        assert!(timeout("0s").is_err());
        assert!(timeout("5").is_err());
        assert!(interval("100ms").is_err());
    }
}
