//! Everything that keeps a note from being heard has a sentence of its own, and costs no
//! conversation.

use std::collections::BTreeSet;
use std::time::Duration;

use signoff_contract::Status;
use signoff_engine::{Confirm, TranscribeError};
use signoff_telegram_sim::{Fault, FaultKind, VoiceNote};

use super::{Ear, asked_for_a_reason, asked_for_an_answer, hearing, speaks, with_ear};
use crate::delivery::bad_request;
use crate::world::{Options, World};

fn every_error() -> Vec<TranscribeError> {
    use TranscribeError as Error;
    let cause = || "a cause for operators".to_owned();
    vec![
        Error::NoSpeech,
        Error::TooLong { max_seconds: 300 },
        Error::TooLarge {
            bytes: 30_000_000,
            max_bytes: 20_000_000,
        },
        Error::Empty,
        Error::NotAudio,
        Error::Truncated,
        Error::Damaged { cause: cause() },
        Error::Unsupported { what: cause() },
        Error::TimedOut {
            after: Duration::from_mins(1),
        },
        Error::Unavailable { cause: cause() },
        Error::Failed { cause: cause() },
        Error::NotBuiltIn,
    ]
}

/// Every error once, in one conversation, in this language; then it is typed.
async fn sentences(language: &'static str, again: &str, done: &str) -> BTreeSet<String> {
    let ear = Ear::new(Confirm::Answers);
    let world = World::with(Options {
        ear: Some(ear.clone()),
        languages: [("ann", language)].into(),
        ..Options::default()
    })
    .await;
    let prompt = {
        world.asks(crate::world::approval("deploy")).await;
        let card = world.card(&world.ann).await;
        let label = &card.labels()[2].to_owned();
        world.ann.taps(&card, label).answer().await;
        let asks = |seen: &signoff_telegram_sim::SeenMessage| seen.force_reply.is_some();
        world.sim.wait_for_message(&world.ann, asks).await
    };
    let mut said = BTreeSet::new();
    for error in every_error() {
        let note = ear.fails(error.clone());
        let told = speaks(&world, &world.ann, &prompt, note, again).await;
        assert!(!told.text.contains("operators"), "{}", told.text);
        assert!(!told.has_buttons());
        said.insert(told.text);
    }
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    speaks(&world, &world.ann, &prompt, ear.hears("heard"), done).await;
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("heard"));
    said
}

#[tokio::test]
async fn each_reason_has_a_sentence_in_each_language_and_the_conversation_goes_on() {
    let languages = [
        ("en", "Say it again, or type it", "Denied"),
        ("ru", "Скажите ещё раз", "Отказано"),
        ("zh-Hans", "重说一遍", "已拒绝"),
    ];
    let mut all = BTreeSet::new();
    for (language, again, done) in languages {
        let said = sentences(language, again, done).await;
        assert_eq!(said.len(), every_error().len(), "{said:#?}");
        all.extend(said);
    }
    assert_eq!(all.len(), 3 * every_error().len());
}

#[tokio::test]
async fn silence_is_no_answer_even_if_it_comes_as_an_empty_text() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let note = ear.hears(" \n");
    speaks(&world, &world.ann, &prompt, note, "I heard no speech.").await;
    assert_eq!(world.request("rollout").await.status, Status::Pending);
}

