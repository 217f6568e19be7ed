//! `POST /v1/adapter/receipts`: what became of a prompt that was taken and not shown at once.

use axum::Json;
use axum::extract::State;
use signoff_contract::Problem;
use signoff_contract::adapter::{ReceiptAnswer, ReceiptBody};

use super::proved::SignedBody;
use crate::app::App;
use crate::extract::NoQuery;
use crate::problem::Failure;

/// A prompt that was answered 202 is shown now, or never will be.
///
/// Signoff waits a minute for it, then puts the prompt again.
#[utoipa::path(
    post,
    path = "/v1/adapter/receipts",
    operation_id = "receipt",
    tag = "to Signoff",
    request_body(content = ReceiptBody, description = "Unknown fields are refused; null means absent."),
    responses((status = 200, description = "Whether it was waited for.", body = ReceiptAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn receipt(
    State(app): State<App>,
    _: NoQuery,
    signed: SignedBody,
) -> Result<Json<ReceiptAnswer>, Failure> {
    let body = ReceiptBody::parse(&signed.body).map_err(Problem::from)?;
    Ok(Json(app.engine.adapter_receipt(&signed.channel, body)))
}
