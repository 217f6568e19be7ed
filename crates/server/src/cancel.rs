//! `POST /v1/requests/{correlation_id}/cancel`: the requester withdraws it.

use axum::Json;
use axum::extract::State;
use signoff_contract::{CancelBody, Code, Problem, RequestResource};

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
    Code::AlreadyDecided,
];

/// Withdraw a request.
///
/// People see that it was withdrawn. A request that has ended already stays as it is: 409 with
/// its outcome.
#[utoipa::path(
    post,
    path = "/v1/requests/{correlation_id}/cancel",
    operation_id = "cancel_request",
    tag = "requests",
    params(("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded.")),
    request_body(content = CancelBody, description = "May be absent: no reason."),
    responses((status = 200, description = "Withdrawn: the request as it is now.", body = RequestResource)),
    security(("api_key" = ["requests:write"]))
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Authenticated<RequestsWrite>,
    id: Named,
    _: NoQuery,
    body: JsonBody,
) -> Result<Json<RequestResource>, Failure> {
    let body = CancelBody::parse(&body).map_err(Problem::from)?;
    Ok(Json(app.engine.cancel(&caller, &id, body).await?))
}