#[tokio::test]
async fn what_is_too_much_to_show_is_not_taken() {
    let (world, ear) = hearing(Confirm::Never).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    let note = ear.hears(&"word ".repeat(800));
    let until = "You said 3999 characters, and 3500 fit.";
    speaks(&world, &world.ann, &prompt, note, until).await;
    assert_eq!(world.request("rollout").await.status, Status::Pending);
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_not_fetched_whatever_was_declared() {
    let (world, _) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let until = "That file is too large: 20 MB at most.";
    // Telegram itself refuses what it knows to be too large …
    let declared = VoiceNote::ogg("x", 3).declared_as(21 * 1024 * 1024);
    speaks(&world, &world.ann, &prompt, declared, until).await;
    // … and what turns out to be larger than declared is not read to its end.
    let grown = VoiceNote::ogg(vec![0; 20_000_001], 3).declared_as(1_000);
    speaks(&world, &world.ann, &prompt, grown, until).await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn a_file_that_telegram_does_not_have_any_more_is_asked_for_again() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let gone = "wrong file_id or the file is temporarily unavailable";
    world.sim.fault(Fault::on("getFile", bad_request(gone)));
    let until = "Telegram does not give me that recording.";
    speaks(&world, &world.ann, &prompt, ear.hears("lost"), until).await;
    world.sim.fault(Fault::on("file", FaultKind::NotFound));
    speaks(&world, &world.ann, &prompt, ear.hears("lost too"), until).await;
    speaks(&world, &world.ann, &prompt, ear.hears("found"), "Denied").await;
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("found"));
}

#[tokio::test(start_paused = true)]
async fn what_passes_by_itself_is_tried_again_and_costs_nothing() {
    let kinds = [
        FaultKind::TooManyRequests { retry_after: 7 },
        FaultKind::InternalServerError,
        FaultKind::BadGateway,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::EmptyBody,
        FaultKind::TruncatedJson,
        FaultKind::Unauthorized,
    ];
    let both = |kind: FaultKind| [("getFile", kind.clone()), ("file", kind)];
    for (method, kind) in kinds.into_iter().flat_map(both) {
        let ear = Ear::new(Confirm::Answers);
        let world = World::with(Options {
            ear: Some(ear.clone()),
            fast: true,
            ..Options::default()
        })
        .await;
        let prompt = asked_for_a_reason(&world, "deploy").await;
        world.sim.fault(Fault::on(method, kind.clone()).times(2));
        let note = ear.hears("after all");
        speaks(&world, &world.ann, &prompt, note, "Denied").await;
        let outcome = world.ends("deploy").await.outcome.unwrap();
        assert_eq!(
            outcome.reason.as_deref(),
            Some("after all"),
            "{method}: {kind:?}"
        );
        world.is_killed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_given_up_and_the_conversation_goes_on() {
    let ear = Ear::new(Confirm::Answers);
    let world = World::with(Options {
        ear: Some(ear.clone()),
        fast: true,
        ..Options::default()
    })
    .await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let down = FaultKind::InternalServerError;
    world.sim.fault(Fault::on("getFile", down).times(u32::MAX));
    let note = ear.hears("never heard");
    let spoken = world.ann.sends_voice(&world.ann, note, Some(&prompt));
    let told = |seen: &signoff_telegram_sim::SeenMessage| {
        seen.reply_to == Some(spoken.message_id) && seen.text.starts_with("I tried to handle this")
    };
    world.sim.wait_for_message(&world.ann, told).await;
    world.sim.clear_faults();
    world.ann.replies(&prompt, "typed");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("typed"));
    world.is_killed().await;
}

#[tokio::test]
async fn without_anything_that_hears_people_are_asked_to_type() {
    let world = World::new().await;
    let prompt = asked_for_a_reason(&world, "deploy").await;
    let until = "Voice is not set up here, please type.";
    speaks(&world, &world.ann, &prompt, VoiceNote::ogg("x", 1), until).await;
    world.ann.replies(&prompt, "typed");
    world.ends("deploy").await;
}

#[tokio::test]
async fn a_message_about_a_note_that_somebody_deleted_comes_anew() {
    let ear = Ear::new(Confirm::Answers);
    let world = with_ear(&ear).await;
    let prompt = asked_for_an_answer(&world, "rollout").await;
    ear.holds();
    let note = ear.hears("canary");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    world.ann.deletes(&status);
    ear.goes_on();
    let offered = world.card(&world.ann).await;
    assert_eq!(offered.labels(), ["Use this", "Say it again", "Cancel"]);
    world.ann.taps(&offered, "Use this").answer().await;
    world.ends("rollout").await;
}
