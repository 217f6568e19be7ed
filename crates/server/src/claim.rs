//! `POST /v1/requests/{correlation_id}/claim`: an executor takes an approval for use.

use axum::Json;
use axum::extract::State;
use signoff_contract::{ClaimBody, Code, Problem, RequestResource};

use crate::app::App;
use crate::extract::{Authenticated, JsonBody, Named, NoQuery, RequestsWrite};
use crate::problem::Failure;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[
    Code::InvalidJson,
    Code::ValidationFailed,
    Code::PayloadTooLarge,
    Code::NotFound,
    Code::RequestPruned,
    Code::AlreadyClaimed,
    Code::DigestMismatch,
    Code::NotApproved,
];

/// Take an approval for use, once.
///
/// Call this right before the action, with the digest of what will really run. Only one caller is
/// ever answered 200 for an approval: whoever is not, must not execute.
#[utoipa::path(
    post,
    path = "/v1/requests/{correlation_id}/claim",
    operation_id = "claim_request",
    tag = "execution",
    params(("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded.")),
    request_body(content = ClaimBody),
    responses((status = 200, description = "Yours to execute: the request as it is now.", body = RequestResource)),
    security(("api_key" = ["requests:write"]))
)]
pub(crate) async fn claim(
    State(app): State<App>,
    caller: Authenticated<RequestsWrite>,
    id: Named,
    _: NoQuery,
    body: JsonBody,
) -> Result<Json<RequestResource>, Failure> {
    let body = ClaimBody::parse(&body).map_err(Problem::from)?;
    Ok(Json(app.engine.claim(&caller, &id, body).await?))
}
