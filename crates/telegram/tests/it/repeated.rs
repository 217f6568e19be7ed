//! Conversations that are handled again, after a crash or when an answer was lost: what people see
//! twice means the same both times.

use std::time::Duration;

use serde_json::json;
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::conversations::asked;
use crate::world::{World, approval, with};

#[tokio::test]
async fn any_question_of_a_conversation_can_be_replied_to() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let first = asked(&world, &world.ann, &card, "Deny with a reason").await;
    asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.ann.replies(&first, "no");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("no"));
}

#[tokio::test]
async fn a_question_that_a_crash_had_sent_twice_can_be_replied_to() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let held = FaultKind::DelayAfter { millis: 600_000 };
    world.sim.fault(Fault::on("sendMessage", held));
    let tap = world.ann.taps(&card, "Deny with a reason");
    let question = |seen: &SeenMessage| seen.force_reply.is_some();
    let first = world.sim.wait_for_message(&world.ops, question).await;
    world.is_killed().await;
    world.sim.clear_faults();
    world.wakes();
    world.sim.wait_for_message(&world.ops, question).await;
    assert_eq!(tap.answer().await.text, "Write below");
    world.ann.replies(&first, "no");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("no"));
}

#[tokio::test]
async fn whoever_was_asked_is_answered_too_though_it_fails_at_first() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.sim.fault(Fault::on(
        "answerCallbackQuery",
        FaultKind::InternalServerError,
    ));
    asked(&world, &world.ann, &card, "Deny with a reason").await;
    let questions = world.sim.calls_of("sendMessage").into_iter();
    let questions = questions.filter(|call| call.params["reply_markup"]["force_reply"] == true);
    assert_eq!(questions.count(), 1, "nothing is asked again");
}

/// Says something whose answer is lost on its way; it must be answered with these words twice.
async fn is_told_twice(world: &World, prompt: &SeenMessage, text: &str, says: &str) {
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::ResetAfter));
    let said = world.ann.replies(prompt, text).message_id;
    for _ in 0..2 {
        let answers = |seen: &SeenMessage| seen.reply_to == Some(said);
        let told = world.sim.wait_for_message(&world.ann, answers).await;
        assert!(told.text.starts_with(says), "{}", told.text);
    }
}

#[tokio::test]
async fn cancelling_is_confirmed_again_when_the_confirmation_was_lost() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    is_told_twice(&world, &prompt, "/cancel", "Cancelled, nothing was sent.").await;
}

#[tokio::test]
async fn taking_too_long_is_said_again_when_that_was_lost() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "ttl_seconds": 60 })))
        .await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.passes(Duration::from_secs(61));
    is_told_twice(&world, &prompt, "no", "That took too long").await;
}
