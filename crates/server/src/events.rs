//! `GET /v1/requests/{correlation_id}/events`: what happened to one request.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use signoff_contract::{Code, EventResource};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Authenticated, Named, NoQuery, RequestsRead};
use crate::problem::Failure;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[Code::ValidationFailed, Code::NotFound];

/// The events of one request.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventList {
    /// In the order in which they happened.
    items: Vec<EventResource>,
}

/// Read a request's audit events.
///
/// Payloads are masked. `seq` is null until the event is sealed, a moment after it happened.
#[utoipa::path(
    get,
    path = "/v1/requests/{correlation_id}/events",
    operation_id = "list_request_events",
    tag = "events",
    params(("correlation_id" = String, Path, description = "The name it was submitted under, percent-encoded.")),
    responses((status = 200, description = "Everything that happened to it, in order.", body = EventList)),
    security(("api_key" = ["requests:read"]))
)]
pub(crate) async fn events(
    State(app): State<App>,
    caller: Authenticated<RequestsRead>,
    id: Named,
    _: NoQuery,
) -> Result<Json<EventList>, Failure> {
    Ok(Json(EventList {
        items: app.engine.events(&caller, &id).await?,
    }))
}
