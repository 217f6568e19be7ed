//! `GET /v1/requests/{correlation_id}`: a request now, or when it has ended.

use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use signoff_contract::{Code, RequestResource};

use crate::app::App;
use crate::extract::{Authenticated, Named, QueryReader, RequestsRead};
use crate::problem::Failure;

/// The longest that an answer may be held.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(MAX_WAIT_SECONDS as u64);
const MAX_WAIT_SECONDS: u32 = 60;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[Code::ValidationFailed, Code::NotFound, Code::RequestPruned];

/// How long to hold the answer.
pub(crate) struct Wait(Duration);

impl FromRequestParts<App> for Wait {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let seconds = QueryReader::read(parts, &["wait_seconds"], |query| {
            query.integer("wait_seconds", 0..=MAX_WAIT_SECONDS)
        })?;
        Ok(Self(Duration::from_secs(seconds.unwrap_or(0).into())))
    }
}

/// Read a request, or wait for its end.
///
/// With `wait_seconds` the answer is held until the status is terminal, that time has passed or
/// the service stops, whichever is first; look at `status` to learn which it was.
#[utoipa::path(
    get,
    path = "/v1/requests/{correlation_id}",
    operation_id = "get_request",
    tag = "requests",
    params(
        ("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded."),
        ("wait_seconds" = Option<u32>, Query, minimum = 0, maximum = 60,
            description = "Hold the answer for so long while the request is pending; absent means 0."),
    ),
    responses((status = 200, description = "The request as it is now.", body = RequestResource)),
    security(("api_key" = ["requests:read"]))
)]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Authenticated<RequestsRead>,
    id: Named,
    Wait(at_most): Wait,
) -> Result<Json<RequestResource>, Failure> {
    if !at_most.is_zero() {
        let waiting = app.engine.wait(&caller, &id, at_most);
        if let Some(ended) = app.shutdown.run_until_cancelled(waiting).await {
            return Ok(Json(ended?));
        }
    }
    Ok(Json(app.engine.get(&caller, &id).await?))
}
