//! Updates that cannot be handled, however often.

use std::time::Duration;

use signoff_contract::Status;
use signoff_telegram_sim::{Fault, FaultKind};

use crate::delivery::bad_request;
use crate::world::{Options, World, approval};

fn fast() -> Options {
    Options {
        fast: true,
        ..Options::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_press_that_is_given_up_ends_with_a_word_in_its_answer() {
    let world = World::with(fast()).await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let fault = Fault::on("answerCallbackQuery", FaultKind::InternalServerError);
    world.sim.fault(fault.times(6));
    let answer = world.ann.taps(&card, "Approve").answer().await;
    assert!(answer.show_alert, "{answer:?}");
    assert!(
        answer
            .text
            .starts_with("I tried to handle this several times"),
        "{answer:?}"
    );
    // What it did stands all the same, and the card says so.
    assert_eq!(world.request("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_given_up_is_answered_so() {
    let world = World::with(fast()).await;
    let fault = Fault::on("sendMessage", FaultKind::InternalServerError);
    world.sim.fault(fault.times(6).in_chat(world.ann.id()));
    world.ann.says(&world.ann, "/whoami");
    let last = world.sim.next_message(&world.ann).await;
    assert!(
        last.text
            .starts_with("I tried to handle this several times"),
        "{}",
        last.text
    );
    assert!(last.reply_to.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_press_whose_answer_is_refused_for_good_is_not_given_up() {
    let world = World::with(fast()).await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let fault = Fault::on("answerCallbackQuery", bad_request("SOMETHING_NEW"));
    world.sim.fault(fault.times(u32::MAX));
    world.ann.taps(&card, "Approve");
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    // Six attempts take less; were it tried again, it would be given up in between.
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(world.request("deploy").await.status, Status::Approved);
    assert_eq!(world.sim.calls_of("answerCallbackQuery").len(), 1);
    let after: Vec<_> = world.sim.transcript(&world.ann);
    let after = after
        .iter()
        .filter(|seen| seen.from_bot && seen.message_id > card.message_id);
    assert_eq!(after.count(), 0, "the card says it all");
}
