//! Reasons and answers in people's own words.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{Status, Via};
use signoff_telegram_sim::{Fault, FaultKind, Person, SeenMessage};

use crate::world::{World, approval, question, with};

/// Someone presses a button that asks for a text; this is what they are asked.
pub(crate) async fn asked(
    world: &World,
    who: &Person,
    card: &SeenMessage,
    label: &str,
) -> SeenMessage {
    let answer = who.taps(card, label).answer().await;
    assert_eq!(answer.text, "Write below");
    world
        .sim
        .wait_for_message(card.chat_id, |seen| seen.force_reply.is_some())
        .await
}

#[tokio::test]
async fn a_reason_is_asked_of_one_person_and_recorded_verbatim() {
    let world = World::new().await;
    let request = world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    let short = request.id.short();
    let text = format!(
        "Ann\nWhy do you deny “Deploy billing-api 1.2.3”? ({short})\nReply to this message, or /cancel."
    );
    assert_eq!(prompt.text, text);
    assert_eq!(prompt.reply_to, Some(card.message_id));
    let force = prompt.force_reply.clone().unwrap();
    assert!(force.asks.unwrap().contains(&world.ann.id()));
    assert_eq!(force.placeholder.as_deref(), Some("Reason for denying"));

    let reply = world.ann.replies(&prompt, "not before Monday <b>");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.status, Status::Denied);
    assert_eq!(
        (outcome.reason.as_deref(), outcome.reason_via),
        (Some("not before Monday <b>"), Some(Via::Text))
    );
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("Reason  not before Monday <b>"),
        "{}",
        closed.text
    );
    let told = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text == "Denied")
        .await;
    assert_eq!((told.reply_to, told.silent), (Some(reply.message_id), true));
}

#[tokio::test]
async fn a_custom_answer_may_be_a_plain_message_in_a_private_chat() {
    let world = World::new().await;
    world.asks(question("rollout")).await;
    let card = world.card(&world.ann).await;
    asked(&world, &world.ann, &card, "Custom answer").await;
    world.ann.says(&world.ann, "ship it after lunch");
    let answer = world.ends("rollout").await.outcome.unwrap().answer.unwrap();
    assert_eq!(
        (answer.option_id, answer.text.as_str(), answer.via),
        (None, "ship it after lunch", Via::Text)
    );
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("Answer  ship it after lunch"),
        "{}",
        closed.text
    );
}

#[tokio::test]
async fn several_people_and_requests_do_not_mix() {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .asks(with(
                approval(name),
                json!({ "route": "ops", "title": name }),
            ))
            .await;
    }
    let first = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.contains("one"))
        .await;
    let second = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.contains("two"))
        .await;
    let for_ann = asked(&world, &world.ann, &first, "Deny with a reason").await;
    let for_ben = asked(&world, &world.ben, &second, "Deny with a reason").await;
    let also_for_ann = asked(&world, &world.ann, &second, "Deny with a reason").await;
    // Ben answers in Ann's place: that is not his to answer.
    world.ben.replies(&for_ann, "let me");
    world
        .sim
        .wait_for_message(&world.ops, |seen| {
            seen.text.starts_with("That question is for Ann.")
        })
        .await;
    world.ann.replies(&also_for_ann, "two: no");
    world.ann.replies(&for_ann, "one: no");
    assert_eq!(
        world.ends("one").await.outcome.unwrap().reason.as_deref(),
        Some("one: no")
    );
    assert_eq!(
        world.ends("two").await.outcome.unwrap().reason.as_deref(),
        Some("two: no")
    );
    // Ben comes too late, and learns who was first.
    world.ben.replies(&for_ben, "two: no, says Ben");
    let late = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.starts_with("Already decided."))
        .await;
    assert!(late.text.contains("Denied by ann"), "{}", late.text);
}

#[tokio::test]
async fn with_two_open_a_plain_message_is_asked_to_be_a_reply() {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .asks(with(approval(name), json!({ "title": name })))
            .await;
    }
    let mut prompts = Vec::new();
    for name in ["one", "two"] {
        let card = world
            .sim
            .wait_for_message(&world.ann, |seen| seen.text.contains(name))
            .await;
        prompts.push(asked(&world, &world.ann, &card, "Deny with a reason").await);
    }
    world.ann.says(&world.ann, "no");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("Several answers are awaited")
        })
        .await;
    world.ann.replies(&prompts[1], "no");
    assert_eq!(world.ends("two").await.status, Status::Denied);
    assert_eq!(world.request("one").await.status, Status::Pending);
}

