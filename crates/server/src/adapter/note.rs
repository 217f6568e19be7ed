//! `POST /v1/adapter/notes`: a voice note came, was heard, or is done with.

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use signoff_contract::Problem;
use signoff_contract::adapter::{NoteAnswer, NoteBody};

use super::proved::SignedBody;
use crate::app::App;
use crate::extract::NoQuery;
use crate::problem::Failure;

/// A voice note on its way to becoming an answer.
///
/// `received`, said before the deadline, lets the words of that note count for `within_ms` after it.
/// `heard` is for the audit. `settled` ends the hold; a response with this `note` may have come
/// before. Repetitions change nothing.
#[utoipa::path(
    post,
    path = "/v1/adapter/notes",
    operation_id = "note",
    tag = "to Signoff",
    request_body(content = NoteBody, description = "Unknown fields are refused; null means absent."),
    responses((status = 200, description = "It is durable.", body = NoteAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn note(
    State(app): State<App>,
    _: NoQuery,
    signed: SignedBody,
) -> Result<Json<NoteAnswer>, Failure> {
    let body = NoteBody::parse(&signed.body).map_err(Problem::from)?;
    let received = body.speech.as_ref().map(|speech| speech.received_at);
    let ago = received.map_or(SignedDuration::ZERO, |at| signed.ago(at));
    let answer = app.engine.adapter_note(&signed.channel, body, ago);
    Ok(Json(answer.await?))
}
