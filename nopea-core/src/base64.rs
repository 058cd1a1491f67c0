//! RFC 4648 in the two alphabets that Kubernetes uses. Knows nothing of what it encodes.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Encodes with `+`, `/` and padding: Secret data.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = unpadded(bytes, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Encodes with `-`, `_` and without padding: ids of apply sets.
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    unpadded(bytes, URL)
}

/// Decodes the standard alphabet; none where the text is no base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = STANDARD.iter().position(|known| *known == digit)?;
        held = (held << 6) | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn unpadded(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    let mut digit = |value: u32| {
        let at = usize::try_from(value & 63).unwrap_or(0);
        text.push(alphabet.get(at).copied().map_or('A', char::from));
    };
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_u32, |held, byte| (held << 8) | u32::from(*byte));
        match chunk.len() {
            1 => [held >> 2, held << 4].into_iter().for_each(&mut digit),
            2 => [held >> 10, held >> 4, held << 2].into_iter().for_each(&mut digit),
            _ => [held >> 18, held >> 12, held >> 6, held].into_iter().for_each(&mut digit),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold_both_ways() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in vectors {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(encode_url(&[0xfb, 0xff]), "-_8");
        assert_eq!(decode("a b"), None);
    }
}
