//! Short digests of values: fingerprints, intents, baselines, approvals.

use std::{fmt, fmt::Write as _};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The first 16 bytes of a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 16]);

impl Hash {
    /// Hashes the parts, each closed by a NUL, so that no two lists of texts read alike.
    pub fn of_parts<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> Self {
        let mut hasher = Hasher::default();
        for part in parts {
            hasher.part(part.as_ref().as_bytes());
        }
        hasher.finish()
    }

    /// Hashes a JSON value whatever the order of its keys.
    pub fn of_value(value: &Value) -> Self {
        let mut hasher = Hasher::default();
        hasher.value(value);
        hasher.finish()
    }

    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The first 8 bytes as a number, where a shorter digest is enough.
    pub fn as_u64(&self) -> u64 {
        self.0.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Collects what a [`struct@Hash`] is made of.
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds bytes and a closing NUL.
    pub fn part(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.0.update([0]);
    }

    /// Adds a JSON value, its maps in the order of their keys.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Bool(true) => self.0.update(b"t"),
            Value::Bool(false) => self.0.update(b"f"),
            Value::Number(number) => {
                let mut text = Sink(&mut self.0);
                let _infallible = write!(text, "#{number}");
                self.0.update([0]);
            }
            Value::String(text) => {
                self.0.update(b"\"");
                self.part(text.as_bytes());
            }
            Value::Array(items) => {
                self.0.update(b"[");
                for item in items {
                    self.value(item);
                }
                self.0.update(b"]");
            }
            Value::Object(map) => {
                self.0.update(b"{");
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, item) in entries {
                    self.part(key.as_bytes());
                    self.value(item);
                }
                self.0.update(b"}");
            }
        }
    }

    /// Ends the hash.
    pub fn finish(self) -> Hash {
        let digest = self.0.finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Hash(bytes)
    }
}

/// Writes text into a hash without a buffer in between.
struct Sink<'a>(&'a mut Sha256);

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.update(s.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hash_prints_and_reads_back() {
        let hash = Hash::of_parts(["a", "b"]);
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        assert_eq!(Hash::parse("zz"), None);
        assert_ne!(hash, Hash::of_parts(["ab"]));
    }

    #[test]
    fn equal_values_hash_alike_and_different_ones_do_not() {
        let hash = |value: Value| Hash::of_value(&value);
        assert_eq!(hash(json!({"a": 1, "b": [true]})), hash(json!({"b": [true], "a": 1})));
        assert_ne!(hash(json!("1")), hash(json!(1)));
        assert_ne!(hash(json!(["a", "b"])), hash(json!(["b", "a"])));
        assert_ne!(hash(json!({"a": {}})), hash(json!({"a": []})));
    }
}
