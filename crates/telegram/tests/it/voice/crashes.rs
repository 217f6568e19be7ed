//! Killed at any point: what was said is heard again, and counts once.

use signoff_contract::{Status, Via};
use signoff_engine::Confirm;
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use super::{answer, asked_for_a_reason, asked_for_an_answer, hearing, reads, said_about, speaks};
use crate::world::World;

const OFFER: &str = "Is that your answer?";

/// How often the audit says that a note was heard.
async fn heard(world: &World, name: &str) -> usize {
    let events = world
        .engine
        .events(&crate::world::requester(), &crate::world::id(name))
        .await
        .unwrap();
    let heard = events
        .iter()
        .filter(|e| e.event_type == "speech.transcribed");
    heard.count()
}

#[tokio::test]
async fn one_that_was_being_heard_is_heard_again_and_denies_once() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let note = ear.hears("because");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    world.is_killed().await;
    ear.goes_on();
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    world.wakes();
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(
        (outcome.reason.as_deref(), outcome.reason_via),
        (Some("because"), Some(Via::Voice))
    );
    reads(&world, &status, "Denied").await;
    assert_eq!((ear.begun(), heard(&world, "deploy").await), (2, 1));
}

#[tokio::test]
async fn one_that_waited_for_its_turn_waits_again() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let first = asked_for_a_reason(&world, "first").await;
    ear.holds();
    let note = ear.hears("first");
    world.ann.sends_voice(&world.ann, note, Some(&first));
    ear.has_begun(1).await;
    let second = asked_for_a_reason(&world, "second").await;
    let note = ear.hears("second");
    let spoken = world.ann.sends_voice(&world.ann, note, Some(&second));
    said_about(&world, &spoken, "Busy, one moment.").await;
    world.is_killed().await;
    ear.goes_on();
    world.wakes();
    for name in ["first", "second"] {
        let outcome = world.ends(name).await.outcome.unwrap();
        assert_eq!(outcome.reason.as_deref(), Some(name));
        assert_eq!(heard(&world, name).await, 1);
    }
}

#[tokio::test]
async fn what_was_offered_before_can_be_used_after() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("canary"), OFFER).await;
    world.is_killed().await;
    world.wakes();
    let pressed = world.ann.taps(&offered, "Use this").answer().await;
    assert_eq!(pressed.text, "Answer taken");
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("canary".to_owned(), Via::Voice));
    assert_eq!((ear.begun(), heard(&world, "rollout").await), (1, 1));
}

/// Telegram took the edit that offers, and its answer is lost; then the process dies.
#[tokio::test]
async fn an_offer_whose_showing_was_never_noted_is_no_second_one() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    ear.holds();
    let note = ear.hears("canary");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    let lost = Fault::on("editMessageText", FaultKind::ResetAfter);
    world.sim.fault(lost.times(u32::MAX));
    ear.goes_on();
    let offered = reads(&world, &status, OFFER).await;
    world.is_killed().await;
    world.sim.clear_faults();
    world.wakes();
    world.ann.taps(&offered, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome).0, "canary");
    let live = world.sim.transcript(&world.ann);
    let offers = live.iter().filter(|seen| seen.text.contains("I heard"));
    assert_eq!(offers.count(), 1);
    assert_eq!(ear.begun(), 1, "what was heard is kept");
}

/// The message with the offer was sent, perhaps; it is sent again. One of them works.
#[tokio::test]
async fn of_two_offers_only_the_later_works() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    ear.holds();
    let note = ear.hears("canary");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    world.ann.deletes(&status);
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::ResetAfter));
    ear.goes_on();
    let (first, second) = (world.card(&world.ann).await, world.card(&world.ann).await);
    assert_eq!(first.text, second.text);
    let dead = world.ann.taps(&first, "Use this").answer().await;
    assert!(
        dead.text.starts_with("This is no longer open"),
        "{}",
        dead.text
    );
    assert_eq!(world.request("rollout").await.status, Status::Pending);
    world.ann.taps(&second, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome).0, "canary");
}

