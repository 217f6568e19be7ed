//! Every refusal in the server's exact words. Texts come from `Client.cpp` and `TDLib`; see the comment of each group.

use serde_json::{Value, json};

use super::start;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, one line per refusal")]
async fn refusals_use_the_servers_words() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let ben = sim.person("Ben");
    ann.starts();
    let id = bot.says(ann.id(), "text").await;
    let (chat, stranger) = (ann.id(), ben.id());
    let send = |extra: Value| {
        let mut params = json!({ "chat_id": chat, "text": "x" });
        params
            .as_object_mut()
            .expect("an object")
            .extend(extra.as_object().expect("an object").clone());
        params
    };
    let keys = |button: Value| send(json!({ "reply_markup": { "inline_keyboard": [[button]] } }));
    let html = |text: &str| send(json!({ "text": text, "parse_mode": "HTML" }));
    let table: Vec<(&str, Value, &str)> = vec![
        // Chats: Client::check_chat.
        ("sendMessage", json!({ "text": "x" }), "chat_id is empty"),
        (
            "sendMessage",
            json!({ "chat_id": 424_242, "text": "x" }),
            "chat not found",
        ),
        (
            "sendMessage",
            json!({ "chat_id": -424_242, "text": "x" }),
            "chat not found",
        ),
        (
            "sendMessage",
            json!({ "chat_id": "@nobody", "text": "x" }),
            "chat not found",
        ),
        ("getChat", json!({ "chat_id": stranger }), "chat not found"),
        // Texts: Client::get_input_message_text, fix_formatted_text, MessageContent.cpp.
        (
            "sendMessage",
            json!({ "chat_id": chat }),
            "message text is empty",
        ),
        (
            "sendMessage",
            send(json!({ "text": "" })),
            "message text is empty",
        ),
        (
            "sendMessage",
            send(json!({ "text": " \n " })),
            "text must be non-empty",
        ),
        (
            "sendMessage",
            send(json!({ "text": "\u{200b}\u{200d}" })),
            "text must be non-empty",
        ),
        ("sendMessage", html("<b> </b>"), "text must be non-empty"),
        (
            "sendMessage",
            send(json!({ "text": "x".repeat(4097) })),
            "message is too long",
        ),
        (
            "sendMessage",
            send(json!({ "text": "x".repeat(32_769) })),
            "text is too long",
        ),
        (
            "sendMessage",
            send(json!({ "parse_mode": "BBCode" })),
            "unsupported parse_mode",
        ),
        (
            "sendMessage",
            send(json!({ "entities": "[" })),
            "can't parse entities JSON object",
        ),
        // Markup: Client::get_reply_markup and the layer below.
        (
            "sendMessage",
            keys(json!({ "text": "a", "callback_data": "x".repeat(65) })),
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            keys(json!({ "text": "a", "callback_data": "я".repeat(33) })),
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            keys(json!({ "text": "a", "callback_data": "" })),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            "sendMessage",
            keys(json!("a")),
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object",
        ),
        (
            "sendMessage",
            keys(json!({ "callback_data": "a" })),
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            keys(json!({ "text": "a", "url": "nonsense" })),
            "BUTTON_URL_INVALID",
        ),
        (
            "sendMessage",
            send(json!({ "reply_markup": { "inline_keyboard": [{ "text": "a" }] } })),
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        ),
        (
            "sendMessage",
            send(json!({ "reply_markup": "{" })),
            "can't parse reply keyboard markup JSON object",
        ),
        (
            "sendMessage",
            send(json!({ "reply_markup": [] })),
            "object expected as reply markup",
        ),
        // Replies and topics: Client::get_reply_parameters, check_reply_parameters.
        (
            "sendMessage",
            send(json!({ "reply_parameters": { "message_id": 99 } })),
            "message to be replied not found",
        ),
        (
            "sendMessage",
            send(json!({ "reply_parameters": "{" })),
            "can't parse reply parameters JSON object",
        ),
        (
            "sendMessage",
            send(json!({ "message_thread_id": 1 })),
            "message thread not found",
        ),
        // Edits.
        (
            "editMessageText",
            json!({ "chat_id": chat, "text": "y" }),
            "message identifier is not specified",
        ),
        (
            "editMessageText",
            send(json!({ "message_id": 99 })),
            "message to edit not found",
        ),
        (
            "editMessageText",
            send(json!({ "message_id": 1 })),
            "message can't be edited",
        ),
        (
            "editMessageText",
            send(json!({ "message_id": id, "text": "x".repeat(4097) })),
            "MESSAGE_TOO_LONG",
        ),
        (
            "editMessageCaption",
            json!({ "chat_id": chat, "message_id": id, "caption": "c" }),
            "there is no caption in the message to edit",
        ),
        (
            "deleteMessage",
            json!({ "chat_id": chat, "message_id": 99 }),
            "message to delete not found",
        ),
        // Files.
        ("getFile", json!({}), "file_id not specified"),
        (
            "getFile",
            json!({ "file_id": "nonsense" }),
            "invalid file_id",
        ),
        (
            "sendDocument",
            json!({ "chat_id": chat }),
            "there is no document in the request",
        ),
        // Others.
        (
            "answerCallbackQuery",
            json!({ "callback_query_id": "1", "text": "x".repeat(201) }),
            "MESSAGE_TOO_LONG",
        ),
        (
            "sendChatAction",
            json!({ "chat_id": chat, "action": "dance" }),
            "wrong parameter action in request",
        ),
        (
            "setMyCommands",
            json!({ "commands": [{ "command": "Ä", "description": "x" }] }),
            "BOT_COMMAND_INVALID",
        ),
        (
            "pinChatMessage",
            json!({ "chat_id": chat, "message_id": 99 }),
            "message to pin not found",
        ),
        (
            "createForumTopic",
            json!({ "chat_id": chat, "name": "t" }),
            "the chat is not a forum",
        ),
        (
            "setWebhook",
            json!({ "url": "https://x.y", "secret_token": "ä" }),
            "secret token contains unallowed characters",
        ),
    ];
    for (method, params, expected) in table {
        let answer = bot.raw(method, params.clone()).await;
        let shown: String = params.to_string().chars().take(120).collect();
        assert_eq!(
            answer["description"],
            format!("Bad Request: {expected}"),
            "{method} {shown}"
        );
        assert_eq!(answer["error_code"], 400, "{method} {shown}");
    }
    sim.read_all(&ann);
}

