//! `GET /v1/adapter/person`: who a user of the channel is.

use axum::Json;
use axum::extract::State;
use signoff_contract::adapter::PersonAnswer;

use super::open::User;
use super::proved::SignedQuery;
use crate::app::App;
use crate::problem::Failure;

/// Who a user of the channel is.
///
/// Path and query are signed, as for `pending`.
#[utoipa::path(
    get,
    path = "/v1/adapter/person",
    operation_id = "person",
    tag = "to Signoff",
    params(("user_id" = String, Query, description = "The channel's own id of that person, 1 to 200 characters.")),
    responses((status = 200, description = "Which approver that is, if any.", body = PersonAnswer)),
    security(("channel_signature" = []))
)]
pub(crate) async fn person(
    State(app): State<App>,
    signed: SignedQuery,
    User(user_id): User,
) -> Result<Json<PersonAnswer>, Failure> {
    let answer = app.engine.adapter_person(&signed.channel, user_id);
    Ok(Json(answer.await?))
}
