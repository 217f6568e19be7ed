//! `POST /v1/requests/{correlation_id}/decision`: an approver decides.

use axum::Json;
use axum::extract::State;
use signoff_contract::{Code, DecisionBody, Problem, RequestResource};

use crate::app::App;
use crate::extract::{Authenticated, DecisionsWrite, JsonBody, Named, NoQuery};
use crate::problem::Failure;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[
    Code::InvalidJson,
    Code::ValidationFailed,
    Code::PayloadTooLarge,
    Code::NotFound,
    Code::RequestPruned,
    Code::AlreadyDecided,
];

/// Decide as the key's approver.
///
/// The approver must be on the request's route and not the one who asked. With several approvals
/// needed, an approval that is not the last leaves the request pending.
#[utoipa::path(
    post,
    path = "/v1/requests/{correlation_id}/decision",
    operation_id = "decide_request",
    tag = "decisions",
    params(("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded.")),
    request_body(content = DecisionBody),
    responses((status = 200, description = "The decision counts: the request as it is now.", body = RequestResource)),
    security(("api_key" = ["decisions:write"]))
)]
pub(crate) async fn decide(
    State(app): State<App>,
    caller: Authenticated<DecisionsWrite>,
    id: Named,
    _: NoQuery,
    body: JsonBody,
) -> Result<Json<RequestResource>, Failure> {
    let body = DecisionBody::parse(&body).map_err(Problem::from)?;
    Ok(Json(app.engine.decide(&caller, &id, body).await?))
}
