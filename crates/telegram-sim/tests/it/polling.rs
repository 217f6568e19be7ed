//! `getUpdates`: confirmation, waiting, two pollers, expiry.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Bot, start};

fn ids(updates: &Value) -> Vec<i64> {
    updates
        .as_array()
        .expect("updates")
        .iter()
        .map(|update| update["update_id"].as_i64().expect("an id"))
        .collect()
}

/// Two polls in a row with one offset are slowed down; a poll of another offset between them keeps tests fast.
async fn peek(bot: &Bot, params: Value) -> Value {
    let updates = bot.ok("getUpdates", params).await;
    bot.ok(
        "getUpdates",
        json!({ "offset": 1, "timeout": 0, "limit": 1 }),
    )
    .await;
    updates
}

#[tokio::test]
async fn an_offset_confirms_and_nothing_else_does() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    for text in ["one", "two", "three"] {
        ann.says(&ann, text);
    }
    let all = ids(&peek(&bot, json!({})).await);
    assert_eq!(all.len(), 3);
    assert_eq!([all[0] + 1, all[0] + 2], [all[1], all[2]]);
    assert_eq!(ids(&peek(&bot, json!({ "limit": 2 })).await), all[..2]);
    assert_eq!(
        ids(&peek(&bot, json!({ "offset": all[1] })).await),
        all[1..]
    );
    assert_eq!(
        ids(&peek(&bot, json!({})).await),
        all[1..],
        "what was confirmed is gone"
    );
    assert_eq!(ids(&peek(&bot, json!({ "offset": -1 })).await), all[2..]);
    assert_eq!(
        ids(&peek(&bot, json!({ "offset": all[2] + 5000 })).await),
        all[2..],
        "a foreign offset confirms nothing"
    );
    assert_eq!(
        ids(&bot
            .ok("getUpdates", json!({ "offset": all[2] + 1, "limit": 1 }))
            .await),
        [0_i64; 0]
    );
    assert_eq!(sim.updates_pending(), 0);
}

#[tokio::test]
async fn ids_start_at_random_and_can_jump() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.says(&ann, "one");
    sim.restart_update_ids();
    ann.says(&ann, "two");
    let found = ids(&bot.ok("getUpdates", json!({})).await);
    assert!(found[0] > 1_000_000);
    assert_ne!(found[0] + 1, found[1]);
}

#[tokio::test]
async fn a_long_poll_wakes_when_something_happens() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let begun = Instant::now();
    let (updates, ()) = tokio::join!(bot.ok("getUpdates", json!({ "timeout": 30 })), async {
        sim.wait_for_poll().await;
        ann.says(&ann, "wake up");
    });
    assert_eq!(updates[0]["message"]["text"], "wake up");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn the_older_of_two_pollers_is_pushed_aside() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let older = bot.raw("getUpdates", json!({ "timeout": 30 }));
    let newer = async {
        sim.wait_for_poll().await;
        bot.raw("getUpdates", json!({ "timeout": 30 })).await
    };
    let then = async {
        sim.wait_for_call(|call| call.status == 409).await;
        ann.says(&ann, "hello");
    };
    let (older, newer, ()) = tokio::join!(older, newer, then);
    assert_eq!(older["error_code"], 409);
    assert_eq!(
        older["description"],
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
    assert_eq!(newer["result"][0]["message"]["text"], "hello");
}

#[tokio::test]
async fn spinning_on_one_offset_is_slowed_down() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.says(&ann, "one");
    ann.says(&ann, "two");
    assert_eq!(ids(&bot.ok("getUpdates", json!({})).await).len(), 2);
    assert_eq!(
        ids(&bot.ok("getUpdates", json!({})).await).len(),
        1,
        "the limit shrinks to one"
    );
}

#[tokio::test]
async fn presses_live_150_seconds_and_messages_a_day() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.says(&ann, "first");
    ann.taps_data(&ann, 1, "x");
    sim.clock().advance(Duration::from_secs(149));
    assert_eq!(sim.updates_pending(), 2);
    sim.clock().advance(Duration::from_secs(1));
    let left = bot.ok("getUpdates", json!({})).await;
    assert_eq!(ids(&left).len(), 1);
    assert_eq!(left[0]["message"]["text"], "first");
    sim.clock().advance(Duration::from_secs(86_400 - 150));
    assert_eq!(sim.updates_pending(), 0);
}

#[tokio::test]
async fn allowed_updates_stick_until_another_list_comes() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).create();
    bot.updates().await;
    let kinds = |updates: Vec<Value>| -> Vec<String> {
        let other = |update: &Value| {
            update
                .as_object()
                .and_then(|o| o.keys().find(|k| *k != "update_id").cloned())
        };
        updates.iter().filter_map(other).collect()
    };
    bot.ok(
        "getUpdates",
        json!({ "offset": 2, "allowed_updates": ["callback_query", "chat_member"] }),
    )
    .await;
    ann.says(&ann, "unseen");
    group.adds(&sim.person("Ben"));
    ann.taps_data(&ann, 1, "x");
    assert_eq!(
        kinds(bot.updates().await),
        ["chat_member", "callback_query"]
    );
    ann.says(&ann, "still unseen");
    assert!(bot.updates().await.is_empty());
    bot.ok(
        "getUpdates",
        json!({ "offset": 3, "allowed_updates": "[]" }),
    )
    .await;
    ann.says(&ann, "seen");
    group.adds(&sim.person("Cleo"));
    assert_eq!(
        kinds(bot.updates().await),
        ["message", "message"],
        "the default leaves chat_member out"
    );
}

#[tokio::test]
async fn unknown_kinds_and_entities_arrive_as_they_are() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    sim.inject_update("future_event", &json!({ "x": 1 }));
    let entity = signoff_telegram_sim::FaultKind::FutureEntity {
        entity: "hologram".to_owned(),
    };
    sim.fault(signoff_telegram_sim::Fault::on("", entity));
    ann.says(&ann, "no, because of the freeze");
    ann.says(&ann, "and plain again");
    let updates = bot.updates().await;
    assert_eq!(updates[0]["future_event"]["x"], 1);
    assert_eq!(updates[1]["message"]["entities"][0]["type"], "hologram");
    assert!(updates[2]["message"]["entities"].is_null());
}

#[tokio::test]
async fn an_edit_by_a_person_is_an_update_of_its_own_kind() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let said = ann.says(&ann, "yes");
    ann.edits(&said, "no");
    let updates = bot.updates().await;
    assert_eq!(updates[1]["edited_message"]["text"], "no");
    assert_eq!(
        updates[1]["edited_message"]["message_id"],
        json!(said.message_id)
    );
}

#[tokio::test]
async fn a_deep_link_starts_the_bot_with_its_payload() {
    let (sim, bot) = start().await;
    let ann = sim
        .new_person("Ann")
        .id(777_000)
        .username("ann_x")
        .language("ru")
        .create();
    ann.follows(&format!(
        "https://t.me/{}?start=abc_DEF-1",
        sim.bot_username()
    ));
    let message = &bot.updates().await[0]["message"];
    assert_eq!(message["text"], "/start abc_DEF-1");
    assert_eq!(
        message["entities"][0],
        json!({ "type": "bot_command", "offset": 0, "length": 6 })
    );
    assert_eq!(message["from"]["language_code"], "ru");
    assert_eq!(
        message["chat"],
        json!({ "id": 777_000, "type": "private", "first_name": "Ann", "username": "ann_x" })
    );
}
