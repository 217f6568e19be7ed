//! Spoken answers and reasons, with something that hears exactly what a test says.

mod crashes;
mod deadline;
mod errors;
mod lanes;
mod races;
mod talking;

use std::sync::Arc;

use serde_json::json;
use signoff_contract::{Outcome, Status, Via};
use signoff_engine::Confirm;
use signoff_telegram_sim::{Person, SeenMessage, VoiceNote};

use crate::conversations::asked;
use crate::world::{Ear, Options, World, approval, question, with};

/// A world that hears.
pub(crate) async fn hearing(confirm: Confirm) -> (World, Arc<Ear>) {
    let ear = Ear::new(confirm);
    (with_ear(&ear).await, ear)
}

pub(crate) async fn with_ear(ear: &Arc<Ear>) -> World {
    World::with(Options {
        ear: Some(ear.clone()),
        ..Options::default()
    })
    .await
}

/// Ann is asked in her private chat for an answer to a question of this name.
pub(crate) async fn asked_for_an_answer(world: &World, name: &str) -> SeenMessage {
    world.asks(question(name)).await;
    let card = world.card(&world.ann).await;
    asked(world, &world.ann, &card, "Custom answer").await
}

/// Ann is asked in her private chat for the reason of a denial.
pub(crate) async fn asked_for_a_reason(world: &World, name: &str) -> SeenMessage {
    world.asks(approval(name)).await;
    let card = world.card(&world.ann).await;
    asked(world, &world.ann, &card, "Deny with a reason").await
}

/// Somebody answers a message of ours by voice; what we say about that, once it says this.
pub(crate) async fn speaks(
    world: &World,
    who: &Person,
    to: &SeenMessage,
    note: VoiceNote,
    until: &str,
) -> SeenMessage {
    let spoken = who.sends_voice(to.chat_id, note, Some(to));
    said_about(world, &spoken, until).await
}

/// What we say about a voice note, once it says this.
pub(crate) async fn said_about(world: &World, spoken: &SeenMessage, until: &str) -> SeenMessage {
    let about = |seen: &SeenMessage| seen.reply_to == Some(spoken.message_id);
    let said = world.sim.wait_for_message(spoken.chat_id, about).await;
    reads(world, &said, until).await
}

/// Waits until a message of ours contains this.
pub(crate) async fn reads(world: &World, said: &SeenMessage, until: &str) -> SeenMessage {
    let now = world.sim.message(said.chat_id, said.message_id);
    if let Some(now) = now.filter(|now| now.text.contains(until)) {
        return now;
    }
    let suits = |seen: &SeenMessage| seen.text.contains(until);
    world.sim.wait_for_edit(said, suits).await
}

/// How somebody sends sound.
type Sends = fn(&World, VoiceNote, &SeenMessage) -> SeenMessage;

/// How a request ended that was denied with a reason.
fn reason(outcome: &Outcome) -> (Status, Option<&str>, Option<Via>) {
    (
        outcome.status,
        outcome.reason.as_deref(),
        outcome.reason_via,
    )
}

/// What a question was answered with.
fn answer(outcome: Outcome) -> (String, Via) {
    let answer = outcome.answer.expect("an answer");
    (answer.text, answer.via)
}

#[tokio::test]
async fn a_spoken_answer_is_shown_back_and_counts_when_it_is_confirmed() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    ear.holds();
    let note = ear.hears("ship it after lunch");
    let spoken = world.ann.sends_voice(&world.ann, note, Some(&prompt));
    let status = said_about(&world, &spoken, "I am listening").await;
    assert!(status.silent, "the answer rings, not the waiting");
    ear.has_begun(1).await;
    let typing = |call: &signoff_telegram_sim::Call| call.method == "sendChatAction";
    let typing = world.sim.wait_for_call(typing).await;
    assert_eq!(typing.params["action"], "typing");
    ear.goes_on();
    let offered = reads(&world, &status, "Is that your answer?").await;
    assert_eq!(
        offered.text,
        "🎙 I heard:\nship it after lunch\nIs that your answer?"
    );
    assert_eq!(
        offered.part("blockquote").as_deref(),
        Some("ship it after lunch")
    );
    assert_eq!(offered.labels(), ["Use this", "Say it again", "Cancel"]);
    assert_eq!(world.request("rollout").await.status, Status::Pending);

    let pressed = world.ann.taps(&offered, "Use this").answer().await;
    assert_eq!(pressed.text, "Answer taken");
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(outcome.decided_by[0].name, "ann");
    assert_eq!(
        answer(outcome),
        ("ship it after lunch".to_owned(), Via::Voice)
    );
    let closed = reads(&world, &offered, "Answer taken").await;
    assert!(!closed.has_buttons());
    assert_eq!(closed.text, "🎙 I heard:\nship it after lunch\nAnswer taken");
}

#[tokio::test]
async fn a_spoken_reason_denies_at_once_and_is_shown() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let note = ear.hears("the database is in use");
    let said = speaks(&world, &world.ann, &prompt, note, "Denied").await;
    assert_eq!(said.text, "🎙 I heard:\nthe database is in use\nDenied");
    assert!(!said.has_buttons());
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(
        reason(&outcome),
        (
            Status::Denied,
            Some("the database is in use"),
            Some(Via::Voice)
        )
    );
}

#[tokio::test]
async fn an_unsure_reason_denies_and_says_that_it_is_unclear() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let note = ear.hears_with("the data base is knew", 0.4);
    let said = speaks(&world, &world.ann, &prompt, note, "Denied").await;
    let words = "(unclear voice note) the data base is knew";
    assert!(said.text.contains(words), "{}", said.text);
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some(words));
}

