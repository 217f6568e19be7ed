//! Cards on their way to people: places, documents, limits, and everything that Telegram refuses.

use std::time::Duration;

use serde_json::{Value, json};
use signoff_contract::{ExecutionBody, Status};
use signoff_telegram_sim::{FaultKind, SeenMessage};

use crate::world::{FREE, Options, World, approval, id, requester, with};

pub(crate) fn bad_request(description: &str) -> FaultKind {
    FaultKind::BadRequest {
        description: description.to_owned(),
    }
}

/// An approval whose arguments do not fit into a message.
pub(crate) fn long_approval(name: &str) -> Value {
    let manifest: Vec<String> = (0..400).map(|line| format!("line {line}")).collect();
    let arguments = json!({ "manifest": manifest, "namespace": "prod" });
    with(
        approval(name),
        json!({ "action": { "tool": "k8s.apply", "arguments": arguments } }),
    )
}

#[tokio::test]
async fn every_approver_gets_a_card_and_every_card_shows_the_outcome() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "either" })))
        .await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.ben.taps(&bens, "Deny").answer().await;
    for card in [&anns, &bens] {
        let closed = world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
        assert!(closed.text.contains("❌ Denied by ben"), "{}", closed.text);
    }
    // One card each, and the edits made no sound.
    assert_eq!(
        world
            .sim
            .transcript(&world.ann)
            .iter()
            .filter(|seen| seen.text.contains("Deploy"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_card_goes_to_its_topic_and_to_the_chat_when_the_topic_is_gone() {
    let world = World::new().await;
    world
        .asks(with(approval("one"), json!({ "route": "forum" })))
        .await;
    let card = world.card(&world.forum).await;
    assert_eq!(card.thread_id, Some(world.topic));
    world.forum.deletes_topic(world.topic);
    world
        .asks(with(approval("two"), json!({ "route": "forum" })))
        .await;
    let card = world.card(&world.forum).await;
    assert_eq!(card.thread_id, None);
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.ends("two").await.status, Status::Approved);
}

#[tokio::test]
async fn what_does_not_fit_is_posted_as_a_file_before_the_card() {
    let world = World::new().await;
    let request = world.asks(long_approval("apply")).await;
    let file = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.document.is_some())
        .await;
    let card = world.card(&world.ann).await;
    assert!(file.message_id < card.message_id);
    let digest = signoff_contract::Digest::of_bytes(file.file_bytes().unwrap());
    assert_eq!(Some(digest), request.view_digest);
    assert!(
        card.text
            .contains(&digest.to_string().replace("sha256:", "SHA-256 ")),
        "{}",
        card.text
    );
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.ends("apply").await.status, Status::Approved);
}

#[tokio::test]
async fn expiry_and_execution_reach_the_card() {
    let world = World::new().await;
    world.asks(approval("late")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("late").await;
    world.passes(Duration::from_secs(3_601));
    assert_eq!(world.ends("late").await.status, Status::Expired);
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(closed.text.contains("⏳ Expired"), "{}", closed.text);

    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.taps(&card, "Approve").answer().await;
    let body = ExecutionBody {
        result: signoff_contract::ExecutionResult::Applied,
        detail: Some("rev 7".to_owned()),
    };
    world
        .engine
        .report_execution(&requester(), &id("deploy"), body)
        .await
        .unwrap();
    let done = world
        .sim
        .wait_for_edit(&card, |seen| seen.text.contains("⚙️ Carried out"))
        .await;
    assert!(done.text.contains("rev 7"), "{}", done.text);
}

#[tokio::test]
async fn a_reminder_is_one_short_reply_that_mentions_who_is_waited_for() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops-both" })))
        .await;
    let card = world.card(&world.ops).await;
    world.ann.taps(&card, "Approve").answer().await;
    world
        .sim
        .wait_for_edit(&card, |seen| seen.text.contains("1 of 2"))
        .await;
    world.passes(Duration::from_secs(1_801));
    let reminder = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.contains("Still waiting"))
        .await;
    assert_eq!(reminder.reply_to, Some(card.message_id));
    assert!(
        reminder.text.contains("ben") && !reminder.text.contains("ann"),
        "{}",
        reminder.text
    );
    let mentioned: Vec<i64> = reminder
        .entities
        .iter()
        .filter_map(|e| e.user.as_ref().map(|user| user.id))
        .collect();
    assert_eq!(mentioned, [world.ben.id()]);
    assert!(!reminder.silent);
}

#[tokio::test]
async fn hostile_text_reaches_the_phone_as_it_is_and_visible() {
    let world = World::new().await;
    let action =
        json!({ "tool": "a</code> b", "arguments": { "x\u{200b}": "</pre>\"\n\u{202e}" } });
    let fields = json!({
        "title": "<b>bold</b> & gnp\u{200b}.exe",
        "justification": "one\n✅ Approved by ann",
        "action": action,
    });
    world.asks(with(approval("nasty"), fields)).await;
    let card = world.card(&world.ann).await;
    assert!(
        card.text.contains("<b>bold</b> & gnp⟨U+200B⟩.exe"),
        "{}",
        card.text
    );
    let block = "\"a</code> b\"\n{\n  \"x\\u200b\": \"</pre>\\\"\\n\\u202e\"\n}";
    assert_eq!(card.part("pre").as_deref(), Some(block));
    assert_eq!(
        card.part("blockquote").as_deref(),
        Some("one\n✅ Approved by ann")
    );
}

#[tokio::test]
async fn content_is_protected_where_the_operator_wants_it() {
    let world = World::with(Options {
        protect_content: true,
        limits: FREE,
        ..Options::default()
    })
    .await;
    world.asks(long_approval("apply")).await;
    let file = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.document.is_some())
        .await;
    let card = world.card(&world.ann).await;
    assert!(file.protected && card.protected);
}

#[tokio::test]
async fn a_closed_card_is_never_edited_again_without_need() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.taps(&card, "Deny").answer().await;
    let closed: SeenMessage = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    world.ann.says(&world.ann, "/whoami");
    world.sim.next_message(&world.ann).await;
    assert_eq!(
        world
            .sim
            .message(&world.ann, card.message_id)
            .unwrap()
            .revision,
        closed.revision
    );
}
