//! The body: JSON by its content type or without one, at most 256 KiB, and in time.
//!
//! A body that says it is something other than JSON is refused even if it could be read: whoever
//! sends a form or another charset has not sent what they think. What the JSON says is read by
//! the contract's strict reader, not here.

use std::ops::Deref;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use signoff_contract::submission::MAX_BODY_BYTES;
use signoff_contract::{Code, Problem, json::ReadError};

use crate::app::App;
use crate::problem::Failure;

/// A body as it was sent, not yet read as JSON.
pub(crate) struct JsonBody(Bytes);

impl Deref for JsonBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        check_headers(request.headers())?;
        let body = request.into_body();
        // Said to be too long: not one byte of it is waited for.
        if usize::try_from(body.size_hint().lower()).is_ok_and(|least| least > MAX_BODY_BYTES) {
            return Err(too_large());
        }
        let body = Limited::new(body, MAX_BODY_BYTES);
        match tokio::time::timeout(app.body_timeout, body.collect()).await {
            Ok(Ok(body)) => Ok(Self(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(not_json("The body could not be read to its end.")),
            Err(_) => {
                let seconds = app.body_timeout.as_secs();
                Err(not_json(format!(
                    "The body did not arrive within {seconds} s."
                )))
            }
        }
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), Failure> {
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(not_json("The body has a Content-Encoding; send it plain."));
    }
    match headers.get(CONTENT_TYPE) {
        Some(content_type) if !is_json(content_type) => Err(not_json(
            "The Content-Type is not JSON; send application/json, or none.",
        )),
        _ => Ok(()),
    }
}

/// `application/json` or `application/…+json`, in UTF-8 if it says so.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = essence.strip_prefix("application/").is_some_and(|subtype| {
        subtype == "json" || subtype.len() > "+json".len() && subtype.ends_with("+json")
    });
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            let value = value.trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        _ => true,
    })
}

fn too_large() -> Failure {
    Problem::from(ReadError::TooLarge {
        limit: MAX_BODY_BYTES,
    })
    .into()
}

fn not_json(detail: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidJson, detail)
}
