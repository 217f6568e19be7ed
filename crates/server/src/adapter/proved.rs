//! Which channel calls: its name, and a signature with one of its secrets over
//! `webhook-id.webhook-timestamp.` and the body, byte for byte. Where there is no body, the path
//! and query stand in its place, so that nobody can turn one question into another.
//!
//! A signature that is sent twice does nothing twice: responses are known by their `event_id`,
//! tokens work once, a receipt is waited for once, and reading changes nothing. No body of one
//! operation is one of another, nor one that Signoff sends.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use signoff_contract::adapter::HEADER_CHANNEL;
use signoff_contract::signature::{self, Headers};

use crate::app::App;
use crate::extract::JsonBody;
use crate::limits::ClientAddress;
use crate::problem::Failure;

/// A body that a channel has signed.
pub(super) struct SignedBody {
    /// The channel.
    pub(super) channel: String,
    /// When it was sent, by the adapter's clock.
    sent_at: Timestamp,
    /// As it was sent.
    pub(super) body: JsonBody,
}

impl SignedBody {
    /// How long before it was sent something happened, both by the adapter's clock: so it does not
    /// matter how far that is from ours. The time of sending has whole seconds.
    pub(super) fn ago(&self, occurred_at: Timestamp) -> SignedDuration {
        self.sent_at.duration_since(occurred_at)
    }
}

impl FromRequest<App> for SignedBody {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let headers = request.headers().clone();
        let from = address(request.extensions());
        // Who is not a channel of ours is told so without one byte of a body being waited for.
        if secrets(&headers, app).is_none() {
            return Err(refused(app, from));
        }
        let body = JsonBody::from_request(request, app).await?;
        match prove(&headers, &body, app) {
            Some((channel, sent_at)) => Ok(Self {
                channel,
                sent_at,
                body,
            }),
            None => Err(refused(app, from)),
        }
    }
}

/// A question that a channel has signed.
pub(super) struct SignedQuery {
    /// The channel.
    pub(super) channel: String,
}

impl FromRequestParts<App> for SignedQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let target = parts
            .uri
            .path_and_query()
            .map_or("", |target| target.as_str());
        match prove(&parts.headers, target.as_bytes(), app) {
            Some((channel, _)) => Ok(Self { channel }),
            None => Err(refused(app, address(&parts.extensions))),
        }
    }
}

/// The channel that signed this, and when.
fn prove(headers: &HeaderMap, signed: &[u8], app: &App) -> Option<(String, Timestamp)> {
    let (channel, secrets) = secrets(headers, app)?;
    let proof = Headers {
        id: only(headers, signature::HEADER_ID)?,
        timestamp: only(headers, signature::HEADER_TIMESTAMP)?,
        signature: only(headers, signature::HEADER_SIGNATURE)?,
    };
    let now = app.engine.clock().now();
    signature::verify(secrets, proof, signed, now, signature::TOLERANCE).ok()?;
    let sent_at = proof.timestamp.parse().ok()?;
    Some((channel.to_owned(), Timestamp::from_second(sent_at).ok()?))
}

/// The channel that is named, and its secrets, if it is one of ours.
fn secrets<'a>(
    headers: &'a HeaderMap,
    app: &'a App,
) -> Option<(&'a str, &'a [signature::SigningSecret])> {
    let channel = only(headers, HEADER_CHANNEL)?;
    let secrets = app.adapters.get(channel)?;
    Some((channel, secrets))
}

/// A header that comes once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    only.to_str().ok()
}

fn address(extensions: &Extensions) -> ClientAddress {
    extensions.get().copied().unwrap_or_default()
}

fn refused(app: &App, ClientAddress(from): ClientAddress) -> Failure {
    match app.limits.count_failure(from) {
        Ok(()) => Failure::unsigned(),
        Err(after) => {
            Failure::rate_limited("This address failed to authenticate too often.", after)
        }
    }
}