#[tokio::test]
async fn limits_count_characters_after_parsing_and_bytes_of_data() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let just = format!("<b>{}</b>", "😀".repeat(4096));
    let sent = bot
        .ok(
            "sendMessage",
            json!({ "chat_id": ann.id(), "text": just, "parse_mode": "HTML" }),
        )
        .await;
    assert_eq!(
        sent["entities"][0]["length"], 8192,
        "entities count UTF-16 units"
    );
    let keyboard =
        json!({ "inline_keyboard": [[{ "text": "a", "callback_data": "я".repeat(32) }]] });
    bot.ok(
        "sendMessage",
        json!({ "chat_id": ann.id(), "text": "x", "reply_markup": keyboard }),
    )
    .await;
    sim.read_all(&ann);
}

#[tokio::test]
async fn a_person_must_start_the_bot_and_can_block_it() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let hello = json!({ "chat_id": ann.id(), "text": "x" });
    let refusal = bot.raw("sendMessage", hello.clone()).await;
    assert_eq!(refusal["error_code"], 403);
    assert_eq!(
        refusal["description"],
        "Forbidden: bot can't initiate conversation with a user"
    );
    ann.starts();
    bot.ok("sendMessage", hello.clone()).await;
    ann.blocks_bot();
    assert_eq!(
        bot.refused("sendMessage", hello.clone()).await,
        "Forbidden: bot was blocked by the user"
    );
    ann.unblocks_bot();
    bot.ok("sendMessage", hello).await;
    let updates = bot.updates().await;
    let statuses: Vec<_> = updates[1..]
        .iter()
        .map(|update| {
            update["my_chat_member"]["new_chat_member"]["status"]
                .as_str()
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(statuses, ["kicked", "member"]);
    sim.read_all(&ann);
}

#[tokio::test]
async fn methods_and_tokens_are_checked() {
    let (sim, bot) = start().await;
    let unknown = bot.raw("makeCoffee", json!({})).await;
    assert_eq!(
        unknown,
        json!({ "ok": false, "error_code": 404, "description": "Not Found: method not found" })
    );
    let other = |token: &str| format!("{}/bot{token}/getMe", sim.api_url());
    let wrong = bot
        .client
        .get(other("7000000001:AAAwrong"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(wrong.status(), 401);
    assert_eq!(
        wrong.json::<Value>().await.expect("JSON")["description"],
        "Unauthorized"
    );
    let malformed = bot
        .client
        .get(other("nonsense"))
        .send()
        .await
        .expect("an answer");
    let body: Value = malformed.json().await.expect("JSON");
    assert_eq!(body["description"], "Unauthorized: invalid token specified");
    let elsewhere = bot
        .client
        .get(format!("{}/elsewhere", sim.api_url()))
        .send()
        .await
        .expect("an answer");
    assert_eq!(elsewhere.status(), 404);
}
