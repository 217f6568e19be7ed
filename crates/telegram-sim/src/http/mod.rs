//! The person side over HTTP (`/sim/…`), the chat page, and the router that holds all sides together.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::api;
use crate::shared::Shared;

/// Request bodies: 50 MB of file and room for the rest.
const MAX_BODY: usize = 52 * 1024 * 1024;

/// All routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .fallback(api::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}
