//! What people write and what does not count.

use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::VoiceNote;

use crate::conversations::asked;
use crate::world::{World, approval, with};

#[tokio::test]
async fn talk_in_the_group_is_left_alone() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.eve.replies(&card, "what is this?");
    world.ann.replies(&card, "no idea");
    // The answer to a command proves that everything before it was handled.
    world.ann.says(&world.ops, "/whoami");
    let next = world.sim.next_message(&world.ops).await;
    assert!(next.text.starts_with("You are ann"), "{}", next.text);
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn a_plain_text_that_nobody_awaits_gets_a_hint() {
    let world = World::new().await;
    world.ann.says(&world.ann, "hello?");
    let hint = world.sim.next_message(&world.ann).await;
    assert_eq!(
        hint.text,
        "No text is awaited from you. /pending shows what waits."
    );
}

#[tokio::test]
async fn messages_that_prove_nothing_are_refused_with_what_to_do() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;

    let typo = world.ann.says(&world.ops, "unrelated");
    world.ann.edits(&typo, "still unrelated");
    world.ops.promotes_anonymously(&world.ben);
    world.ben.replies(&prompt, "no, says the group");
    world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.contains("Remain anonymous"))
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);

    world.asks(approval("private")).await;
    let card = world.card(&world.ann).await;
    asked(&world, &world.ann, &card, "Deny with a reason").await;
    let elsewhere = world.ann.says(&world.ops, "somebody else's words");
    world.ann.forwards(&elsewhere, &world.ann);
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("Forwarded messages do not count")
        })
        .await;
    assert_eq!(world.request("private").await.status, Status::Pending);
}

#[tokio::test]
async fn an_edited_answer_does_not_count() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let old = world.ann.says(&world.ann, "thinking");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("No text is awaited")
        })
        .await;
    asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.ann.edits(&old, "because");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("Edited messages do not count")
        })
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn anything_but_text_keeps_the_conversation_open() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world
        .ann
        .sends_voice(&world.ann, VoiceNote::ogg(vec![0; 100], 3), Some(&prompt));
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text == "Voice is not set up here, please type."
        })
        .await;
    world
        .ann
        .sends_file(&world.ann, "reason.pdf", "application/pdf", vec![1, 2, 3]);
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("Please type it as text")
        })
        .await;
    world.ann.replies(&prompt, &"x".repeat(4_001));
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("4001 characters are too many")
        })
        .await;
    world.ann.replies(&prompt, &"x".repeat(4_000));
    assert_eq!(
        world
            .ends("deploy")
            .await
            .outcome
            .unwrap()
            .reason
            .unwrap()
            .len(),
        4_000
    );
}

#[tokio::test]
async fn whoever_may_not_decide_is_asked_nothing() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let answer = world.eve.taps(&card, "Deny with a reason").answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.show_alert),
        ("Only ann, ben may decide this", true)
    );
}

#[tokio::test]
async fn a_mistyped_command_is_no_reason() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.ann.says(&world.ann, "/pendign");
    let unknown = "I do not know that command";
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.starts_with(unknown))
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    // As a plain reply it is one: "/etc/hosts is wrong" is a reason.
    world.ann.replies(&prompt, "/etc/hosts is wrong");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("/etc/hosts is wrong"));
}

#[tokio::test]
async fn an_edited_command_does_nothing_and_says_so() {
    let world = World::new().await;
    let request = world.asks(approval("deploy")).await;
    world.card(&world.ann).await;
    let typed = world.ann.says(&world.ann, "/deny nothing");
    let nothing = "Nothing with the id";
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.starts_with(nothing))
        .await;
    world
        .ann
        .edits(&typed, &format!("/deny {}", request.id.short()));
    let edited = "Edited messages";
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.starts_with(edited))
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}
