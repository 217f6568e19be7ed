//! `GET /v1/adapter/pending`: what waits for a person of the channel, or in one of its places.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use signoff_contract::FieldCode;
use signoff_contract::adapter::{MAX_USER_CHARS, PendingAnswer};
use signoff_engine::Waiting;

use super::proved::SignedQuery;
use crate::app::App;
use crate::extract::QueryReader;
use crate::problem::Failure;

/// The most that can be skipped: more than a project may have waiting.
const MAX_SKIP: u32 = 1_000_000;

/// Whose prompts are asked about, and how many of the first are known.
pub(crate) struct Asked(Waiting, u32);

impl FromRequestParts<App> for Asked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        const KNOWN: &[&str] = &["user_id", "address", "skip"];
        let (user_id, address, skip) = QueryReader::read(parts, KNOWN, |query| {
            let (user_id, address) = (query.text("user_id"), query.text("address"));
            (user_id, address, query.integer("skip", 0..=MAX_SKIP))
        })?;
        let fits = |id: &String| id.chars().count() <= MAX_USER_CHARS;
        let waiting = match (user_id.filter(fits), address.filter(fits)) {
            (Some(user_id), None) => Waiting::For(user_id),
            (None, Some(address)) => Waiting::In(address),
            _ => {
                let detail = "the channel's own id of a person, or instead an address, of 1 to 200 characters";
                return Err(Failure::refused_field(
                    "?user_id",
                    FieldCode::Required,
                    detail,
                ));
            }
        };
        Ok(Self(waiting, skip.unwrap_or(0)))
    }
}

/// What waits for a person, or in a place.
///
/// Nothing, for somebody whom Signoff does not know. There is no body: what is signed in its place
/// is the request's path and query, `/v1/adapter/pending?user_id=…`, as it is sent.
#[utoipa::path(
    get,
    path = "/v1/adapter/pending",
    operation_id = "pending",
    tag = "to Signoff",
    params(
        ("user_id" = Option<String>, Query, description = "The channel's own id of that person, 1 to 200 characters; or `address` instead."),
        ("address" = Option<String>, Query, description = "The place, as prompts name it; instead of `user_id`."),
        ("skip" = Option<u32>, Query, maximum = 1_000_000, description = "How many of the first to leave out; absent means 0."),
    ),
    responses((status = 200, description = "Those open prompts in this channel.", body = PendingAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn pending(
    State(app): State<App>,
    signed: SignedQuery,
    Asked(waiting, skip): Asked,
) -> Result<Json<PendingAnswer>, Failure> {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let answer = app.engine.adapter_pending(&signed.channel, waiting, skip);
    Ok(Json(answer.await?))
}
