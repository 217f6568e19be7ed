//! `POST /v1/requests`: ask humans.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signoff_contract::{Code, RequestResource, Submission};
use signoff_engine::Submitted;

use crate::app::App;
use crate::extract::{Authenticated, JsonBody, NoQuery, RequestsWrite};
use crate::openapi::examples;
use crate::problem::Failure;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[
    Code::InvalidJson,
    Code::ValidationFailed,
    Code::PayloadTooLarge,
    Code::RequestPruned,
    Code::CorrelationConflict,
    Code::TooManyPending,
];

/// Ask humans for an approval or an answer.
///
/// Once this is answered 2xx, the request is durable. Repeating it with the same body is safe for
/// ever: the answer is then 200 with the request as it is now. Bodies are compared in canonical
/// form (RFC 8785), as they were sent, before defaults.
#[utoipa::path(
    post,
    path = "/v1/requests",
    operation_id = "submit_request",
    tag = "requests",
    request_body(
        content = Submission,
        description = "At most 256 KiB. Unknown fields are refused; null means absent.",
        examples(
            ("approval" = (summary = "May I run this exact action?", value = json!(examples::approval()))),
            ("question" = (summary = "Which of these, or what instead?", value = json!(examples::question())))
        )
    ),
    responses(
        (status = 202, description = "Created: it waits for humans, or has failed because none can be reached.",
            body = RequestResource,
            headers(("location" = String, description = "The path of the request."))),
        (status = 200, description = "The same body was submitted before: its request as it is now.",
            body = RequestResource),
    ),
    security(("api_key" = ["requests:write"]))
)]
pub(crate) async fn submit(
    State(app): State<App>,
    caller: Authenticated<RequestsWrite>,
    _: NoQuery,
    body: JsonBody,
) -> Result<Response, Failure> {
    Ok(match app.engine.submit(&caller, &body).await? {
        Submitted::Created(resource) => {
            // A correlation id has no character that a path would have to escape.
            let location = format!("/v1/requests/{}", resource.correlation_id);
            let headers = [(header::LOCATION, location)];
            (StatusCode::ACCEPTED, headers, json(&resource)).into_response()
        }
        Submitted::Replayed(resource) => json(&resource).into_response(),
    })
}

/// What `axum::Json` answers, without its buffer, which starts at 128 bytes and grows five times
/// on the way to a resource.
fn json(resource: &RequestResource) -> impl IntoResponse + use<> {
    let mut body = Vec::with_capacity(2_048);
    let written = serde_json::to_writer(&mut body, resource);
    let content_type = HeaderValue::from_static("application/json");
    written
        .map(|()| ([(header::CONTENT_TYPE, content_type)], body))
        .map_err(|_| Failure::internal())
}
