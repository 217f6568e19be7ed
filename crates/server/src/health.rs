//! `GET /healthz` and `GET /readyz`: is it alive, can it work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use signoff_engine::{Readiness, ports::Reachability};
use utoipa::ToSchema;

use crate::app::App;

/// The process is alive and answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "operations",
    responses((status = 200, description = "Alive.", body = String, content_type = "text/plain",
        example = "ok\n"))
)]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadinessReport {
    /// Whether requests can be accepted and decided.
    ready: bool,
    /// `ok`, or why the store takes no writes.
    store: String,
    /// `ok`, or that the background work is not running.
    workers: String,
    /// Each channel; one that cannot be reached does not make the service unready.
    channels: Vec<ChannelReport>,
}

/// How one channel stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelReport {
    /// Its name.
    name: String,
    /// Whether its last contact worked.
    state: ChannelState,
    /// What happened last and, when it is bad, what to do.
    detail: String,
}

/// Whether the last contact with a channel worked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelState {
    /// It did.
    Reachable,
    /// It did not.
    Unreachable,
    /// There was none yet.
    Unknown,
}

impl From<Reachability> for ChannelState {
    fn from(state: Reachability) -> Self {
        match state {
            Reachability::Reachable => Self::Reachable,
            Reachability::Unreachable => Self::Unreachable,
            Reachability::Unknown => Self::Unknown,
        }
    }
}

impl From<Readiness> for ReadinessReport {
    fn from(readiness: Readiness) -> Self {
        let channels = readiness.channels.into_iter();
        Self {
            ready: readiness.ready,
            store: readiness.store,
            workers: readiness.workers,
            channels: channels
                .map(|channel| ChannelReport {
                    name: channel.name,
                    state: channel.state.into(),
                    detail: channel.detail,
                })
                .collect(),
        }
    }
}

/// Whether the service can do its work: the store takes a write, the background work runs.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "operations",
    responses(
        (status = 200, description = "Ready.", body = ReadinessReport),
        (status = 503, description = "Not ready; the body says what is missing.", body = ReadinessReport),
    )
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<ReadinessReport>) {
    let ready = ReadinessReport::from(app.engine.readiness().await);
    let status = if ready.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(ready))
}
