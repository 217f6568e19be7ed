//! `POST /v1/requests`: ask humans.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
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
            (StatusCode::ACCEPTED, headers, Json(resource)).into_response()
        }
        Submitted::Replayed(resource) => Json(resource).into_response(),
    })
}
