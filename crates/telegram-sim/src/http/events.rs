//! `GET /sim/events`: one server-sent event per change, so that the page can look again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;

use super::reply::Sim;

/// Streams the world's version number at once and after every change, until the simulator stops.
pub(crate) async fn events(State(sim): Sim) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = sim.changes();
    changes.mark_changed();
    let stream = unfold(
        (changes, sim.stopping()),
        |(mut changes, mut end)| async move {
            if *end.borrow() {
                return None;
            }
            tokio::select! {
                result = changes.changed() => result.ok()?,
                _ = end.changed() => return None,
            }
            let version = *changes.borrow_and_update();
            Some((
                Ok(Event::default().event("change").data(version.to_string())),
                (changes, end),
            ))
        },
    );
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
