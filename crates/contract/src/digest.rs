//! Digests: SHA-256 over canonical JSON (RFC 8785), written `sha256:<hex>`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::json::{self, Member};

const PREFIX: &str = "sha256:";

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is \"sha256:\" and 64 lower-case hexadecimal digits")]
pub struct InvalidDigest;

impl Digest {
    /// How many characters its text has.
    pub const TEXT_CHARS: usize = PREFIX.len() + 64;

    /// The digest of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of what will be executed (or, over masked arguments, of what was shown):
    /// SHA-256 over RFC 8785 of `{"arguments": …, "tool": …}`.
    ///
    /// ```
    /// use signoff_contract::Digest;
    /// let digest = Digest::of_action("echo", &serde_json::Map::new());
    /// assert_eq!(digest, Digest::of_bytes(br#"{"arguments":{},"tool":"echo"}"#));
    /// ```
    pub fn of_action(tool: &str, arguments: &Map<String, Value>) -> Self {
        Self::of_bytes(&json::canonical_members(&mut [
            ("arguments", Member::Object(arguments)),
            ("tool", Member::Text(tool)),
        ]))
    }

    /// The digest with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits: what a card shows.
    pub fn short(&self) -> String {
        let mut text = String::with_capacity(12);
        push_hex(&self.0[..6], &mut text);
        text
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(Self::TEXT_CHARS);
        text.push_str(PREFIX);
        push_hex(&self.0, &mut text);
        text
    }
}

/// Adds these bytes as lower-case hexadecimal digits. By table, because the formatting machinery
/// takes microseconds for a digest and several are written for every request.
pub fn push_hex(bytes: &[u8], text: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        for half in [byte >> 4, byte & 0xf] {
            text.push(char::from(DIGITS[usize::from(half)]));
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let hex = text.strip_prefix(PREFIX).ok_or(InvalidDigest)?.as_bytes();
        if hex.len() != 64 {
            return Err(InvalidDigest);
        }
        let digit = |b: u8| match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(InvalidDigest),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