#[tokio::test]
async fn what_was_given_and_not_yet_shown_is_shown_after_the_start() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let note = ear.hears("because");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    let fails = Fault::on("editMessageText", FaultKind::InternalServerError);
    world.sim.fault(fails.times(u32::MAX));
    ear.goes_on();
    world.ends("deploy").await;
    world.is_killed().await;
    world.sim.clear_faults();
    world.wakes();
    let said = reads(&world, &status, "Denied").await;
    assert_eq!(said.text, "🎙 I heard:\nbecause\nDenied");
    assert_eq!((ear.begun(), heard(&world, "deploy").await), (1, 1));
}

/// A note that ends the process each time it is listened to.
#[tokio::test]
async fn one_that_kills_the_service_is_not_listened_to_for_ever() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    ear.holds();
    let note = ear.hears("poison");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    for times in 1..=3 {
        ear.has_begun(times).await;
        world.is_killed().await;
        world.wakes();
    }
    let told = reads(&world, &status, "I could not listen to that.").await;
    assert!(
        told.text.contains("Say it again, or type it"),
        "{}",
        told.text
    );
    assert_eq!(ear.begun(), 3);
    world.ann.replies(&prompt, "typed");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("typed"));
}

/// Accepted for one question, then another one is opened; after the crash it still answers the
/// first.
#[tokio::test]
async fn what_was_said_never_wanders_to_another_request() {
    let (world, ear) = hearing(Confirm::Answers).await;
    asked_for_a_reason(&world, "first").await;
    ear.holds();
    let note = ear.hears("for the first");
    let spoken = world.ann.sends_voice(&world.ann, note, None);
    said_about(&world, &spoken, "I am listening").await;
    ear.has_begun(1).await;
    asked_for_a_reason(&world, "second").await;
    world.is_killed().await;
    ear.goes_on();
    world.wakes();
    let outcome = world.ends("first").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("for the first"));
    assert_eq!(world.request("second").await.status, Status::Pending);
    let asks = |seen: &SeenMessage| seen.text.starts_with("Several answers are awaited");
    let transcript = world.sim.transcript(&world.ann);
    assert!(!transcript.iter().any(asks));
}

/// Waits until the words of a note are taken, and nothing withdraws them any more.
async fn are_taken(world: &World) {
    let taken = async {
        loop {
            let notes = world
                .store
                .conversations(signoff_telegram::CHANNEL, "note:");
            let notes = notes.await.unwrap();
            if notes.iter().any(|note| note.payload.contains("\"taken\"")) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let taken = tokio::time::timeout(std::time::Duration::from_secs(20), taken).await;
    taken.expect("they are taken");
}

#[tokio::test]
async fn a_confirmation_that_was_taken_before_the_crash_counts_after_it() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let offered = speaks(&world, &world.ann, &prompt, ear.hears("canary"), OFFER).await;
    world.gate.closes();
    let tap = world.ann.taps(&offered, "Use this");
    are_taken(&world).await;
    world.is_killed().await;
    assert_eq!(world.request("rollout").await.status, Status::Pending);
    world.gate.opens();
    world.wakes();
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("canary".to_owned(), Via::Voice));
    tap.answer().await;
    reads(&world, &offered, "Answer taken").await;
}

#[tokio::test]
async fn what_is_being_given_cannot_be_cancelled() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    world.gate.closes();
    let note = ear.hears("because");
    let spoken = world.ann.sends_voice(&world.ann, note, Some(&prompt));
    are_taken(&world).await;
    world.ann.says(&world.ann, "/cancel");
    let nothing = |seen: &SeenMessage| seen.text == "There is nothing to cancel.";
    world.sim.wait_for_message(&world.ann, nothing).await;
    world.gate.opens();
    said_about(&world, &spoken, "Denied").await;
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("because"));
}
