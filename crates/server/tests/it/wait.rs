//! Long polls.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_long_poll_is_answered_the_moment_the_request_ends() {
    let world = World::start().await;
    world.as_("plane").asks("soon").await;
    let started = Instant::now();
    let (plane, ann) = (world.as_("plane"), world.as_("ann"));
    let decide = async {
        world.sees_waiting(1).await;
        ann.decides("soon", &json!({"decision": "approve"})).await
    };
    let (waited, _) = tokio::join!(plane.get("/v1/requests/soon?wait_seconds=60"), decide);
    assert_eq!(waited.expect(StatusCode::OK).body["status"], "approved");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_long_poll_is_answered_pending_when_its_time_is_up() {
    let world = World::start().await;
    let plane = world.as_("plane");
    plane.asks("later").await;
    let started = Instant::now();
    let waited = plane
        .get("/v1/requests/later?wait_seconds=1")
        .await
        .expect(StatusCode::OK);
    assert_eq!(waited.body["status"], "pending");
    assert!(
        started.elapsed() >= Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_long_poll_is_answered_as_it_stands_when_the_service_stops() {
    let world = World::start().await;
    let plane = world.as_("plane");
    plane.asks("never").await;
    let started = Instant::now();
    let shutdown = world.shutdown.clone();
    let stop = async {
        world.sees_waiting(1).await;
        shutdown.cancel();
    };
    let (waited, ()) = tokio::join!(plane.get("/v1/requests/never?wait_seconds=60"), stop);
    assert_eq!(waited.expect(StatusCode::OK).body["status"], "pending");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    world.stop().await;
}
