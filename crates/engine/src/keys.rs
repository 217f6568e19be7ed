//! API keys: `sgn_` and 43 characters of base64url; only their SHA-256 is kept.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What every key begins with, so that scanners recognise one that leaked.
pub const PREFIX: &str = "sgn_";

/// An API key in plain text: shown once, when it is made.
pub struct ApiKey(SecretString);

/// The SHA-256 of a key: what is kept and looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashedKey([u8; 32]);

/// The text is no API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API key is \"sgn_\" and 43 characters of base64url")]
pub struct InvalidKey;

impl ApiKey {
    /// Makes a new key from 32 random bytes.
    pub fn generate(rng: &mut impl RngCore) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The text to show to whoever asked for the key.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to keep of it.
    pub fn hash(&self) -> HashedKey {
        HashedKey(Sha256::digest(self.reveal().as_bytes()).into())
    }
}

impl FromStr for ApiKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let random = text.strip_prefix(PREFIX).ok_or(InvalidKey)?;
        let fits = random.len() == 43
            && random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits { Ok(Self(text.to_owned().into())) } else { Err(InvalidKey) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl HashedKey {
    /// Lower-case hexadecimal, as the configuration and the store have it.
    pub fn to_hex(self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl fmt::Debug for HashedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedKey(…)")
    }
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Submit, cancel, claim, report executions.
    #[serde(rename = "requests:write")]
    RequestsWrite,
    /// Read requests and their events.
    #[serde(rename = "requests:read")]
    RequestsRead,
    /// Decide, as the key's approver.
    #[serde(rename = "decisions:write")]
    DecisionsWrite,
    /// Run the installation: callbacks, keys, audit.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] =
        [Self::RequestsWrite, Self::RequestsRead, Self::DecisionsWrite, Self::Admin];

    /// The word in configuration and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestsWrite => "requests:write",
            Self::RequestsRead => "requests:read",
            Self::DecisionsWrite => "decisions:write",
            Self::Admin => "admin",
        }
    }

    /// The scope with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's name.
    pub key: String,
    /// The project it is bound to.
    pub project: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The person it decides for, or asks for.
    pub approver: Option<String>,
    /// Requests per second it may make, when limited.
    pub max_per_second: Option<u32>,
}

impl Caller {
    /// Whether the key has the scope.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
