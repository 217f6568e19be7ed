//! `GET /v1/events`: what happens in the project, as server-sent events.
//!
//! Nothing is lost between catching up and following: the stream only ever reads what comes after
//! the last event it gave, and notes the state of the bell before it reads.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderName, request::Parts};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use signoff_contract::{Code, EventResource, FieldCode};
use signoff_core::errors::chain;
use signoff_engine::Caller;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Authenticated, NoQuery, RequestsRead};
use crate::problem::Failure;

/// One event of the stream, field by field; the stream itself is text.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: axum writes the fields")]
struct StreamedEvent {
    /// The sealed sequence number.
    id: String,
    /// The event's type.
    event: String,
    /// The audit event: an `EventResource` as JSON.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// Events read at once.
const BATCH: u32 = 100;
/// A stream ends after so long and the caller resumes, so that a revoked key does not read on.
const LIFETIME: Duration = Duration::from_mins(15);

/// What else than the usual can go wrong.
pub(crate) const PROBLEMS: &[Code] = &[Code::ValidationFailed];

/// The sequence number of the last event that the caller has.
pub(crate) struct LastEventId(u64);

impl FromRequestParts<App> for LastEventId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        const HEADER: HeaderName = HeaderName::from_static("last-event-id");
        let mut sent = parts.headers.get_all(HEADER).iter();
        let number = match (sent.next(), sent.next()) {
            (None, _) => Some(0),
            (Some(only), None) => only
                .to_str()
                .ok()
                .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
                // The store counts in signed 64 bits.
                .and_then(|text| text.parse::<i64>().ok()?.try_into().ok()),
            _ => None,
        };
        number.map(Self).ok_or_else(|| {
            let detail = "must be the id of an event of this stream";
            Failure::refused_field("Last-Event-ID", FieldCode::InvalidFormat, detail)
        })
    }
}

/// Follow the project's audit events.
///
/// Server-sent events in the order of their seal: `id` is the sealed sequence number, `event` the
/// `event_type`, `data` the event. Without `Last-Event-ID` the stream begins with the project's
/// first event; with it, after that one. Comments keep a quiet stream alive. The service ends a
/// stream after 15 minutes, when it stops, and when the store fails: connect again with the last
/// `id`, and nothing is lost or repeated.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "stream_events",
    tag = "events",
    params(("Last-Event-ID" = Option<u64>, Header,
        description = "The `id` of the last event that was received; absent means from the beginning.")),
    responses((status = 200, description = "The events that were, then those that come.",
        body = StreamedEvent, content_type = "text/event-stream")),
    security(("api_key" = ["requests:read"]))
)]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Authenticated<RequestsRead>,
    _: NoQuery,
    LastEventId(after): LastEventId,
) -> Response {
    let keep_alive = KeepAlive::new().interval(app.stream_keep_alive);
    let feed = Feed::new(app, caller.caller, after);
    let events = Sse::new(stream::unfold(feed, Feed::next)).keep_alive(keep_alive);
    // Some reverse proxies hold streams back unless told not to.
    ([("x-accel-buffering", "no")], events).into_response()
}

/// Where one stream stands.
struct Feed {
    app: App,
    caller: Arc<Caller>,
    after: u64,
    read: VecDeque<EventResource>,
    changes: watch::Receiver<u64>,
    ends: Instant,
}

impl Feed {
    fn new(app: App, caller: Arc<Caller>, after: u64) -> Self {
        let changes = app.engine.event_changes();
        let ends = Instant::now() + LIFETIME;
        Self {
            app,
            caller,
            after,
            read: VecDeque::new(),
            changes,
            ends,
        }
    }

    /// The next event, when there is one; `None` when the stream ends.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.app.shutdown.is_cancelled() && Instant::now() < self.ends {
            if let Some(event) = self.read.pop_front() {
                let seq = event.seq?;
                self.after = seq;
                let shown = Event::default()
                    .id(seq.to_string())
                    .event(&event.event_type);
                return Some((Ok(shown.json_data(&event).ok()?), self));
            }
            self.changes.borrow_and_update();
            match self
                .app
                .engine
                .events_after(&self.caller, self.after, BATCH)
                .await
            {
                Ok(events) if events.is_empty() => self.something_new().await?,
                Ok(events) => self.read = events.into(),
                Err(error) => {
                    tracing::error!(error = chain(&error), "an event stream broke off");
                    return None;
                }
            }
        }
        None
    }

    /// Waits until there may be more; `None` when there will not.
    async fn something_new(&mut self) -> Option<()> {
        tokio::select! {
            changed = self.changes.changed() => changed.ok(),
            () = self.app.shutdown.cancelled() => None,
            () = sleep_until(self.ends) => None,
        }
    }
}
