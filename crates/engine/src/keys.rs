//! API keys: `sgn_` and 43 characters of base64url; only their SHA-256 is kept.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use signoff_contract::digest;
use signoff_store::{ApiKeyRow, Store};
use subtle::ConstantTimeEq as _;

use crate::Error;

/// What every key begins with, so that scanners recognise one that leaked.
pub const PREFIX: &str = "sgn_";

/// An API key in plain text: shown once, when it is made.
pub struct ApiKey(SecretString);

/// The SHA-256 of a key: what is kept and looked up. Two of them are compared in constant time.
#[derive(Clone, Copy, Eq)]
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
            && random
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(InvalidKey)
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl PartialEq for HashedKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for HashedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl HashedKey {
    /// What [`Self::to_hex`] wrote, in either case; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? * 16 + low?).ok()?;
        }
        Some(Self(bytes))
    }

    /// Lower-case hexadecimal, as the configuration and the store have it.
    pub fn to_hex(self) -> String {
        let mut text = String::with_capacity(64);
        digest::push_hex(&self.0, &mut text);
        text
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
    pub const ALL: [Self; 4] = [
        Self::RequestsWrite,
        Self::RequestsRead,
        Self::DecisionsWrite,
        Self::Admin,
    ];

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

    /// Refuses a caller without the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.may(scope) {
            Ok(())
        } else {
            Err(Error::Forbidden(scope.as_str()))
        }
    }
}

/// A key from the configuration.
#[derive(Debug, Clone)]
pub struct ConfiguredKey {
    /// The SHA-256 of the key, 64 lower-case hexadecimal digits.
    pub key_sha256: String,
    /// Whoever shows it.
    pub caller: Caller,
}

/// How long keys that were made at run time are believed before they are read again: a key
/// revoked at the command line stops working within this time.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// How long a key is believed not to exist: so often guessers can make the store read.
const UNKNOWN_FOR: Duration = Duration::from_millis(50);

/// Every key that is in force.
#[derive(Debug)]
pub(crate) struct KeyRing {
    configured: HashMap<HashedKey, Arc<Caller>>,
    stored: RwLock<Stored>,
}

#[derive(Debug)]
struct Stored {
    by_hash: HashMap<HashedKey, Arc<Caller>>,
    read_at: Instant,
}

impl KeyRing {
    pub(crate) fn new(configured: Vec<ConfiguredKey>) -> Self {
        let configured = configured
            .into_iter()
            .filter_map(|key| Some((HashedKey::from_hex(&key.key_sha256)?, Arc::new(key.caller))))
            .collect();
        let stored = Stored {
            by_hash: HashMap::new(),
            read_at: Instant::now(),
        };
        Self {
            configured,
            stored: RwLock::new(stored),
        }
    }

    /// Whose key this is. What is looked up is a SHA-256, through a keyed hash and a comparison in
    /// constant time: timing tells a guesser nothing, neither of a key nor of what is kept of one.
    pub(crate) async fn find(
        &self,
        key: &ApiKey,
        store: &Store,
    ) -> Result<Option<Arc<Caller>>, Error> {
        let hash = key.hash();
        if let Some(caller) = self.configured.get(&hash) {
            return Ok(Some(Arc::clone(caller)));
        }
        let (known, age) = {
            let stored = self.read();
            (stored.by_hash.get(&hash).cloned(), stored.read_at.elapsed())
        };
        // A key that is not known may have been made a moment ago.
        let believed_for = if known.is_some() {
            BELIEVED_FOR
        } else {
            UNKNOWN_FOR
        };
        if age < believed_for {
            return Ok(known);
        }
        self.refresh(store).await?;
        Ok(self.read().by_hash.get(&hash).cloned())
    }

    /// Reads the stored keys again.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), Error> {
        let read_at = Instant::now();
        let rows = store.keys().await?;
        let by_hash = rows
            .into_iter()
            .filter_map(|row| Some((HashedKey::from_hex(&row.key_sha256)?, caller(row))))
            .collect();
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = Stored { by_hash, read_at };
        Ok(())
    }

    /// The approvers that some key decides for.
    pub(crate) fn deciding_approvers(&self) -> HashSet<String> {
        let stored = self.read();
        let callers = self.configured.values().chain(stored.by_hash.values());
        callers
            .filter(|caller| caller.may(Scope::DecisionsWrite))
            .filter_map(|caller| caller.approver.clone())
            .collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Stored> {
        self.stored.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn caller(row: ApiKeyRow) -> Arc<Caller> {
    let scopes = row
        .scopes
        .iter()
        .filter_map(|word| Scope::from_word(word))
        .collect();
    Arc::new(Caller {
        key: row.name,
        project: row.project,
        scopes,
        approver: row.approver,
        max_per_second: None,
    })
}
