//! The person side over HTTP, as another process uses it, and the page's files.

use serde_json::{Value, json};

use super::{Bot, start};

async fn post(bot: &Bot, path: &str, body: Value) -> Value {
    let response = bot
        .client
        .post(format!("{}/sim/{path}", bot.root))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    response.json().await.expect("JSON")
}

async fn get(bot: &Bot, path: &str) -> Value {
    let response = bot
        .client
        .get(format!("{}/sim/{path}", bot.root))
        .send()
        .await
        .expect("an answer");
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn another_process_can_play_a_person() {
    let (sim, bot) = start().await;
    let ann = post(
        &bot,
        "persons",
        json!({ "first_name": "Ann", "language_code": "de" }),
    )
    .await["id"]
        .clone();
    let chat = ann.as_i64().expect("an id");
    let started = post(
        &bot,
        &format!("persons/{ann}/starts"),
        json!({ "payload": "tok-1" }),
    )
    .await;
    assert_eq!(started["text"], "/start tok-1");
    let id = bot.card(chat).await;
    let card = get(
        &bot,
        &format!("chats/{chat}/wait?button=Approve&timeout_ms=2000"),
    )
    .await;
    assert_eq!(card["message_id"], json!(id));
    assert_eq!(get(&bot, "unread").await, json!([]));
    let tap = post(
        &bot,
        &format!("persons/{ann}/taps"),
        json!({ "message_id": id, "label": "Deny" }),
    )
    .await;
    let query = tap["query_id"].as_str().expect("an id");
    bot.ok(
        "answerCallbackQuery",
        json!({ "callback_query_id": query, "text": "Done" }),
    )
    .await;
    assert_eq!(
        get(&bot, &format!("taps/{query}")).await,
        json!({ "text": "Done", "show_alert": false, "url": null })
    );
    bot.ok(
        "editMessageText",
        json!({ "chat_id": chat, "message_id": id, "text": "Denied" }),
    )
    .await;
    let path = format!("chats/{chat}/wait?message_id={id}&after_revision=0&text=Denied");
    assert_eq!(get(&bot, &path).await["buttons"], json!([]));
    let raw = json!({ "message_id": id, "data": "forged" });
    assert!(post(&bot, &format!("persons/{ann}/taps"), raw).await["query_id"].is_string());
    let missing = post(
        &bot,
        &format!("persons/{ann}/taps"),
        json!({ "message_id": id, "label": "Approve" }),
    )
    .await;
    assert!(
        missing["error"]
            .as_str()
            .expect("a sentence")
            .contains("no single button"),
        "{missing}"
    );
    let voice = bot.client.post(format!(
        "{}/sim/persons/{ann}/voice?seconds=3&reply_to={id}",
        bot.root
    ));
    let sent: Value = voice
        .header("content-type", "audio/ogg")
        .body("OggS")
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        (
            sent["voice"]["duration"].as_i64(),
            sent["reply_to"].as_i64()
        ),
        (Some(3), Some(id))
    );
    post(&bot, &format!("persons/{ann}/blocks"), json!({})).await;
    let refusal = bot
        .refused("sendMessage", json!({ "chat_id": chat, "text": "x" }))
        .await;
    assert_eq!(refusal, "Forbidden: bot was blocked by the user");
    let transcript = get(&bot, &format!("chats/{chat}/transcript")).await;
    assert_eq!(transcript.as_array().map(Vec::len), Some(3));
    drop(sim);
}

#[tokio::test]
async fn groups_faults_clock_calls_and_reset_are_there_too() {
    let (sim, bot) = start().await;
    let ann = post(&bot, "persons", json!({ "first_name": "Ann" })).await["id"].clone();
    let ben = post(&bot, "persons", json!({ "first_name": "Ben" })).await["id"].clone();
    let group = post(&bot, "groups", json!({ "title": "R", "people": [ann] })).await["id"].clone();
    post(
        &bot,
        &format!("groups/{group}/members"),
        json!({ "person": ben, "role": "anonymous_administrator" }),
    )
    .await;
    let said = post(
        &bot,
        &format!("persons/{ben}/says"),
        json!({ "chat": group, "text": "/pending" }),
    )
    .await;
    assert_eq!(said["from"]["username"], "GroupAnonymousBot");
    let new = post(&bot, &format!("groups/{group}/migrate"), json!({})).await["id"].clone();
    let fault = json!({ "method": "sendMessage", "chat": new, "kind": "too_many_requests", "retry_after": 3 });
    post(&bot, "faults", fault).await;
    assert_eq!(get(&bot, "faults").await.as_array().map(Vec::len), Some(1));
    let send = json!({ "chat_id": new, "text": "x" });
    assert_eq!(
        bot.raw("sendMessage", send.clone()).await["parameters"]["retry_after"],
        3
    );
    bot.ok("sendMessage", send).await;
    assert_eq!(get(&bot, "faults").await, json!([]));
    let before = get(&bot, "clock").await["unix_ms"]
        .as_i64()
        .expect("a time");
    let after = post(&bot, "clock", json!({ "advance_ms": 60_000 })).await["unix_ms"]
        .as_i64()
        .expect("a time");
    assert_eq!(after - before, 60_000);
    let calls = get(&bot, "calls?method=sendmessage").await;
    let statuses: Vec<_> = calls
        .as_array()
        .expect("calls")
        .iter()
        .map(|call| call["status"].clone())
        .collect();
    assert_eq!(statuses, [429, 200]);
    post(&bot, "updates", json!({ "kind": "future", "payload": {} })).await;
    assert!(get(&bot, "updates").await["pending"].as_i64() > Some(3));
    let state = get(&bot, "state").await;
    assert_eq!(state["persons"].as_array().map(Vec::len), Some(2));
    post(&bot, "reset", json!({})).await;
    assert_eq!(get(&bot, "state").await["persons"], json!([]));
    assert_eq!(sim.updates_pending(), 0);
}

#[tokio::test]
async fn the_page_is_served_whole_and_loads_nothing_from_elsewhere() {
    let (sim, bot) = start().await;
    let html = bot
        .client
        .get(sim.page_url())
        .send()
        .await
        .expect("an answer");
    let policy = html.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"));
    let html = html.text().await.expect("HTML");
    for name in ["page.css", "page.js"] {
        assert!(html.contains(&format!("\"/{name}\"")), "{name} is named");
    }
    for name in ["page.css", "page.js", "model.js", "view.js", "voice.js"] {
        let file = bot
            .client
            .get(format!("{}{name}", sim.page_url()))
            .send()
            .await
            .expect("an answer");
        assert_eq!(file.status(), 200, "{name}");
        let text = file.text().await.expect("text");
        assert!(!text.is_empty() && !text.contains("//cdn"), "{name}");
    }
}

#[tokio::test]
async fn the_event_stream_tells_of_every_change() {
    let (sim, bot) = start().await;
    let mut events = bot
        .client
        .get(format!("{}/sim/events", bot.root))
        .send()
        .await
        .expect("a stream");
    let first = events.chunk().await.expect("a chunk").expect("an event");
    assert!(String::from_utf8_lossy(&first).starts_with("event: change"));
    sim.person("Ann").starts();
    let second = events.chunk().await.expect("a chunk").expect("an event");
    assert_ne!(first, second);
    sim.stop().await;
    while let Ok(Some(_)) = events.chunk().await {}
}
