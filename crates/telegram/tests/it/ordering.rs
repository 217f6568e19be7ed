//! The order of what one person says and presses, whatever fails in between.

use signoff_contract::Status;
use signoff_telegram_sim::{Fault, FaultKind};

use crate::conversations::asked;
use crate::world::{World, question, with};

#[tokio::test]
async fn a_text_whose_confirmation_failed_never_answers_another_request() {
    let world = World::new().await;
    world.asks(question("first")).await;
    let first = world.card(&world.ann).await;
    asked(&world, &world.ann, &first, "Custom answer").await;
    let other = serde_json::json!({ "title": "Quite another question?" });
    world.asks(with(question("second"), other)).await;
    let second = world.card(&world.ann).await;
    let fault = Fault::on("sendMessage", FaultKind::InternalServerError);
    world.sim.fault(fault.in_chat(world.ann.id()));
    world.ann.says(&world.ann, "after lunch");
    let answer = world.ends("first").await.outcome.unwrap().answer.unwrap();
    assert_eq!(answer.text, "after lunch");
    world.sim.wait_for_call(|call| call.status == 500).await;
    // Before the confirmation is tried again.
    world.ann.says(&world.ann, "/cancel");
    world.ann.taps(&second, "Custom answer");
    let confirmed = |seen: &signoff_telegram_sim::SeenMessage| seen.text == "Answer taken";
    world.sim.wait_for_message(&world.ann, confirmed).await;
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.force_reply.is_some())
        .await;
    world.ann.says(&world.ann, "/whoami");
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.starts_with("You are ann"))
        .await;
    assert_eq!(world.request("second").await.status, Status::Pending);
}

#[tokio::test]
async fn a_text_from_before_the_question_does_not_answer_it() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    let fault = Fault::on("sendMessage", FaultKind::InternalServerError);
    world.sim.fault(fault.in_chat(world.ann.id()));
    world.ann.says(&world.ann, "good morning");
    world.sim.wait_for_call(|call| call.status == 500).await;
    let tap = world.ann.taps(&card, "Custom answer");
    // Handled again, and before what came later.
    let hint = |seen: &signoff_telegram_sim::SeenMessage| {
        seen.text.starts_with("No text is awaited from you.")
    };
    world.sim.wait_for_message(&world.ann, hint).await;
    assert_eq!(tap.answer().await.text, "Write below");
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.force_reply.is_some())
        .await;
    assert_eq!(world.request("rollout").await.status, Status::Pending);
    world.ann.says(&world.ann, "canary");
    let answer = world.ends("rollout").await.outcome.unwrap().answer.unwrap();
    assert_eq!(answer.text, "canary");
}

#[tokio::test]
async fn a_strangers_flood_delays_nobody_and_is_answered_once() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    world.eve.starts();
    for _ in 0..700 {
        world.eve.says(&world.eve, "hello?");
    }
    let tap = world.ann.taps(&card, "Delay");
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), tap.answer());
    assert_eq!(answer.await.unwrap().text, "Answer taken");
    assert_eq!(world.ends("rollout").await.status, Status::Approved);
    world.sim.next_message(&world.eve).await;
    let to_eve = world.sim.calls_of("sendMessage").into_iter();
    let to_eve = to_eve.filter(|call| call.params["chat_id"] == world.eve.id());
    assert_eq!(to_eve.count(), 1);
}

#[tokio::test]
async fn who_cannot_be_asked_is_told_so() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    let description = "not enough rights to send text messages to the chat".to_owned();
    let fault = Fault::on("sendMessage", FaultKind::BadRequest { description });
    world.sim.fault(fault.in_chat(world.ann.id()));
    let answer = world.ann.taps(&card, "Custom answer").answer().await;
    assert!(
        answer.show_alert
            && answer
                .text
                .starts_with("The question could not be posted here"),
        "{answer:?}"
    );
    // Nothing is awaited, and asking again works.
    asked(&world, &world.ann, &card, "Custom answer").await;
}
