//! `GET /v1/adapter/pending`: what waits for a person of the channel.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use signoff_contract::FieldCode;
use signoff_contract::adapter::{MAX_USER_CHARS, PendingAnswer};

use super::proved::SignedQuery;
use crate::app::App;
use crate::extract::QueryReader;
use crate::problem::Failure;

/// Who is asked about.
pub(crate) struct Whose(String);

impl FromRequestParts<App> for Whose {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let user_id = QueryReader::read(parts, &["user_id"], |query| query.text("user_id"))?;
        let fits = |id: &String| id.chars().count() <= MAX_USER_CHARS;
        user_id.filter(fits).map(Self).ok_or_else(|| {
            let detail = "the channel's own id of a person, 1 to 200 characters";
            Failure::refused_field("?user_id", FieldCode::Required, detail)
        })
    }
}

/// What waits for a person.
///
/// Nothing, for somebody whom Signoff does not know. There is no body: what is signed in its place
/// is the request's path and query, `/v1/adapter/pending?user_id=…`, as it is sent.
#[utoipa::path(
    get,
    path = "/v1/adapter/pending",
    operation_id = "pending",
    tag = "to Signoff",
    params(("user_id" = String, Query, description = "The channel's own id of that person, 1 to 200 characters.")),
    responses((status = 200, description = "The open prompts of that person in this channel.", body = PendingAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn pending(
    State(app): State<App>,
    signed: SignedQuery,
    Whose(user_id): Whose,
) -> Result<Json<PendingAnswer>, Failure> {
    Ok(Json(
        app.engine.adapter_pending(&signed.channel, user_id).await?,
    ))
}
