//! `POST /v1/requests/{correlation_id}/execution`: what became of the action.

use axum::Json;
use axum::extract::State;
use signoff_contract::{Code, ExecutionBody, Problem, RequestResource};

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
    Code::NotApproved,
    Code::AlreadyReported,
];

/// Report what became of the approved action.
///
/// Once, after the approval. The same report again is answered as the first was; another one is
/// refused.
#[utoipa::path(
    post,
    path = "/v1/requests/{correlation_id}/execution",
    operation_id = "report_execution",
    tag = "execution",
    params(("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded.")),
    request_body(content = ExecutionBody),
    responses((status = 200, description = "Recorded: the request as it is now.", body = RequestResource)),
    security(("api_key" = ["requests:write"]))
)]
pub(crate) async fn report_execution(
    State(app): State<App>,
    caller: Authenticated<RequestsWrite>,
    id: Named,
    _: NoQuery,
    body: JsonBody,
) -> Result<Json<RequestResource>, Failure> {
    let body = ExecutionBody::parse(&body).map_err(Problem::from)?;
    Ok(Json(app.engine.report_execution(&caller, &id, body).await?))
}
