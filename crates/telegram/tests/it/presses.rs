//! Pressing buttons.

use std::time::Duration;

use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::{Fault, FaultKind};

use crate::world::{World, approval, question, with};

#[tokio::test]
async fn a_tap_on_approve_is_committed_answered_and_shown() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    assert_eq!(
        card.labels(),
        ["✅ Approve", "❌ Deny", "✍️ Deny with a reason"]
    );
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.show_alert),
        ("Approved", false)
    );
    assert_eq!(world.request("deploy").await.status, Status::Approved);
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("✅ Approved by ann · "),
        "{}",
        closed.text
    );
    assert!(
        closed.text.contains("\"namespace\": \"prod\""),
        "the arguments stay"
    );
}

#[tokio::test]
async fn an_option_of_a_question_is_its_answer() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    let labels = card.labels();
    assert_eq!(
        labels[..3],
        ["Canary, 10 % of traffic", "Blue/green switch", "Delay"]
    );
    assert_eq!(labels[3..], ["✍️ Custom answer", "🚫 Decline to answer"]);
    world.ann.taps(&card, "Delay").answer().await;
    let outcome = world.ends("rollout").await.outcome.unwrap();
    assert_eq!(outcome.answer.unwrap().option_id.as_deref(), Some("wait"));
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("✅ Answered by ann · "),
        "{}",
        closed.text
    );
    assert!(closed.text.contains("Answer  Delay"), "{}", closed.text);
}

#[tokio::test]
async fn declining_a_question_denies_it() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    let answer = world.ann.taps(&card, "Decline").answer().await;
    assert_eq!(answer.text, "Declined");
    assert_eq!(world.ends("rollout").await.status, Status::Denied);
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("🚫 ann declined to answer"),
        "{}",
        closed.text
    );
}

#[tokio::test]
async fn high_risk_asks_for_a_second_press() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "risk": "high" })))
        .await;
    let card = world.card(&world.ann).await;
    let first = world.ann.taps(&card, "Approve").answer().await;
    let text = "High risk: press Approve again to confirm, after a second and within a minute";
    assert_eq!((first.text.as_str(), first.show_alert), (text, true));
    assert_eq!(
        world
            .sim
            .message(&world.ann, card.message_id)
            .unwrap()
            .revision,
        0,
        "nothing changes in the chat"
    );
    world.passes(Duration::from_secs(2));
    let second = world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(second.text, "Approved");
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
}

#[tokio::test]
async fn a_hidden_value_asks_for_a_second_press_and_says_why() {
    let world = World::new().await;
    let action = json!({ "tool": "db.login", "arguments": { "password": "hunter2-hunter2" } });
    world
        .asks(with(approval("login"), json!({ "action": action })))
        .await;
    let card = world.card(&world.ann).await;
    assert!(
        card.text.contains("••• 15 characters hidden"),
        "{}",
        card.text
    );
    assert!(card.text.contains("1 hidden value · "), "{}", card.text);
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert!(answer.show_alert && answer.text.starts_with("Something is hidden here"));
}

#[tokio::test]
async fn a_stranger_in_the_group_decides_nothing() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let answer = world.eve.taps(&card, "Approve").answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.show_alert),
        ("Only ann, ben may decide this", true)
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn the_loser_of_a_race_reads_who_was_first() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.ann.taps(&card, "Deny").answer().await;
    let data = card
        .button("✅ Approve")
        .unwrap()
        .callback_data
        .clone()
        .unwrap();
    let late = world
        .ben
        .taps_data(&world.ops, card.message_id, &data)
        .answer()
        .await;
    let text = late.text;
    assert!(
        late.show_alert && text.starts_with("Already decided. ❌ Denied by ann"),
        "{text}"
    );
}

#[tokio::test]
async fn two_approvals_are_counted_on_every_copy() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "both" })))
        .await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    assert!(anns.text.contains("2 approvals needed"), "{}", anns.text);
    let answer = world.ann.taps(&anns, "Approve").answer().await;
    assert_eq!(answer.text, "Counted: 1 of 2 approvals");
    let seen = world
        .sim
        .wait_for_edit(&bens, |seen| seen.text.contains("1 of 2: ann"))
        .await;
    world.ben.taps(&seen, "Approve").answer().await;
    for (card, person) in [(&anns, &world.ann), (&bens, &world.ben)] {
        let closed = world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
        assert!(
            closed.text.contains("✅ Approved by ann, ben"),
            "{}: {}",
            person.id(),
            closed.text
        );
    }
}

