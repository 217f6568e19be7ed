//! The rate limiter, on a standing clock.

use std::time::Duration;

use serde_json::json;

use super::start_with;

#[tokio::test]
async fn a_group_takes_20_sends_and_edits_a_minute() {
    let (sim, bot) = start_with(|options| options.rate_limits = true).await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).create();
    let id = bot.says(group.id(), "0").await;
    for n in 1..20 {
        sim.clock().advance(Duration::from_secs(1));
        let edit = json!({ "chat_id": group.id(), "message_id": id, "text": n.to_string() });
        bot.ok("editMessageText", edit).await;
    }
    let edit = json!({ "chat_id": group.id(), "message_id": id, "text": "x" });
    let refusal = bot.raw("editMessageText", edit.clone()).await;
    assert_eq!(refusal["error_code"], 429);
    assert_eq!(refusal["parameters"]["retry_after"], 41);
    let press = ann.taps_data(&group, id, "x");
    bot.ok(
        "answerCallbackQuery",
        json!({ "callback_query_id": press.query_id() }),
    )
    .await;
    sim.clock().advance(Duration::from_secs(41));
    bot.ok("editMessageText", edit).await;
    sim.read_all(&group);
}

#[tokio::test]
async fn one_chat_takes_a_short_burst_then_one_a_second() {
    let (sim, bot) = start_with(|options| options.rate_limits = true).await;
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    ann.starts();
    ben.starts();
    for _ in 0..3 {
        bot.says(ann.id(), "x").await;
    }
    let hello = json!({ "chat_id": ann.id(), "text": "x" });
    assert_eq!(
        bot.raw("sendMessage", hello.clone()).await["error_code"],
        429
    );
    bot.says(ben.id(), "another chat is free").await;
    sim.clock().advance(Duration::from_secs(3));
    bot.ok("sendMessage", hello).await;
    sim.read_all(&ann);
    sim.read_all(&ben);
}

#[tokio::test]
async fn all_chats_together_take_30_a_second() {
    let (sim, bot) = start_with(|options| options.rate_limits = true).await;
    for n in 0..31 {
        let person = sim.new_person(&format!("P{n}")).create();
        person.starts();
        let answer = bot
            .raw(
                "sendMessage",
                json!({ "chat_id": person.id(), "text": "x" }),
            )
            .await;
        assert_eq!(answer["ok"], n < 30, "{n}: {answer}");
        sim.read_all(&person);
    }
}
