//! The adapter's own HTTP surface: prompts, and what its operator looks at.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use prometheus_client::registry::Registry;
use serde_json::json;
use signoff_contract::adapter::{HEADER_CHANNEL, PromptMessage};
use signoff_contract::signature::{self, Headers};
use signoff_engine::{ChannelError, Reachability};

use crate::prompts::{Prompts, Put, nowhere};

/// The longest prompt that is read: twice what a request may hold, several times over.
const PROMPT_BYTES: usize = 2 * 1024 * 1024;

impl Prompts {
    /// The routes: prompts at `/v1/prompts/{prompt_id}`, `/healthz`, `/readyz` and `/metrics`.
    pub fn router(&self, registry: Registry) -> Router {
        let registry = Arc::new(registry);
        Router::new()
            .route("/v1/prompts/{prompt_id}", put(put_prompt))
            .layer(DefaultBodyLimit::max(PROMPT_BYTES))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(async move || metrics(&registry)))
            .with_state(self.clone())
    }

    /// Whether the service signed this.
    fn believes(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let proof = || {
            Some(Headers {
                id: only(headers, signature::HEADER_ID)?,
                timestamp: only(headers, signature::HEADER_TIMESTAMP)?,
                signature: only(headers, signature::HEADER_SIGNATURE)?,
            })
        };
        let service = self.service();
        let now = service.clock().now();
        let good = |proof| {
            signature::verify(service.secrets(), proof, body, now, signature::TOLERANCE).is_ok()
        };
        only(headers, HEADER_CHANNEL) == Some(service.channel()) && proof().is_some_and(good)
    }
}

async fn put_prompt(
    State(prompts): State<Prompts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !prompts.believes(&headers, &body) {
        tracing::warn!("a prompt came that is not signed by this channel's service, or is old");
        let why = "not signed by this channel's service, or too long ago";
        return problem(StatusCode::UNAUTHORIZED, why);
    }
    let message: PromptMessage = match serde_json::from_slice(&body) {
        Ok(message) => message,
        Err(why) => {
            tracing::error!("a prompt cannot be read: {why}");
            return problem(StatusCode::BAD_REQUEST, "no prompt of the contract");
        }
    };
    if message.prompt_id.to_string() != id {
        return problem(StatusCode::BAD_REQUEST, "the path names another prompt");
    }
    let (prompt, revision) = (message.prompt_id, message.revision);
    let error = match prompts.put(message).await {
        Put::Done(Ok(shown)) => return Json(shown).into_response(),
        Put::Taken => return (StatusCode::ACCEPTED, Json(nowhere())).into_response(),
        Put::Done(Err(error)) => error,
    };
    tracing::warn!(%prompt, revision, "a prompt was not shown: {error}");
    match error {
        ChannelError::Busy { after } => {
            let why = "the place takes nothing now";
            waiting(problem(StatusCode::TOO_MANY_REQUESTS, why), after)
        }
        ChannelError::Retry { after, cause } => {
            let later = problem(StatusCode::SERVICE_UNAVAILABLE, &cause);
            match after {
                Some(after) => waiting(later, after),
                None => later,
            }
        }
        ChannelError::Permanent { cause } => problem(StatusCode::UNPROCESSABLE_ENTITY, &cause),
    }
}

/// Whether the service knows us, and how the chat is. A chat that cannot be reached makes nobody
/// unready: nothing would be better elsewhere.
async fn ready(State(prompts): State<Prompts>) -> Response {
    let (service, chat) = (prompts.service().check().await, prompts.channel().health());
    let ready = service.state == Reachability::Reachable;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({ "ready": ready, "service": service, "channel": chat });
    (status, Json(body)).into_response()
}

fn metrics(registry: &Registry) -> Response {
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    let body = json!({ "status": status.as_u16(), "detail": detail });
    (status, kind, body.to_string()).into_response()
}

fn waiting(mut answer: Response, after: std::time::Duration) -> Response {
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    let seconds = HeaderValue::from(seconds.max(1));
    answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    answer
}

/// A header that comes once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    only.to_str().ok()
}
