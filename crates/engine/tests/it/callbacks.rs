//! Outcomes on their way to the requester.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_contract::{CallbackState, Status};
use signoff_engine::Notice;
use signoff_store::ResendKey;

use crate::receiver::Receiver;
use crate::world::{World, approval, approve, id, with};

async fn decided(world: &World, url: &str) {
    world
        .asks(with(approval("a"), json!({ "callback": { "url": url } })))
        .await;
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Waiting
    );
    world.presses("ann", "1001", approve).await;
    world.settle().await;
}

#[tokio::test]
async fn the_outcome_arrives_once_with_the_resource_as_decided() {
    let world = World::new().await;
    let receiver = Receiver::default();
    decided(&world, &receiver.start().await).await;
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    let body: Value = serde_json::from_slice(&got[0].1).expect("JSON");
    assert_eq!(body["type"], "request.approved");
    assert_eq!(body["data"]["correlation_id"], "a");
    assert_eq!(body["data"]["outcome"]["decided_by"][0]["name"], "ann");
    for absent in ["callback", "prompts", "execution"] {
        assert_eq!(body["data"].get(absent), None, "{absent}");
    }
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 1));
}

#[tokio::test]
async fn a_failed_attempt_is_repeated_on_schedule_with_the_same_id_and_body() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::BAD_GATEWAY]);
    decided(&world, &receiver.start().await).await;
    assert_eq!(receiver.got().len(), 1);
    world.settle().await;
    assert_eq!(receiver.got().len(), 1, "not before its time");
    world.passes(Duration::from_secs(6));
    world.settle().await;
    assert_eq!(receiver.got().len(), 2, "5 s ± 20 %");
    world.passes(Duration::from_secs(36));
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 3, "30 s ± 20 %");
    assert!(
        got.iter().all(|one| *one == got[0]),
        "every attempt is the same"
    );
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 3));
}

#[tokio::test]
async fn a_receiver_that_is_gone_ends_it_and_the_card_says_so_until_it_is_sent_again() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::GONE]);
    decided(&world, &receiver.start().await).await;
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Dead
    );
    assert_eq!(
        world.channel.card("1001").notices,
        [Notice::RequesterUnreachable]
    );
    assert_eq!(
        world.now("a").await.status,
        Status::Approved,
        "the decision stands"
    );

    let dead = world
        .engine
        .store()
        .callbacks(None, Some("dead"), 10)
        .await
        .expect("a list");
    assert_eq!(dead.len(), 1);
    let key = ResendKey::Correlation(id("a"));
    let again = world
        .engine
        .store()
        .resend_callback(None, &key, "operator")
        .await;
    assert_eq!(again.expect("it works"), Some(dead[0].id));
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0], got[1]);
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Delivered
    );
    assert!(
        world.channel.card("1001").notices.is_empty(),
        "the card takes it back"
    );
}

#[tokio::test]
async fn a_dead_receiver_keeps_no_other_waiting() {
    let world = World::new().await;
    let good = Receiver::default();
    let url = good.start().await;
    // A port that nobody listens on.
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = dead.local_addr().expect("an address");
    drop(dead);
    for n in 0..3 {
        let url = format!("http://{address}/hook");
        world
            .asks(with(
                approval(&format!("dead{n}")),
                json!({ "callback": { "url": url } }),
            ))
            .await;
        world.presses("ann", "1001", approve).await;
    }
    world
        .asks(with(
            approval("good"),
            json!({ "callback": { "url": url } }),
        ))
        .await;
    world.presses("ann", "1001", approve).await;
    world.settle().await;
    assert_eq!(good.got().len(), 1);
}

#[tokio::test]
async fn after_seventy_two_hours_it_is_given_up_and_stays_visible() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::SERVICE_UNAVAILABLE; 40]);
    decided(&world, &receiver.start().await).await;
    for _ in 0..40 {
        world.passes(Duration::from_hours(8));
        world.settle().await;
    }
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!(view.state, CallbackState::Dead);
    let attempts = receiver.got().len();
    assert!((5..=20).contains(&attempts), "{attempts}");
    let rows = world
        .engine
        .store()
        .callbacks(None, Some("dead"), 10)
        .await
        .expect("a list");
    assert_eq!(
        (rows[0].attempts, rows[0].last_status),
        (view.attempts, Some(503))
    );
}
