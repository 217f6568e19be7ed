//! `GET /v1/requests`: the project's requests, newest first.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use serde::Serialize;
use signoff_contract::{Code, Kind, RequestResource, Status};
use signoff_engine::ListQuery;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Authenticated, QueryReader, RequestsRead};
use crate::problem::Failure;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[Code::ValidationFailed];

/// One page of requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestPage {
    /// The requests, newest first.
    items: Vec<RequestResource>,
    /// What to send as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Which page.
pub(crate) struct Filter(ListQuery);

impl FromRequestParts<App> for Filter {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let query = QueryReader::read(parts, &["status", "kind", "limit", "cursor"], |query| {
            ListQuery {
                status: query.word("status", &Status::ALL, Status::as_str),
                kind: query.word("kind", &[Kind::Approval, Kind::Question], Kind::as_str),
                limit: query
                    .integer("limit", 1..=MAX_LIMIT)
                    .unwrap_or(DEFAULT_LIMIT),
                cursor: query.text("cursor"),
            }
        })?;
        Ok(Self(query))
    }
}

/// List the project's requests, newest first.
#[utoipa::path(
    get,
    path = "/v1/requests",
    operation_id = "list_requests",
    tag = "requests",
    params(
        ("status" = Option<Status>, Query, description = "Only requests with this status."),
        ("kind" = Option<Kind>, Query, description = "Only requests of this kind."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200,
            description = "At most so many; absent means 50."),
        ("cursor" = Option<String>, Query, min_length = 1,
            description = "The `next_cursor` of the page before, unchanged."),
    ),
    responses((status = 200, description = "A page, perhaps empty.", body = RequestPage)),
    security(("api_key" = ["requests:read"]))
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Authenticated<RequestsRead>,
    Filter(query): Filter,
) -> Result<Json<RequestPage>, Failure> {
    let page = app.engine.list(&caller, query).await?;
    Ok(Json(RequestPage {
        items: page.items,
        next_cursor: page.next_cursor,
    }))
}