#[tokio::test]
async fn data_that_we_never_sealed_is_not_ours() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let real = card
        .button("✅ Approve")
        .unwrap()
        .callback_data
        .clone()
        .unwrap();
    // The last character carries bits of the seal.
    let last = if real.ends_with('A') { 'E' } else { 'A' };
    let forged = format!("{}{last}", &real[..real.len() - 1]);
    for data in ["approve", "signoff:1:yes", "", &forged, "\u{202e}"] {
        let answer = world
            .ann
            .taps_data(&world.ann, card.message_id, data)
            .answer()
            .await;
        let text = "This button is not mine, or no longer";
        assert_eq!(
            (answer.text.as_str(), answer.show_alert),
            (text, true),
            "{data:?}"
        );
    }
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn a_handle_from_another_chat_does_nothing() {
    let world = World::new().await;
    world.asks(approval("private")).await;
    let card = world.card(&world.ann).await;
    let data = card
        .button("✅ Approve")
        .unwrap()
        .callback_data
        .clone()
        .unwrap();
    world
        .asks(with(approval("public"), json!({ "route": "ops" })))
        .await;
    let other = world.card(&world.ops).await;
    let answer = world
        .ann
        .taps_data(&world.ops, other.message_id, &data)
        .answer()
        .await;
    assert_eq!(answer.text, "This button belongs to another chat");
    assert_eq!(world.request("private").await.status, Status::Pending);
}

#[tokio::test]
async fn a_slow_commit_is_answered_empty_and_told_afterwards() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.gate.closes();
    let tap = world.ann.taps(&card, "Approve");
    assert_eq!(
        tap.answer().await.text,
        "",
        "nothing is known yet, so nothing is said"
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    world.gate.opens();
    let told = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "Approved")
        .await;
    assert_eq!(told.reply_to, Some(card.message_id));
}

#[tokio::test]
async fn a_store_that_does_not_answer_loses_no_press() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.gate.fails(1);
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert!(answer.show_alert && answer.text.contains("will be tried again"));
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "Approved")
        .await;
}

#[tokio::test]
async fn a_press_that_was_answered_too_late_still_counts() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let old = FaultKind::BadRequest {
        description: "query is too old and response timeout expired or query ID is invalid"
            .to_owned(),
    };
    world.sim.fault(Fault::on("answerCallbackQuery", old));
    world.ann.taps(&card, "Approve");
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
}

#[tokio::test]
async fn a_card_whose_message_id_was_lost_is_adopted_by_its_first_press() {
    let world = World::new().await;
    let (orphan, second) = world.asks_with_an_orphan().await;
    let answer = world.ann.taps(&orphan, "Approve").answer().await;
    assert_eq!(answer.text, "Approved");
    for card in [&orphan, &second] {
        world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
    }
}

#[tokio::test]
async fn an_orphan_of_an_ended_request_is_closed_by_its_first_press() {
    let world = World::new().await;
    let orphan = world.leaves_an_orphan_of_a_denial().await;
    let answer = world.ann.taps(&orphan, "Approve").answer().await;
    assert!(answer.show_alert && answer.text.starts_with("Already decided."));
    let closed = world
        .sim
        .wait_for_edit(&orphan, |seen| !seen.has_buttons())
        .await;
    assert!(closed.text.contains("❌ Denied by ann"), "{}", closed.text);
}

#[tokio::test]
async fn whoever_presses_an_orphan_does_not_wait_for_a_chat_that_takes_no_edits() {
    let world = World::new().await;
    let orphan = world.leaves_an_orphan_of_a_denial().await;
    let busy = FaultKind::TooManyRequests { retry_after: 2 };
    world.sim.fault(Fault::on("editMessageText", busy));
    let answer = world.ann.taps(&orphan, "Approve").answer().await;
    assert!(answer.show_alert && answer.text.starts_with("Already decided."));
    let now = world.sim.message(&world.ann, orphan.message_id).unwrap();
    assert!(now.has_buttons(), "it is answered before it is closed");
    let closed = world
        .sim
        .wait_for_edit(&orphan, |seen| !seen.has_buttons())
        .await;
    assert!(closed.text.contains("❌ Denied by ann"), "{}", closed.text);
}

#[tokio::test]
async fn an_adopted_card_is_kept_up_to_date_like_the_others() {
    let world = World::new().await;
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::ResetAfter));
    world
        .asks(with(approval("deploy"), json!({ "route": "ops-both" })))
        .await;
    let (orphan, second) = (world.card(&world.ops).await, world.card(&world.ops).await);
    world.ann.taps(&orphan, "Approve").answer().await;
    for card in [&orphan, &second] {
        world
            .sim
            .wait_for_edit(card, |seen| seen.text.contains("1 of 2: ann"))
            .await;
    }
}
