//! What Signoff posts to a requester, and the proof that it was Signoff.

use jiff::Timestamp;
use serde::Deserialize;
use signoff_contract::RequestResource;
use signoff_contract::signature::{self, Headers, SigningSecret, TOLERANCE, Unverified};
use signoff_contract::time::rfc3339;

/// A callback that was verified.
///
/// The same `id` may come more than once: answer 2xx each time, and act on it once.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Callback {
    /// The `webhook-id`: the same on every attempt.
    pub id: String,
    /// `request.approved`, `request.denied`, …
    pub event_type: String,
    /// When the request ended.
    pub timestamp: Timestamp,
    /// The request with its outcome.
    pub request: RequestResource,
}

/// Why a callback is not to be acted on. Answer 400: it is then sent again, and an operator sees why.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// One of the three `webhook-…` headers is missing, given twice, or no plain text.
    #[error("the header {0} is missing, or not given once and in plain text")]
    Header(&'static str),
    /// Nobody who holds the secret sent it, or not now.
    #[error("the signature does not hold")]
    Unverified(#[from] Unverified),
    /// It is signed, and not of a form that this version knows.
    #[error("the body cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
    data: RequestResource,
}

impl Callback {
    /// Verifies a callback and reads it. `header` finds a header's values by its name, `body` is the body as
    /// received, byte for byte. Give all secrets that are valid while one is being replaced.
    ///
    /// ```
    /// use signoff_client::{Callback, Refused, SigningSecret};
    ///
    /// fn receive(
    ///     headers: &reqwest::header::HeaderMap,
    ///     body: &[u8],
    ///     secrets: &[SigningSecret],
    /// ) -> Result<(), Refused> {
    ///     let header = |name: &str| headers.get_all(name).iter().map(|value| value.as_bytes());
    ///     let callback = Callback::verify(secrets, header, body)?;
    ///     println!("{} is {}", callback.request.correlation_id, callback.event_type);
    ///     Ok(())
    /// }
    /// # let secret = SigningSecret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap();
    /// # let refused = receive(&Default::default(), b"{}", &[secret]);
    /// # assert!(matches!(refused, Err(Refused::Header("webhook-id"))));
    /// ```
    ///
    /// # Errors
    /// [`Refused`]; treat all of them as a forgery.
    pub fn verify<'a, Values>(
        secrets: &[SigningSecret],
        header: impl Fn(&str) -> Values,
        body: &[u8],
    ) -> Result<Self, Refused>
    where
        Values: Iterator<Item = &'a [u8]>,
    {
        Self::verify_at(secrets, header, body, crate::now())
    }

    /// The same at a given time.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn verify_at<'a, Values>(
        secrets: &[SigningSecret],
        header: impl Fn(&str) -> Values,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Self, Refused>
    where
        Values: Iterator<Item = &'a [u8]>,
    {
        let one = |name: &'static str| {
            let mut values = header(name);
            let value = values.next().filter(|_| values.next().is_none());
            value
                .and_then(|value| std::str::from_utf8(value).ok())
                .ok_or(Refused::Header(name))
        };
        let headers = Headers {
            id: one(signature::HEADER_ID)?,
            timestamp: one(signature::HEADER_TIMESTAMP)?,
            signature: one(signature::HEADER_SIGNATURE)?,
        };
        signature::verify(secrets, headers, body, now, TOLERANCE)?;
        let Body {
            event_type,
            timestamp,
            data: request,
        } = serde_json::from_slice(body)?;
        Ok(Self {
            id: headers.id.to_owned(),
            event_type,
            timestamp,
            request,
        })
    }
}
