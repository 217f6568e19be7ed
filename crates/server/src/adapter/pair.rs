//! `POST /v1/adapter/pairings`: a person of the channel becomes an approver.

use axum::Json;
use axum::extract::State;
use signoff_contract::Problem;
use signoff_contract::adapter::{PairingAnswer, PairingBody};

use super::proved::SignedBody;
use crate::app::App;
use crate::extract::NoQuery;
use crate::problem::Failure;

/// A person redeems the token that `signoff approvers invite` printed.
#[utoipa::path(
    post,
    path = "/v1/adapter/pairings",
    operation_id = "pair",
    tag = "to Signoff",
    request_body(content = PairingBody, description = "Unknown fields are refused."),
    responses((status = 200, description = "Who that user is now.", body = PairingAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn pair(
    State(app): State<App>,
    _: NoQuery,
    signed: SignedBody,
) -> Result<Json<PairingAnswer>, Failure> {
    let body = PairingBody::parse(&signed.body).map_err(Problem::from)?;
    Ok(Json(app.engine.adapter_pair(&signed.channel, body).await?))
}
