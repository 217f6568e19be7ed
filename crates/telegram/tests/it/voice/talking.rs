//! Saying it again, thinking better of it, typing instead: what was heard then decides nothing.

use signoff_contract::{Status, Via};
use signoff_engine::Confirm;
use signoff_telegram_sim::SeenMessage;

use super::{answer, asked_for_a_reason, asked_for_an_answer, hearing, reads, said_about, speaks};
use crate::world::World;

const OFFER: &str = "Is that your answer?";

async fn is_pending(world: &World, name: &str) {
    assert_eq!(world.request(name).await.status, Status::Pending);
}

#[tokio::test]
async fn saying_it_again_replaces_what_was_heard() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let first = speaks(&world, &world.ann, &prompt, ear.hears("canary"), OFFER).await;
    let again = world.ann.taps(&first, "Say it again").answer().await;
    assert!(again.text.starts_with("Say it again"), "{}", again.text);
    let asks = reads(&world, &first, "in a reply to this message").await;
    assert!(!asks.has_buttons());
    let second = speaks(&world, &world.ann, &asks, ear.hears("blue green"), OFFER).await;
    world.ann.taps(&second, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("blue green".to_owned(), Via::Voice));
}

#[tokio::test]
async fn a_second_note_makes_the_buttons_of_the_first_dead() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let first = speaks(&world, &world.ann, &prompt, ear.hears("canary"), OFFER).await;
    let old = first.button("Use this").unwrap().callback_data.clone();
    let second = speaks(&world, &world.ann, &prompt, ear.hears("wait"), OFFER).await;
    let replaced = reads(&world, &first, "This voice note is not used.").await;
    assert!(!replaced.has_buttons());
    let dead = world
        .ann
        .taps_data(&world.ann, first.message_id, &old.unwrap());
    assert!(
        dead.answer()
            .await
            .text
            .starts_with("This is no longer open")
    );
    is_pending(&world, "rollout").await;
    world.ann.taps(&second, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome).0, "wait");
}

#[tokio::test]
async fn a_newer_note_wins_over_one_that_is_still_being_heard() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let (first, second) = (ear.hears("first"), ear.hears("second"));
    let first = world.ann.sends_voice(&world.ann, first, Some(&prompt));
    ear.has_begun(1).await;
    world.ann.sends_voice(&world.ann, second, Some(&prompt));
    said_about(&world, &first, "This voice note is not used.").await;
    ear.goes_on();
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("second"));
}

#[tokio::test]
async fn cancelling_what_was_heard_sends_nothing_and_ends_the_conversation() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("canary"), OFFER).await;
    let use_this = offered.button("Use this").unwrap().callback_data.clone();
    let pressed = world.ann.taps(&offered, "Cancel").answer().await;
    assert_eq!(pressed.text, "Cancelled, nothing was sent.");
    let closed = reads(&world, &offered, "Cancelled, nothing was sent.").await;
    assert!(!closed.has_buttons());
    let dead = world
        .ann
        .taps_data(&world.ann, offered.message_id, &use_this.unwrap());
    assert!(
        dead.answer()
            .await
            .text
            .starts_with("This is no longer open")
    );
    is_pending(&world, "rollout").await;
    world.ann.replies(&prompt, "too late");
    let none = |seen: &SeenMessage| seen.text.starts_with("No text is awaited from you.");
    world.sim.wait_for_message(&world.ann, none).await;
}

#[tokio::test]
async fn typing_while_it_listens_decides_and_what_is_heard_then_does_not() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    ear.holds();
    let spoken = world
        .ann
        .sends_voice(&world.ann, ear.hears("spoken"), Some(&prompt));
    ear.has_begun(1).await;
    world.ann.replies(&prompt, "typed");
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("typed".to_owned(), Via::Text));
    ear.goes_on();
    said_about(&world, &spoken, "This voice note is not used.").await;
    let after = world.request("rollout").await.outcome.unwrap();
    assert_eq!(answer(after), ("typed".to_owned(), Via::Text));
}

#[tokio::test]
async fn typing_while_a_confirmation_is_open_decides_and_its_buttons_do_nothing() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("spoken"), OFFER).await;
    let use_this = offered.button("Use this").unwrap().callback_data.clone();
    world.ann.replies(&offered, "typed");
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("typed".to_owned(), Via::Text));
    let closed = reads(&world, &offered, "This voice note is not used.").await;
    assert!(!closed.has_buttons());
    let dead = world
        .ann
        .taps_data(&world.ann, offered.message_id, &use_this.unwrap());
    assert!(
        dead.answer()
            .await
            .text
            .starts_with("This is no longer open")
    );
}

#[tokio::test]
async fn cancel_while_it_listens_means_that_nothing_is_sent() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let spoken = world
        .ann
        .sends_voice(&world.ann, ear.hears("no"), Some(&prompt));
    ear.has_begun(1).await;
    world.ann.says(&world.ann, "/cancel");
    let cancelled = |seen: &SeenMessage| seen.text == "Cancelled, nothing was sent.";
    world.sim.wait_for_message(&world.ann, cancelled).await;
    ear.goes_on();
    said_about(&world, &spoken, "This voice note is not used.").await;
    is_pending(&world, "deploy").await;
}

#[tokio::test]
async fn one_who_taps_the_card_while_it_listens_has_decided() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let note = ear.hears("because");
    let spoken = world.ann.sends_voice(&world.ann, note, Some(&prompt));
    ear.has_begun(1).await;
    let card = world
        .sim
        .transcript(&world.ann)
        .into_iter()
        .find(SeenMessage::has_buttons);
    let tap = world.ann.taps(&card.unwrap(), "Approve").answer().await;
    assert_eq!(tap.text, "Approved");
    ear.goes_on();
    let late = said_about(&world, &spoken, "Already decided.").await;
    assert!(late.text.contains("Approved by ann"), "{}", late.text);
    assert_eq!(world.request("deploy").await.status, Status::Approved);
}

#[tokio::test]
async fn pressing_the_card_again_keeps_what_is_being_heard() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let note = ear.hears("because");
    world.ann.sends_voice(&world.ann, note, Some(&prompt));
    ear.has_begun(1).await;
    let card = world
        .sim
        .transcript(&world.ann)
        .into_iter()
        .find(SeenMessage::has_buttons);
    crate::conversations::asked(&world, &world.ann, &card.unwrap(), "Deny with a reason").await;
    ear.goes_on();
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("because"));
}
