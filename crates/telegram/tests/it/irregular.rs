//! Updates that come otherwise than they should: in another order, of kinds that are not known, of
//! messages that cannot be read any more.

use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::conversations::asked;
use crate::world::{Options, World, approval};

#[tokio::test]
async fn updates_in_reverse_order_are_handled_in_the_order_they_were_made() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    // All in one batch: they wait for the service together.
    world.is_killed().await;
    let first = world.ann.taps(&card, "Approve");
    let second = world.ann.taps(&card, "Deny");
    world.ann.says(&world.ann, "/whoami");
    world
        .sim
        .fault(Fault::on("getUpdates", FaultKind::ReorderUpdates).times(u32::MAX));
    world.wakes();
    assert_eq!(first.answer().await.text, "Approved");
    let second = second.answer().await;
    assert!(
        second.show_alert && second.text.contains("Approved by ann"),
        "{second:?}"
    );
    let ended = world.ends("deploy").await;
    assert_eq!(ended.status, Status::Approved);
    let known = |seen: &SeenMessage| seen.text.starts_with("You are ann");
    world.sim.wait_for_message(&world.ann, known).await;
    let callbacks = world.sim.calls_of("answerCallbackQuery");
    assert_eq!(callbacks.len(), 2, "each press is answered once");
}

#[tokio::test]
async fn updates_that_come_twice_are_handled_once_each() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    world
        .sim
        .fault(Fault::on("getUpdates", FaultKind::DuplicateUpdates).times(u32::MAX));
    // Ends the poll that hangs, should one hang.
    world.ann.says(&world.ann, "/whoami");
    let known = |seen: &SeenMessage| seen.text.starts_with("You are ann");
    world.sim.wait_for_message(&world.ann, known).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.ann.replies(&prompt, "not today");
    let ended = world.ends("deploy").await;
    let reason = ended.outcome.expect("it ended").reason;
    assert_eq!(reason.as_deref(), Some("not today"));
    world.ann.says(&world.ann, "/help");
    let help = |seen: &SeenMessage| seen.text.contains("Press a button on a card");
    world.sim.wait_for_message(&world.ann, help).await;
    let polls = world.sim.calls_of("getUpdates");
    assert!(polls.iter().any(|poll| poll.fault.is_some()));
    assert_eq!(world.sim.calls_of("answerCallbackQuery").len(), 1);
    let said = world.sim.transcript(&world.ann);
    let of_bot: Vec<&SeenMessage> = said.iter().filter(|seen| seen.from_bot).collect();
    let times = |words: &str| {
        of_bot
            .iter()
            .filter(|seen| seen.text.contains(words))
            .count()
    };
    let once = ["You are ann", "Why do you deny", "Press a button on a card"];
    assert_eq!(once.map(times), [1, 1, 1]);
}

/// What was queued before the service said what it wants may be of any kind.
#[tokio::test]
async fn an_update_of_a_kind_that_is_not_known_holds_nothing_up() {
    let world = World::asleep(Options::default()).await;
    let from = json!({ "id": 1001, "is_bot": false, "first_name": "Ann" });
    let quantum = json!({ "message_id": 1, "from": from });
    world.sim.inject_update("quantum_message", &quantum);
    world.sim.inject_update("poll", &json!([]));
    world.asks(approval("deploy")).await;
    world.wakes();
    let card = world.card(&world.ann).await;
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(answer.text, "Approved");
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    // They were taken, not left to come again.
    world.sim.wait_until_fetched().await;
    let created = world.sim.updates_created();
    assert!(
        created
            .iter()
            .any(|update| !update["quantum_message"].is_null())
    );
}

#[tokio::test]
async fn a_press_on_a_card_that_cannot_be_read_any_more_counts_and_closes_it() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    world.sim.make_inaccessible(&card);
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(answer.text, "Approved");
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
}

/// What is on such a message is not told, so it is never taken for a card that was lost.
#[tokio::test]
async fn a_press_on_a_message_that_cannot_be_read_adopts_nothing() {
    let world = World::new().await;
    let (orphan, card) = world.asks_with_an_orphan().await;
    world.is_presented("deploy").await;
    world.sim.make_inaccessible(&orphan);
    assert_eq!(
        world.ann.taps(&orphan, "Approve").answer().await.text,
        "Approved"
    );
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    let edited = world.sim.calls_of("editMessageText");
    let of_orphan =
        |call: &&signoff_telegram_sim::Call| call.params["message_id"] == orphan.message_id;
    assert_eq!(edited.iter().filter(of_orphan).count(), 0);
}
