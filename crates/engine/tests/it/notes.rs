//! Voice notes, the deadline, and the audit: what the store and the worker make of the rules.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use signoff_contract::{Status, Via};
use signoff_core::request::Speech;
use signoff_engine::workers::Deadlines;
use signoff_engine::{AnswerResult, Answered, ButtonAction, Gateway as _, HeardNote, Response};

use crate::world::{World, question, someone, with};

/// How long a note may hold the deadline.
const TIMEOUT: Duration = Duration::from_mins(1);
/// A moment.
const SECOND: Duration = Duration::from_secs(1);

/// A question of ten seconds, and the handle of its custom answer.
async fn asked(world: &World) -> String {
    let fields = json!({ "ttl_seconds": 10, "allow_custom": true });
    world.asks(with(question("q"), fields)).await;
    let card = world.channel.card("1001");
    let mut buttons = card.buttons.iter();
    let custom = buttons.find(|button| button.action == ButtonAction::CustomAnswer);
    custom.expect("a custom answer").handle.clone()
}

async fn comes(world: &World, handle: &str, note: &str) {
    let received = world.engine.note_received(handle, note, TIMEOUT).await;
    received.expect("the store works");
}

async fn is_settled(world: &World, handle: &str, note: &str) {
    let settled = world.engine.note_settled(handle, note).await;
    settled.expect("the store works");
}

/// Ann's words, as this note said them.
async fn says(world: &World, handle: &str, note: Option<&str>) -> Answered {
    let response = Response {
        event_id: "fake:note".to_owned(),
        handle: handle.to_owned(),
        actor: someone("ann").identity,
        text: Some("after lunch".to_owned()),
        via: Via::Voice,
        occurred_at: world.engine.clock().now(),
        note: note.map(str::to_owned),
    };
    let answered = world.engine.respond(response).await;
    answered.expect("the store works")
}

#[tokio::test]
async fn what_was_said_before_the_deadline_counts_after_it() {
    let world = World::new().await;
    let handle = asked(&world).await;
    world.passes(9 * SECOND);
    comes(&world, &handle, "note").await;
    world.passes(30 * SECOND);
    world.settle().await;
    assert_eq!(world.now("q").await.status, Status::Pending, "it is held");
    let typed = says(&world, &handle, None).await;
    assert_eq!(typed.result, AnswerResult::Expired, "whatever else is late");
    let mut response = says(&world, &handle, Some("note")).await;
    // The same event id got its answer: what a channel asks again is another event.
    assert_eq!(response.result, AnswerResult::Expired);
    response = world
        .engine
        .respond(Response {
            event_id: "fake:spoken".to_owned(),
            handle: handle.clone(),
            actor: someone("ann").identity,
            text: Some("after lunch".to_owned()),
            via: Via::Voice,
            occurred_at: world.engine.clock().now(),
            note: Some("note".to_owned()),
        })
        .await
        .expect("the store works");
    assert_eq!(response.result, AnswerResult::Applied);
    let answer = world.now("q").await.outcome.unwrap().answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.via),
        ("after lunch", Via::Voice)
    );
}

#[tokio::test]
async fn the_hold_ends_with_its_time_and_the_worker_waits_for_that_alone() {
    let world = World::new().await;
    let handle = asked(&world).await;
    let deadlines = Deadlines::new(Arc::clone(&world.engine));
    let expires_at = world.now("q").await.expires_at;
    comes(&world, &handle, "note").await;
    world.passes(10 * SECOND);
    let tick = deadlines.tick().await.unwrap();
    let until = expires_at + SignedDuration::from_secs(60);
    assert_eq!((tick.expired, tick.next), (0, Some(until)));
    world.passes(59 * SECOND);
    assert_eq!(deadlines.tick().await.unwrap().expired, 0);
    world.passes(SECOND);
    let tick = deadlines.tick().await.unwrap();
    assert_eq!((tick.expired, tick.next), (1, None));
    assert_eq!(world.now("q").await.status, Status::Expired);
    let late = says(&world, &handle, Some("note")).await;
    assert_eq!(late.result, AnswerResult::Stale);
}

#[tokio::test]
async fn a_note_that_is_settled_lets_the_deadline_pass_and_holds_nothing_again() {
    let world = World::new().await;
    let handle = asked(&world).await;
    for note in ["one", "two"] {
        comes(&world, &handle, note).await;
    }
    world.passes(10 * SECOND);
    is_settled(&world, &handle, "one").await;
    comes(&world, &handle, "one").await;
    world.settle().await;
    assert_eq!(world.now("q").await.status, Status::Pending, "two is not");
    is_settled(&world, &handle, "two").await;
    world.settle().await;
    assert_eq!(world.now("q").await.status, Status::Expired);
}

#[tokio::test]
async fn a_note_received_twice_holds_no_longer_than_once() {
    let world = World::new().await;
    let handle = asked(&world).await;
    comes(&world, &handle, "note").await;
    is_settled(&world, &handle, "note").await;
    comes(&world, &handle, "note").await;
    world.passes(10 * SECOND);
    world.settle().await;
    assert_eq!(world.now("q").await.status, Status::Expired);
}

#[tokio::test]
async fn one_that_is_held_past_its_reminder_is_not_looked_at_without_end() {
    let world = World::new().await;
    let fields = json!({ "ttl_seconds": 3_600 });
    world.asks(with(question("q"), fields)).await;
    let handle = world.channel.card("1001").buttons[0].handle.clone();
    comes(&world, &handle, "note").await;
    world.passes(3_600 * SECOND);
    let deadlines = Deadlines::new(Arc::clone(&world.engine));
    let tick = deadlines.tick().await.unwrap();
    assert_eq!((tick.expired, tick.reminded), (0, 0));
    assert!(tick.next > Some(world.engine.clock().now()), "{tick:?}");
}

#[tokio::test]
async fn how_a_note_was_heard_is_in_the_audit_once() {
    let world = World::new().await;
    let handle = asked(&world).await;
    comes(&world, &handle, "note").await;
    let heard = HeardNote {
        note: "note".to_owned(),
        handle: handle.clone(),
        actor: someone("ann").identity,
        speech: Speech {
            audio_ms: 2_500,
            language: Some("en".to_owned()),
            mean_probability: 0.93,
            model: "ggml-small.bin".to_owned(),
            model_digest: Some("00".to_owned()),
            took_ms: 700,
            received_at: world.engine.clock().now(),
        },
        confirm_within: None,
    };
    for _ in 0..2 {
        let noted = world.engine.note_transcribed(heard.clone()).await;
        noted.expect("the store works");
    }
    world.settle().await;
    let caller = crate::world::requester();
    let events = world.engine.events(&caller, &crate::world::id("q")).await;
    let events = events.expect("the store works");
    let heard: Vec<_> = events
        .iter()
        .filter(|event| event.event_type == "speech.transcribed")
        .collect();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].actor_id, "ann");
    assert_eq!(heard[0].payload["model_digest"], "00");
}
