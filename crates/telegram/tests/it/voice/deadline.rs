//! Who spoke before the deadline answered before it.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{Status, Via};
use signoff_engine::Confirm;
use signoff_telegram_sim::SeenMessage;

use super::{Ear, answer, reads, speaks};
use crate::conversations::asked;
use crate::world::{Hook, Options, World, approval, question, with};

/// How long the requests of these tests last, in seconds.
const TTL: u64 = 60;
/// How long listening may take, in seconds.
const TIMEOUT: u64 = 30;

/// A world whose clock stands until it is moved.
async fn frozen(confirm: Confirm) -> (World, std::sync::Arc<Ear>) {
    let ear = Ear::with(confirm, Duration::from_secs(TIMEOUT));
    (World::with(still(&ear)).await, ear)
}

fn still(ear: &std::sync::Arc<Ear>) -> Options {
    Options {
        ear: Some(ear.clone()),
        frozen: true,
        ..Options::default()
    }
}

fn passes(world: &World, seconds: u64) {
    world.passes(Duration::from_secs(seconds));
}

async fn asked_in_time(world: &World, body: serde_json::Value, label: &str) -> SeenMessage {
    let fields = json!({ "ttl_seconds": TTL });
    world.asks(with(body, fields)).await;
    let card = world.card(&world.ann).await;
    world.is_presented("it").await;
    asked(world, &world.ann, &card, label).await
}

async fn is_pending(world: &World) {
    // The worker looks at least every five seconds of real time; here it is woken by hand.
    let deadlines = signoff_engine::workers::Deadlines::new(world.engine.clone());
    deadlines.tick().await.unwrap();
    assert_eq!(world.request("it").await.status, Status::Pending);
}

#[tokio::test]
async fn a_reason_spoken_in_time_denies_though_it_is_heard_after_the_deadline() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    ear.holds();
    passes(&world, TTL - 1);
    let note = ear.hears("in time");
    speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    passes(&world, TIMEOUT);
    is_pending(&world).await;
    // Whatever else comes now is late.
    let card = world
        .sim
        .transcript(&world.ann)
        .into_iter()
        .find(SeenMessage::has_buttons);
    let tap = world.ann.taps(&card.unwrap(), "Approve").answer().await;
    assert_eq!(tap.text, "This request has expired");
    ear.goes_on();
    let outcome = world.ends("it").await.outcome.unwrap();
    assert_eq!(
        (
            outcome.status,
            outcome.reason.as_deref(),
            outcome.reason_via
        ),
        (Status::Denied, Some("in time"), Some(Via::Voice))
    );
}

#[tokio::test]
async fn the_deadline_waits_no_longer_than_listening_may_take() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    ear.holds();
    let note = ear.hears("too slow");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    passes(&world, TTL + TIMEOUT - 1);
    is_pending(&world).await;
    passes(&world, 1);
    assert_eq!(world.ends("it").await.status, Status::Expired);
    ear.goes_on();
    let late = reads(&world, &status, "Already decided.").await;
    assert!(late.text.contains("Expired"), "{}", late.text);
}

#[tokio::test]
async fn a_note_that_comes_after_the_deadline_is_late() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    passes(&world, TTL);
    let note = ear.hears("late");
    world.ann.sends_voice(&world.ann, note, Some(&prompt));
    let told = |seen: &SeenMessage| seen.text.starts_with("That took too long");
    world.sim.wait_for_message(&world.ann, told).await;
    assert_eq!(world.ends("it").await.status, Status::Expired);
    assert_eq!(ear.begun(), 0);
}

#[tokio::test]
async fn silence_lets_the_deadline_pass_at_once() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    ear.holds();
    let note = ear.fails(signoff_engine::TranscribeError::NoSpeech);
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    passes(&world, TTL + 1);
    is_pending(&world).await;
    ear.goes_on();
    reads(&world, &status, "I heard no speech.").await;
    assert_eq!(world.ends("it").await.status, Status::Expired);
}

#[tokio::test]
async fn an_answer_heard_after_the_deadline_can_still_be_confirmed_for_a_while() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, question("it"), "Custom answer").await;
    ear.holds();
    passes(&world, TTL - 1);
    let note = ear.hears("canary");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    passes(&world, 2);
    ear.goes_on();
    let offered = reads(&world, &status, "Is that your answer?").await;
    passes(&world, TIMEOUT - 2);
    is_pending(&world).await;
    let pressed = world.ann.taps(&offered, "Use this").answer().await;
    assert_eq!(pressed.text, "Answer taken");
    let outcome = world.ends("it").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("canary".to_owned(), Via::Voice));
}

#[tokio::test]
async fn a_confirmation_that_waits_too_long_expires_with_its_request() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, question("it"), "Custom answer").await;
    let offer = "Is that your answer?";
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("canary"), offer).await;
    // It was shown long before the deadline: nothing is held.
    passes(&world, TTL);
    assert_eq!(world.ends("it").await.status, Status::Expired);
    let pressed = world.ann.taps(&offered, "Use this").answer().await;
    assert!(
        pressed.text.starts_with("Already decided."),
        "{}",
        pressed.text
    );
    assert!(pressed.text.contains("Expired"), "{}", pressed.text);
    let closed = reads(&world, &offered, "Already decided.").await;
    assert!(!closed.has_buttons());
}

#[tokio::test]
async fn thinking_better_of_it_lets_the_deadline_pass() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, question("it"), "Custom answer").await;
    passes(&world, TTL - 1);
    let offer = "Is that your answer?";
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("canary"), offer).await;
    passes(&world, 1);
    is_pending(&world).await;
    world.ann.taps(&offered, "Cancel").answer().await;
    assert_eq!(world.ends("it").await.status, Status::Expired);
}

#[tokio::test]
async fn what_was_spoken_in_time_is_in_time_after_a_crash_too() {
    let (world, ear) = frozen(Confirm::Answers).await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    ear.holds();
    passes(&world, TTL - 1);
    let note = ear.hears("in time");
    speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    world.is_killed().await;
    passes(&world, 10);
    ear.goes_on();
    world.wakes();
    let outcome = world.ends("it").await.outcome.unwrap();
    assert_eq!(
        (outcome.status, outcome.reason.as_deref()),
        (Status::Denied, Some("in time"))
    );
}

#[tokio::test]
async fn a_note_that_telegram_posts_is_in_time_like_one_that_is_polled() {
    let ear = Ear::with(Confirm::Answers, Duration::from_secs(TIMEOUT));
    let hook = Hook::bind().await;
    let world = World::asleep(Options {
        updates: hook.updates(),
        ..still(&ear)
    })
    .await;
    world.wakes();
    let _served = hook.serves(world.telegram());
    world.has_greeted().await;
    let prompt = asked_in_time(&world, approval("it"), "Deny with a reason").await;
    ear.holds();
    passes(&world, TTL - 1);
    let note = ear.hears("in time");
    speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    passes(&world, 2);
    is_pending(&world).await;
    ear.goes_on();
    let outcome = world.ends("it").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("in time"));
}