#[tokio::test]
async fn cancelling_ends_the_conversation_it_replies_to() {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .asks(with(approval(name), json!({ "title": name })))
            .await;
    }
    let mut prompts = Vec::new();
    for name in ["one", "two"] {
        let card = world
            .sim
            .wait_for_message(&world.ann, |seen| seen.text.contains(name))
            .await;
        prompts.push(asked(&world, &world.ann, &card, "Deny with a reason").await);
    }
    // Handled again after a crash, or sent again, it still means that question and no other.
    for says in [
        "Cancelled, nothing was sent.",
        "There is nothing to cancel.",
    ] {
        world.ann.replies(&prompts[0], "/cancel");
        world
            .sim
            .wait_for_message(&world.ann, |seen| seen.text == says)
            .await;
    }
    // One is left, so a plain message is enough again.
    world.ann.says(&world.ann, "no");
    assert_eq!(world.ends("two").await.status, Status::Denied);
    assert_eq!(world.request("one").await.status, Status::Pending);
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "Denied")
        .await;
    world.ann.says(&world.ann, "/cancel");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text == "There is nothing to cancel."
        })
        .await;
}

#[tokio::test]
async fn a_conversation_that_took_too_long_says_so() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.passes(Duration::from_mins(31));
    // However often: a reply that is handled again after a crash means what it meant before.
    for _ in 0..2 {
        let said = world.ann.replies(&prompt, "no").message_id;
        let answer = |seen: &SeenMessage| seen.reply_to == Some(said);
        let told = world.sim.wait_for_message(&world.ann, answer).await;
        assert!(told.text.starts_with("That took too long"), "{}", told.text);
    }
    world.ann.says(&world.ann, "/cancel");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text == "There is nothing to cancel."
        })
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn a_conversation_survives_a_restart() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.is_killed().await;
    world.ann.replies(&prompt, "no");
    world.wakes();
    assert_eq!(
        world
            .ends("deploy")
            .await
            .outcome
            .unwrap()
            .reason
            .as_deref(),
        Some("no")
    );
}

#[tokio::test]
async fn a_question_whose_answer_was_lost_is_known_by_its_short_id() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::ResetAfter));
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.ann.replies(&prompt, "no");
    assert_eq!(
        world
            .ends("deploy")
            .await
            .outcome
            .unwrap()
            .reason
            .as_deref(),
        Some("no")
    );
    assert_eq!(
        world
            .sim
            .calls_of("sendMessage")
            .iter()
            .filter(|call| call.params["reply_markup"]["force_reply"] == true)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_text_with_an_entity_of_the_future_is_not_lost() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    world.sim.fault(Fault::on(
        "",
        FaultKind::FutureEntity {
            entity: "hologram".to_owned(),
        },
    ));
    world.ann.replies(&prompt, "no");
    assert_eq!(
        world
            .ends("deploy")
            .await
            .outcome
            .unwrap()
            .reason
            .as_deref(),
        Some("no")
    );
}

#[tokio::test]
async fn everybody_is_spoken_to_in_their_own_language() {
    let languages = [("ann", "ru-RU"), ("ben", "zh-CN")].into();
    let world = World::with(crate::world::Options {
        languages,
        ..Default::default()
    })
    .await;
    world
        .asks(with(
            approval("deploy"),
            json!({ "route": "either", "language": "en" }),
        ))
        .await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    assert_eq!(
        anns.labels(),
        ["✅ Разрешить", "❌ Отказать", "✍️ Отказать с причиной"]
    );
    assert_eq!(bens.labels(), ["✅ 批准", "❌ 拒绝", "✍️ 拒绝并说明理由"]);
    let answer = world.ann.taps(&anns, "Отказать с причиной").answer().await;
    assert_eq!(answer.text, "Напишите ниже");
    let prompt = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.force_reply.is_some())
        .await;
    assert!(
        prompt.text.contains("Почему вы отказываете"),
        "{}",
        prompt.text
    );
    world.ann.replies(&prompt, "нет");
    let closed = world
        .sim
        .wait_for_edit(&bens, |seen| !seen.has_buttons())
        .await;
    assert!(closed.text.contains("❌ ann 已拒绝"), "{}", closed.text);
}
