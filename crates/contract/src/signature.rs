//! Signatures of callbacks and of the adapter API, by the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>): HMAC-SHA256 over `id.timestamp.body`.
//!
//! The `standardwebhooks` crate makes the signatures. Its own `verify` reads the system clock
//! and knows one secret; here time is a parameter and secrets rotate, so verifying is ours.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest as _, Sha256};
use standardwebhooks::Webhook;
use subtle::{Choice, ConstantTimeEq};

/// The header with the message's id: the same on every attempt, so that receivers can dedupe.
pub const HEADER_ID: &str = standardwebhooks::HEADER_WEBHOOK_ID;
/// The header with the time of this attempt, in seconds since the Unix epoch.
pub const HEADER_TIMESTAMP: &str = standardwebhooks::HEADER_WEBHOOK_TIMESTAMP;
/// The header with the signatures, separated by spaces.
pub const HEADER_SIGNATURE: &str = standardwebhooks::HEADER_WEBHOOK_SIGNATURE;

/// How far a message's time may lie from the receiver's: the specification's five minutes.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The most signatures of one message that are looked at. Ours: a rotation needs two.
const MAX_SIGNATURES: usize = 16;

/// A secret that signs: `whsec_` and the base64 of 24 to 64 bytes (the specification's bounds).
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

impl SigningSecret {
    /// What every secret's text starts with.
    pub const PREFIX: &'static str = "whsec_";

    /// Reads a secret's text.
    ///
    /// # Errors
    /// Says what is wrong without repeating the text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text
            .strip_prefix(Self::PREFIX)
            .ok_or(InvalidSecret::Prefix)?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| InvalidSecret::Base64)?;
        Self::from_bytes(bytes)
    }

    /// The secret with these bytes, 24 to 64 of them.
    ///
    /// # Errors
    /// [`InvalidSecret::Length`] for fewer or more.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidSecret> {
        if !(24..=64).contains(&bytes.len()) {
            return Err(InvalidSecret::Length { bytes: bytes.len() });
        }
        Ok(Self(SecretSlice::from(bytes)))
    }

    /// A secret that follows from another one, for installations that chose none: stable while that
    /// one is, and of no use to whoever wants to know that one. `purpose` tells it from others.
    pub fn derived(purpose: &str, from: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(from.as_bytes());
        Self(SecretSlice::from(hash.finalize().to_vec()))
    }

    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> Result<String, NotSignable> {
        Webhook::from_bytes(self.0.expose_secret().to_vec())
            .and_then(|webhook| webhook.sign(id, timestamp, body))
            .map_err(|_| NotSignable)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// Why a text is no signing secret. Never holds the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// It does not start with `whsec_`.
    #[error("a signing secret starts with whsec_")]
    Prefix,
    /// What follows is no base64.
    #[error("a signing secret is standard base64, with padding, after whsec_")]
    Base64,
    /// It has too few or too many bytes.
    #[error("a signing secret has 24 to 64 bytes; this one has {bytes}")]
    Length {
        /// How many it has.
        bytes: usize,
    },
}

/// The message cannot be signed: there is no secret, the body is not UTF-8, or the id has a `.`,
/// which would leave open where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message needs a secret, a body in UTF-8 and an id without a full stop")]
pub struct NotSignable;

/// Why a message is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// The timestamp header is no whole number of seconds.
    #[error("the timestamp is no number of seconds")]
    Timestamp,
    /// The message is older than the tolerance: a repeat, or a clock that is wrong.
    #[error("the message is too old")]
    TooOld,
    /// The message is from a future beyond the tolerance: a clock is wrong.
    #[error("the message is from the future")]
    InTheFuture,
    /// No signature fits any of the secrets.
    #[error("no signature is valid")]
    Signature,
}

/// The signature header's value for a message: one signature for each secret, in their order.
/// `timestamp` is that of this attempt, in whole seconds since the Unix epoch.
///
/// ```
/// use signoff_contract::signature::{SigningSecret, sign};
/// let secret = SigningSecret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")?;
/// let header = sign(&[secret], "msg_1", 1_700_000_000, b"{}")?;
/// assert!(header.starts_with("v1,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NotSignable`] without a secret, for a body that is not UTF-8, for an id with a full stop.
pub fn sign(
    secrets: &[SigningSecret],
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Result<String, NotSignable> {
    if secrets.is_empty() || id.contains('.') {
        return Err(NotSignable);
    }
    let signatures: Result<Vec<_>, _> = secrets
        .iter()
        .map(|secret| secret.sign(id, timestamp, body))
        .collect();
    Ok(signatures?.join(" "))
}

/// A received message's three headers.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// The value of [`HEADER_ID`].
    pub id: &'a str,
    /// The value of [`HEADER_TIMESTAMP`].
    pub timestamp: &'a str,
    /// The value of [`HEADER_SIGNATURE`].
    pub signature: &'a str,
}

/// Whether a received message is from someone who holds one of the secrets, and recent. Signatures
/// are compared in constant time, and every one with every secret.
///
/// `body` is the body as received, byte for byte. Use [`TOLERANCE`] unless there is a reason.
/// Remember the id for at least twice the tolerance to refuse a message that is sent twice.
///
/// # Errors
/// [`Unverified`]; treat all of them as a forgery.
pub fn verify(
    secrets: &[SigningSecret],
    headers: Headers<'_>,
    body: &[u8],
    now: Timestamp,
    tolerance: SignedDuration,
) -> Result<(), Unverified> {
    let plain = headers.timestamp.bytes().all(|b| b.is_ascii_digit());
    let sent: i64 = headers
        .timestamp
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or(Unverified::Timestamp)?;
    let age = now.as_second().saturating_sub(sent);
    if age > tolerance.as_secs() {
        return Err(Unverified::TooOld);
    }
    if age < -tolerance.as_secs() {
        return Err(Unverified::InTheFuture);
    }
    let mut valid = Choice::from(0);
    for secret in secrets {
        // What could not have been signed cannot be believed.
        let expected = sign(std::slice::from_ref(secret), headers.id, sent, body)
            .map_err(|_| Unverified::Signature)?;
        for given in headers.signature.split(' ').take(MAX_SIGNATURES) {
            valid |= expected.as_bytes().ct_eq(given.as_bytes());
        }
    }
    if valid.into() {
        Ok(())
    } else {
        Err(Unverified::Signature)
    }
}
