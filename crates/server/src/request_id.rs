//! Names for HTTP requests, so that an answer, a problem document and the log can be matched.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use rand::Rng;
use signoff_core::Masker;

/// The header that carries the name, in both directions.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name taken from a caller, in bytes.
const MAX_BYTES: usize = 100;

/// Makes names: 48 random bits of this process, then a count.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// A source of names that no other process shares.
    pub(crate) fn new(rng: &mut impl Rng) -> Self {
        Self {
            process: rng.random::<u64>() >> 16,
            next: AtomicU64::new(1),
        }
    }

    /// The caller's own name for the request when it is a sane one, else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap, masker: &Masker) -> HeaderValue {
        let sane = |name: &&HeaderValue| is_sane(name, masker);
        match headers.get(HEADER).filter(sane) {
            Some(name) => name.clone(),
            None => self.make(),
        }
    }

    /// A new name.
    pub(crate) fn make(&self) -> HeaderValue {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:012x}-{count:06x}", self.process);
        // Hexadecimal digits always make a header; the other arm keeps the function total.
        HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// Whether a caller's name can go into logs and answers as it is: a token cannot.
fn is_sane(name: &HeaderValue, masker: &Masker) -> bool {
    let bytes = name.as_bytes();
    let no_secret = || name.to_str().is_ok_and(|name| !masker.finds(name));
    (1..=MAX_BYTES).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
        && no_secret()
}
