//! The canonical form of a quantity, as apimachinery's `resource.Quantity` writes it: `1000m` is `1`, `0.5`
//! is `500m`, `1024Ki` is `1Mi`. It must not know where quantities stand.

/// The notation a quantity was written in, which its canonical form keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    Decimal,
    Exponent,
    Binary,
}

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [(&str, u32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];

/// Writes the quantity in its canonical form; none if it is none.
///
/// A quantity past 128 bits stays as it is written.
pub(super) fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(digits)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let scale = i32::try_from(fraction.len()).ok()?;
    let (notation, power) = suffix_of(suffix)?;
    let Ok(mantissa) = format!("{whole}{fraction}").parse::<i128>() else {
        return Some(text.to_owned());
    };
    let sign = if text.starts_with('-') && mantissa != 0 { "-" } else { "" };
    let written = match notation {
        Notation::Binary => binary(mantissa, scale, power),
        Notation::Decimal | Notation::Exponent => decimal(mantissa, power - scale, notation),
    };
    Some(written.map_or_else(|| text.to_owned(), |written| format!("{sign}{written}")))
}

fn suffix_of(suffix: &str) -> Option<(Notation, i32)> {
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Notation::Decimal, *power));
    }
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((Notation::Binary, i32::try_from(*power).ok()?));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
    Some((Notation::Exponent, exponent))
}

/// `mantissa * 10^power` with the largest suffix that needs no fraction.
fn decimal(mut mantissa: i128, mut power: i32, notation: Notation) -> Option<String> {
    if mantissa == 0 {
        return Some("0".to_owned());
    }
    while mantissa % 10 == 0 {
        mantissa /= 10;
        power = power.checked_add(1)?;
    }
    while power < -9 {
        // Nothing is smaller than a nano: the server rounds up.
        mantissa = mantissa / 10 + i128::from(mantissa % 10 != 0);
        power += 1;
    }
    while power % 3 != 0 || (notation == Notation::Decimal && power > 18) {
        mantissa = mantissa.checked_mul(10)?;
        power -= 1;
    }
    match notation {
        Notation::Exponent if power == 0 => Some(mantissa.to_string()),
        Notation::Exponent => Some(format!("{mantissa}e{power}")),
        Notation::Decimal | Notation::Binary => {
            let (suffix, _) = DECIMAL.iter().find(|(_, of)| *of == power)?;
            Some(format!("{mantissa}{suffix}"))
        }
    }
}

/// `mantissa * 10^-scale * 1024^power`, in powers of 1024 where it has 1024 or more.
fn binary(mantissa: i128, scale: i32, power: i32) -> Option<String> {
    let factor = 1024_i128.checked_pow(u32::try_from(power).ok()?)?;
    let divisor = 10_i128.checked_pow(u32::try_from(scale).ok()?)?;
    let value = mantissa.checked_mul(factor)?;
    if value < divisor.checked_mul(1024)? {
        return decimal(value, -scale, Notation::Decimal);
    }
    let mut whole = value / divisor + i128::from(value % divisor != 0);
    let mut suffix = "";
    for (name, _) in BINARY {
        if whole % 1024 != 0 {
            break;
        }
        whole /= 1024;
        suffix = name;
    }
    Some(format!("{whole}{suffix}"))
}
