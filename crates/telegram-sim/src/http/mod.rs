//! The person side over HTTP (`/sim/…`), the chat page, and the router that holds all sides together.

mod chats;
mod control;
mod events;
mod groups;
mod page;
mod people;
mod reply;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use crate::api;
use crate::shared::Shared;

/// Request bodies: 50 MB of file and room for the rest.
const MAX_BODY: usize = 52 * 1024 * 1024;

/// All routes: the page, the person side, and the bot side for every other path.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(page::html))
        .route("/page.css", get(page::style))
        .route("/model.js", get(page::model))
        .route("/view.js", get(page::view))
        .route("/voice.js", get(page::voice))
        .route("/page.js", get(page::page))
        .nest("/sim", person_side())
        .fallback(api::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}

fn person_side() -> Router<Arc<Shared>> {
    Router::new()
        .route("/persons", post(people::create))
        .route("/persons/{id}/starts", post(people::starts))
        .route("/persons/{id}/says", post(people::says))
        .route("/persons/{id}/voice", post(people::voice))
        .route("/persons/{id}/file", post(people::file))
        .route("/persons/{id}/taps", post(people::taps))
        .route("/persons/{id}/edits", post(people::edits))
        .route("/persons/{id}/deletes", post(people::deletes))
        .route("/persons/{id}/forwards", post(people::forwards))
        .route("/persons/{id}/blocks", post(people::blocks))
        .route("/persons/{id}/unblocks", post(people::unblocks))
        .route("/groups", post(groups::create))
        .route("/groups/{id}/members", post(groups::set_member))
        .route("/groups/{id}/bot", post(groups::set_bot))
        .route("/groups/{id}/migrate", post(groups::migrate))
        .route("/groups/{id}/topics", post(groups::open_topic))
        .route("/groups/{id}/topics/{thread}", delete(groups::delete_topic))
        .route("/chats/{id}/transcript", get(chats::transcript))
        .route("/chats/{id}/wait", get(chats::wait))
        .route("/chats/{id}/read", post(chats::read))
        .route("/unread", get(chats::unread))
        .route("/taps/{query}", get(chats::tap_answer))
        .route("/files/{id}", get(chats::file))
        .route("/clock", get(control::clock).post(control::advance))
        .route(
            "/faults",
            get(control::faults)
                .post(control::plant)
                .delete(control::clear_faults),
        )
        .route("/calls", get(control::calls))
        .route("/updates", get(control::updates).post(control::inject))
        .route("/updates/restart-ids", post(control::restart_ids))
        .route("/state", get(control::state))
        .route("/events", get(events::events))
        .route("/reset", post(control::reset))
}
