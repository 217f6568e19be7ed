//! Handles: the opaque, sealed tokens behind buttons.
//!
//! A handle says which request, which prompt and which meaning, and a MAC that only this
//! service can make says that we made it. It carries no authority: who presses and where the
//! request stands decide. Handles are deterministic, so a prompt that is sent again after a
//! crash carries the same ones and nothing has to be stored for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use signoff_contract::RequestId;
use subtle::ConstantTimeEq as _;

/// Bytes before the MAC: key id, request, prompt number, meaning.
const BODY: usize = 1 + 16 + 1 + 1;
/// Bytes of the truncated MAC.
const MAC: usize = 16;

/// The length of every sealed handle in characters; Telegram takes at most 64 bytes.
pub const SEALED_CHARS: usize = (BODY + MAC) * 4 / 3 + 1;

/// What one button stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    /// The request.
    pub request: RequestId,
    /// The prompt's number within the request.
    pub prompt: u8,
    /// What pressing it says.
    pub meaning: Meaning,
}

/// What pressing a button says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// No, and the reason follows in the person's own words.
    DenyWithReason,
    /// The answer follows in the person's own words.
    CustomAnswer,
    /// No answer will be given.
    Decline,
    /// Show me the request (again).
    Show,
    /// The question's option with this index, from 0.
    Option(u8),
}

/// The first byte that stands for an option.
const OPTION_BASE: u8 = 16;

impl Meaning {
    fn to_byte(self) -> u8 {
        match self {
            Self::Approve => 1,
            Self::Deny => 2,
            Self::DenyWithReason => 3,
            Self::CustomAnswer => 4,
            Self::Decline => 5,
            Self::Show => 6,
            Self::Option(index) => OPTION_BASE.saturating_add(index),
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Approve,
            2 => Self::Deny,
            3 => Self::DenyWithReason,
            4 => Self::CustomAnswer,
            5 => Self::Decline,
            6 => Self::Show,
            OPTION_BASE.. => Self::Option(byte - OPTION_BASE),
            _ => return None,
        })
    }
}

/// One sealing key.
#[derive(Debug)]
pub struct HandleKey {
    id: u8,
    secret: SecretBox<[u8; 32]>,
}

impl HandleKey {
    /// The key with this id (the first byte of every handle it seals) and secret.
    pub fn new(id: u8, secret: [u8; 32]) -> Self {
        Self {
            id,
            secret: SecretBox::new(Box::new(secret)),
        }
    }

    fn mac(&self, body: &[u8]) -> [u8; MAC] {
        let keyed = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret());
        // HMAC takes keys of any length; the other arm keeps the function total.
        let full = keyed.map_or([0; 32], |mut mac| {
            mac.update(body);
            mac.finalize().into_bytes().into()
        });
        let mut short = [0; MAC];
        short.copy_from_slice(&full[..MAC]);
        short
    }
}

/// The current sealing key, and those that older handles still carry.
#[derive(Debug)]
pub struct HandleKeys {
    current: HandleKey,
    older: Vec<HandleKey>,
}

/// The text is no handle of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a button of ours")]
pub struct ForeignHandle;

impl HandleKeys {
    /// Seals with `current`, opens with any of them.
    pub fn new(current: HandleKey, older: Vec<HandleKey>) -> Self {
        Self { current, older }
    }

    /// The handle's text: 47 characters of base64url.
    pub fn seal(&self, handle: Handle) -> String {
        let mut bytes = [0; BODY + MAC];
        bytes[0] = self.current.id;
        bytes[1..17].copy_from_slice(&handle.request.to_bytes());
        bytes[17] = handle.prompt;
        bytes[18] = handle.meaning.to_byte();
        let mac = self.current.mac(&bytes[..BODY]);
        bytes[BODY..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a text stands for, if we sealed it. The comparison takes the same time for every
    /// wrong MAC.
    pub fn open(&self, text: &str) -> Result<Handle, ForeignHandle> {
        if text.len() != SEALED_CHARS {
            return Err(ForeignHandle);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ForeignHandle)?;
        let (body, mac) = bytes.split_at_checked(BODY).ok_or(ForeignHandle)?;
        let keys = std::iter::once(&self.current).chain(&self.older);
        let mut of_that_id = keys.filter(|key| key.id == body[0]);
        if !of_that_id.any(|key| bool::from(key.mac(body).ct_eq(mac))) {
            return Err(ForeignHandle);
        }
        let mut request = [0; 16];
        request.copy_from_slice(&body[1..17]);
        let meaning = Meaning::from_byte(body[18]).ok_or(ForeignHandle)?;
        Ok(Handle {
            request: RequestId::from_bytes(request),
            prompt: body[17],
            meaning,
        })
    }
}
