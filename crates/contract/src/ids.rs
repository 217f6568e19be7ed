//! Identifiers: prefixed newtypes over ULIDs for what is ours, a checked string for what is the caller's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// Why a text is no identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

/// Reads a ULID in its one canonical spelling. Crockford's base 32 also takes lower case and look-alikes;
/// two spellings of one identifier would be two names in logs, URLs and databases.
fn strict_ulid(text: &str) -> Option<Ulid> {
    Ulid::from_string(text).ok().filter(|ulid| {
        let mut buffer = [0; ulid::ULID_LEN];
        ulid.array_to_str(&mut buffer) == text
    })
}

macro_rules! prefixed_ulid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// The prefix that tells this kind of identifier from the others.
            pub const PREFIX: &'static str = $prefix;

            /// Builds an identifier from milliseconds since the Unix epoch and 80 random bits
            /// (the upper bits of `random` are dropped). Time and randomness are the caller's.
            pub fn from_parts(unix_millis: u64, random: u128) -> Self {
                Self(Ulid::from_parts(unix_millis, random))
            }

            /// The 16 bytes behind the text.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// The identifier with these 16 bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix)
                    .and_then(strict_ulid)
                    .map(Self)
                    .ok_or_else(|| InvalidId {
                        text: text.to_owned(),
                        expected: concat!("an identifier of the form ", $prefix, "<ULID>"),
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

prefixed_ulid!(
    /// One request, `req_` + ULID. Ours; the caller's own name for it is the [`CorrelationId`].
    RequestId,
    "req_"
);
prefixed_ulid!(
    /// One presentation of a request in one channel, `prm_` + ULID.
    PromptId,
    "prm_"
);
prefixed_ulid!(
    /// One callback, `msg_` + ULID: the `webhook-id` header, the same on every attempt.
    DeliveryId,
    "msg_"
);

impl RequestId {
    /// The last six characters of the ULID, lower case: what people type and read on a phone.
    /// Not unique by itself; it is only ever looked up among one person's requests.
    pub fn short(self) -> String {
        let text = self.0.to_string().to_ascii_lowercase();
        text[text.len() - 6..].to_owned()
    }
}

/// The caller's name for a request, unique in its project for ever.
///
/// 1–200 characters of `A–Z a–z 0–9 . _ : @ + = -`, and neither `.` nor `..`
/// (which a URL would swallow).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// The longest text allowed, in characters.
    pub const MAX_CHARS: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CorrelationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._:@+=-".contains(c);
        let fits = (1..=Self::MAX_CHARS).contains(&text.len()) && text.chars().all(allowed);
        if fits && text != "." && text != ".." {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                text: text.chars().take(Self::MAX_CHARS).collect(),
                expected: "a correlation id: 1 to 200 characters of A-Z a-z 0-9 . _ : @ + = -, not . or ..",
            })
        }
    }
}

impl<'de> Deserialize<'de> for CorrelationId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
