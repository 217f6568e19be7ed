//! `POST /v1/adapter/responses`: a person pressed a button of a prompt, or wrote.

use axum::Json;
use axum::extract::State;
use signoff_contract::Problem;
use signoff_contract::adapter::{ResponseAnswer, ResponseBody};

use super::proved::SignedBody;
use crate::app::App;
use crate::extract::NoQuery;
use crate::problem::Failure;

/// A person responds.
///
/// Once this is answered 200, its effect is durable. Send it again until it is: a repetition of an
/// `event_id` gets the stored result. Show `message` to the person.
#[utoipa::path(
    post,
    path = "/v1/adapter/responses",
    operation_id = "respond",
    tag = "to Signoff",
    request_body(content = ResponseBody, description = "At most 256 KiB. Unknown fields are refused; null means absent."),
    responses((status = 200, description = "What it did.", body = ResponseAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn respond(
    State(app): State<App>,
    _: NoQuery,
    signed: SignedBody,
) -> Result<Json<ResponseAnswer>, Failure> {
    let body = ResponseBody::parse(&signed.body).map_err(Problem::from)?;
    let ago = signed.ago(body.occurred_at);
    let answer = app.engine.adapter_respond(&signed.channel, body, ago);
    Ok(Json(answer.await?))
}
