//! Cards that Telegram refuses to change, for whatever reason it has.

use serde_json::json;
use signoff_contract::{CancelBody, ExecutionBody, ExecutionResult, Status};
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::delivery::bad_request;
use crate::world::{World, approval, id, requester, with};

fn refused() -> Fault {
    Fault::on("editMessageText", bad_request("SOMETHING_NEW")).times(u32::MAX)
}

fn with_buttons(world: &World) -> usize {
    let seen = world.sim.transcript(&world.ann);
    seen.iter().filter(|seen| seen.has_buttons()).count()
}

#[tokio::test]
async fn the_outcome_of_a_card_that_cannot_be_changed_is_posted_in_a_reply_to_it() {
    let forbidden = FaultKind::Forbidden {
        description: "bot is not allowed to edit".to_owned(),
    };
    for fault in [bad_request("SOMETHING_NEW"), FaultKind::NotFound, forbidden] {
        let world = World::new().await;
        world.asks(approval("deploy")).await;
        let card = world.card(&world.ann).await;
        world.is_presented("deploy").await;
        world
            .sim
            .fault(Fault::on("editMessageText", fault).times(u32::MAX));
        world.ann.taps(&card, "Approve").answer().await;
        let outcome = |seen: &SeenMessage| seen.text.contains("✅ Approved by ann");
        let told = world.sim.wait_for_message(&world.ann, outcome).await;
        assert_eq!(told.reply_to, Some(card.message_id));
        assert!(!told.has_buttons(), "{}", told.text);
        // Its buttons are left, and say how it is; nothing more is posted for it.
        let before = world.sim.transcript(&world.ann).len();
        let late = world.ann.taps(&card, "Deny").answer().await;
        assert!(
            late.show_alert && late.text.contains("Approved by ann"),
            "{late:?}"
        );
        world.ann.taps(&card, "Approve").answer().await;
        assert_eq!(world.sim.transcript(&world.ann).len(), before);
        assert_eq!(world.request("deploy").await.status, Status::Approved);
    }
}

#[tokio::test]
async fn a_card_left_open_closes_at_its_next_press_when_that_works_again() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    world.sim.fault(refused());
    world.ann.taps(&card, "Approve").answer().await;
    let outcome = |seen: &SeenMessage| seen.text.contains("✅ Approved by ann");
    world.sim.wait_for_message(&world.ann, outcome).await;
    assert_eq!(with_buttons(&world), 1);
    world.is_known_to_be_closed("deploy").await;
    world.sim.clear_faults();
    world.ann.taps(&card, "Deny").answer().await;
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
}

#[tokio::test]
async fn what_comes_of_an_approval_is_told_too_where_nothing_can_be_changed() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    world.sim.fault(refused());
    world.ann.taps(&card, "Approve").answer().await;
    let outcome = |seen: &SeenMessage| seen.text.contains("✅ Approved by ann");
    let told = world.sim.wait_for_message(&world.ann, outcome).await;
    let body = ExecutionBody {
        result: ExecutionResult::Applied,
        detail: None,
    };
    world
        .engine
        .report_execution(&requester(), &id("deploy"), body)
        .await
        .unwrap();
    let carried_out = |seen: &SeenMessage| seen.text.contains("⚙️ Carried out");
    let last = world.sim.wait_for_message(&world.ann, carried_out).await;
    assert_eq!(last.reply_to, Some(told.message_id));
}

/// The votes on a card that cannot be changed are old, its buttons are not: it stays in use, and is
/// closed in the end.
#[tokio::test]
async fn an_open_card_that_could_not_be_changed_is_used_and_closed_all_the_same() {
    let world = World::new().await;
    let both = json!({ "route": "both" });
    world.asks(with(approval("deploy"), both.clone())).await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.sim.fault(refused().in_chat(world.ben.id()).times(1));
    world.ann.taps(&anns, "Approve").answer().await;
    world
        .sim
        .wait_for_call(|call| call.method == "editMessageText" && call.fault.is_some())
        .await;
    world.ben.taps(&bens, "Approve").answer().await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&bens, |seen| !seen.has_buttons())
        .await;
    // No second card was posted meanwhile.
    let of_ben = world.sim.transcript(&world.ben);
    assert_eq!(of_ben.iter().filter(|seen| seen.from_bot).count(), 2);

    // The same when it ends without a press.
    world.asks(with(approval("other"), both)).await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.is_presented("other").await;
    world.sim.fault(refused().in_chat(world.ben.id()));
    world.ann.taps(&anns, "Approve").answer().await;
    world
        .sim
        .wait_for_edit(&anns, |seen| seen.text.contains("1 of 2"))
        .await;
    world
        .engine
        .cancel(&requester(), &id("other"), CancelBody { reason: None })
        .await
        .unwrap();
    let withdrawn = |seen: &SeenMessage| seen.text.contains("Withdrawn");
    let told = world.sim.wait_for_message(&world.ben, withdrawn).await;
    assert_eq!(told.reply_to, Some(bens.message_id));
}
