//! The wall clock is set forward and back by an hour. Deadlines follow it, because they were told as
//! times and must survive restarts; what was only to be tried again does not wait for it.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use signoff_contract::{CallbackState, Status};
use signoff_engine::ChannelError;
use signoff_store::Verified;

use crate::receiver::Receiver;
use crate::world::{World, approval, approve, id, with};

const HOUR: Duration = Duration::from_hours(1);

async fn audit_is_intact(world: &World) {
    let verified = world.engine.store().verify_audit(|_| ()).await;
    let verified = verified.expect("it can be read");
    assert!(matches!(verified, Verified::Intact { .. }), "{verified:?}");
}

#[tokio::test]
async fn an_hour_forward_expires_what_is_due_once_and_an_hour_back_brings_nothing_to_life() {
    let world = World::new().await;
    let receiver = Receiver::default();
    let hook = json!({ "callback": { "url": receiver.start().await }, "ttl_seconds": 1_800 });
    world.asks(with(approval("short"), hook)).await;
    world
        .asks(with(approval("long"), json!({ "ttl_seconds": 7_200 })))
        .await;
    world.passes(HOUR);
    world.settle().await;
    assert_eq!(world.now("short").await.status, Status::Expired);
    assert_eq!(world.now("long").await.status, Status::Pending);
    world.clock_goes_back(HOUR);
    world.settle().await;
    // The press comes in time by the clock, and an hour too late by what was said.
    let shown = world.channel.shown_in("1001");
    let card = shown.iter().find(|card| !card.buttons.is_empty());
    let handle = card.expect("a card").buttons[0].handle.clone();
    world
        .responds("ann", &handle, None, signoff_contract::Via::Button)
        .await;
    assert_eq!(world.now("short").await.status, Status::Expired);
    world.presses("ann", "1001", approve).await;
    assert_eq!(world.now("long").await.status, Status::Approved);
    world.passes(HOUR);
    world.settle().await;
    assert_eq!(world.now("short").await.status, Status::Expired);
    assert_eq!(world.now("long").await.status, Status::Approved);
    assert_eq!(receiver.got().len(), 1, "a deadline passes once");
    audit_is_intact(&world).await;
}

#[tokio::test]
async fn what_was_asked_while_the_clock_was_ahead_lives_until_the_time_that_was_told() {
    let world = World::new().await;
    world.passes(HOUR);
    let told = world.asks(approval("a")).await.expires_at;
    world.clock_goes_back(HOUR);
    world.settle().await;
    assert_eq!(world.now("a").await.expires_at, told);
    world.passes(HOUR + Duration::from_secs(3_599));
    world.settle().await;
    assert_eq!(world.now("a").await.status, Status::Pending);
    world.passes(Duration::from_secs(1));
    world.settle().await;
    assert_eq!(world.now("a").await.status, Status::Expired);
    audit_is_intact(&world).await;
}

#[tokio::test]
async fn a_callback_that_failed_does_not_wait_for_the_hour_that_was_taken_back() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::INTERNAL_SERVER_ERROR]);
    let hook = json!({ "callback": { "url": receiver.start().await } });
    world.asks(with(approval("a"), hook)).await;
    world.passes(HOUR / 2);
    world.presses("ann", "1001", approve).await;
    world.settle().await;
    assert_eq!(receiver.got().len(), 1);
    world.clock_goes_back(HOUR);
    world.settle().await;
    assert_eq!(receiver.got().len(), 1, "nor does it come before its time");
    world.passes(Duration::from_secs(6));
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2, "5 s ± 20 %");
    assert_eq!(got[0], got[1], "the same id and body");
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 2));
    audit_is_intact(&world).await;
}

#[tokio::test]
async fn a_card_that_could_not_be_shown_does_not_wait_for_the_hour_that_was_taken_back() {
    for error in [
        ChannelError::Retry {
            after: Some(Duration::from_secs(20)),
            cause: "it is down".to_owned(),
        },
        ChannelError::Busy {
            after: Duration::from_secs(20),
        },
    ] {
        let world = World::new().await;
        world.channel.fails_in("1001", error);
        world.asks(approval("a")).await;
        assert!(world.channel.shown_in("1001").is_empty());
        world.clock_goes_back(HOUR);
        world.settle().await;
        world.passes(Duration::from_secs(21));
        world.settle().await;
        assert_eq!(world.channel.shown_in("1001").len(), 1);
        assert!(world.engine.get(&world.requester, &id("a")).await.is_ok());
    }
}
