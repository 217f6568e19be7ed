//! `GET /v1/adapter/handles/{handle}`: what a handle of the channel stands for.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use signoff_contract::FieldCode;
use signoff_contract::adapter::{HandleAnswer, MAX_USER_CHARS};

use super::proved::SignedQuery;
use crate::app::App;
use crate::extract::QueryReader;
use crate::problem::Failure;

/// The one person whom a question is about.
pub(crate) struct User(pub(super) String);

impl FromRequestParts<App> for User {
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

/// What a handle stands for, and whether that person could respond with it now.
///
/// It changes nothing, and promises nothing: the response is judged when it comes. A handle of
/// another channel is as unknown as one that nobody made. Path and query are signed, as for
/// `pending`.
#[utoipa::path(
    get,
    path = "/v1/adapter/handles/{handle}",
    operation_id = "open_handle",
    tag = "to Signoff",
    params(
        ("handle" = String, Path, description = "The handle, as a prompt brought it."),
        ("user_id" = String, Query, description = "The channel's own id of who would respond, 1 to 200 characters."),
    ),
    responses((status = 200, description = "What it stands for.", body = HandleAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn open(
    State(app): State<App>,
    signed: SignedQuery,
    Path(handle): Path<String>,
    User(user_id): User,
) -> Result<Json<HandleAnswer>, Failure> {
    let answer = app.engine.adapter_open(&signed.channel, &handle, user_id);
    Ok(Json(answer.await?))
}