#[tokio::test]
async fn a_clear_answer_is_taken_at_once_when_the_operator_says_so() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    speaks(
        &world,
        &world.ann,
        &prompt,
        ear.hears("canary"),
        "Answer taken",
    )
    .await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("canary".to_owned(), Via::Voice));
}

#[tokio::test]
async fn an_unsure_answer_asks_first_even_when_nothing_is_to_be_confirmed() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let note = ear.hears_with("can airy", 0.59);
    let offered = speaks(&world, &world.ann, &prompt, note, "Is that your answer?").await;
    assert!(
        offered.text.contains("I am not sure that I heard it right"),
        "{}",
        offered.text
    );
    world.ann.taps(&offered, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("can airy".to_owned(), Via::Voice));
}

#[tokio::test]
async fn where_everything_is_confirmed_a_reason_is_too_and_then_it_is_clear() {
    let (world, ear) = hearing(Confirm::Always).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let note = ear.hears_with("not on a Friday", 0.3);
    let until = "Deny with this reason?";
    let offered = speaks(&world, &world.ann, &prompt, note, until).await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    let pressed = world.ann.taps(&offered, "Use this").answer().await;
    assert_eq!(pressed.text, "Denied");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(
        reason(&outcome),
        (Status::Denied, Some("not on a Friday"), Some(Via::Voice)),
        "its speaker has confirmed it"
    );
}

#[tokio::test]
async fn in_a_private_chat_a_plain_voice_note_answers_the_only_question() {
    let (world, ear) = hearing(Confirm::Answers).await;
    asked_for_a_reason(&world, "deploy").await;
    world
        .ann
        .sends_voice(&world.ann, ear.hears("no time"), None);
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("no time"));
}

#[tokio::test]
async fn in_a_group_a_reply_answers_and_buttons_are_for_its_speaker_alone() {
    let (world, ear) = hearing(Confirm::Answers).await;
    world
        .asks(with(question("rollout"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let prompt = asked(&world, &world.ann, &card, "Custom answer").await;
    let note = ear.hears("canary");
    let offered = speaks(&world, &world.ann, &prompt, note, "Is that your answer?").await;
    let other = world.ben.taps(&offered, "Use this").answer().await;
    assert!(other.show_alert);
    assert!(
        other.text.starts_with("That question is for Ann."),
        "{}",
        other.text
    );
    assert_eq!(world.request("rollout").await.status, Status::Pending);
    // A reply to what we said about the note belongs there as well.
    let again = ear.hears("blue green");
    let second = speaks(&world, &world.ann, &offered, again, "blue green").await;
    world.ann.taps(&second, "Use this").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(answer(outcome), ("blue green".to_owned(), Via::Voice));
}

#[tokio::test]
async fn audio_files_round_videos_and_documents_with_sound_are_heard_too() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let kinds: [(&str, Sends); 3] = [
        ("audio", |world, note, to| {
            world.ann.sends_audio(&world.ann, note, Some(to))
        }),
        ("video_note", |world, note, to| {
            world.ann.sends_video_note(&world.ann, note, Some(to))
        }),
        ("document", |world, note, _| {
            let bytes = note.bytes;
            world
                .ann
                .sends_file(&world.ann, "memo.m4a", "audio/mp4", bytes)
        }),
    ];
    for (name, sends) in kinds {
        let prompt = asked_for_a_reason(&world, name).await;
        let spoken = sends(&world, ear.hears(name), &prompt);
        said_about(&world, &spoken, "Denied").await;
        let outcome = world.ends(name).await.outcome.unwrap();
        assert_eq!(outcome.reason.as_deref(), Some(name));
    }
    let prompt = asked_for_a_reason(&world, "picture").await;
    let bytes = b"a picture".as_slice();
    world
        .ann
        .sends_file(&world.ann, "cat.png", "image/png", bytes);
    let wanted = |seen: &SeenMessage| seen.text.starts_with("Please type it as text");
    world.sim.wait_for_message(&world.ann, wanted).await;
    assert_eq!(ear.begun(), 3, "a picture is listened to by nobody");
    world.ann.replies(&prompt, "typed");
    world.ends("picture").await;
}

#[tokio::test]
async fn the_audit_says_how_it_was_heard_and_masks_what_was_said() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let words = format!("my token is {secret}");
    let said = speaks(&world, &world.ann, &prompt, ear.hears(&words), "Denied").await;
    assert!(!said.text.contains(secret), "{}", said.text);
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(
        outcome.reason,
        Some(words),
        "the requester gets it verbatim"
    );
    let events = world
        .engine
        .events(&crate::world::requester(), &crate::world::id("deploy"))
        .await
        .unwrap();
    let kinds: Vec<&str> = events.iter().map(|e| e.event_type.as_str()).collect();
    let heard = kinds.iter().position(|kind| *kind == "speech.transcribed");
    let heard = &events[heard.expect("it is in the audit")];
    assert_eq!(heard.actor_id, "ann");
    for (member, value) in [
        ("audio_ms", json!(2_500)),
        ("language", json!("en")),
        ("mean_probability", json!(0.97)),
        ("model", json!("test-ear")),
        ("model_digest", json!("00ff")),
        ("took_ms", json!(70)),
    ] {
        assert_eq!(heard.payload[member], value, "{member}");
    }
    let all = serde_json::to_string(&events).unwrap();
    assert!(
        !all.contains(secret) && all.contains("my token is"),
        "{all}"
    );
}
