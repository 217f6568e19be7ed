//! Sending, editing, deleting and pressing.

use serde_json::json;
use signoff_telegram_sim::VoiceNote;

use super::{start, start_with};

const NOT_MODIFIED: &str = "Bad Request: message is not modified: specified new message content and reply markup are \
                            exactly the same as a current content and reply markup of the message";
const TOO_OLD: &str =
    "Bad Request: query is too old and response timeout expired or query ID is invalid";

#[tokio::test]
async fn a_card_is_tapped_answered_and_edited() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    assert_eq!(card.text, "Deploy?");
    assert_eq!(card.part("bold").as_deref(), Some("Deploy"));
    assert_eq!(
        card.labels(),
        ["✅ Approve", "❌ Deny", "✍️ Deny with a reason"]
    );
    assert_eq!(
        card.button("✅ Approve")
            .and_then(|button| button.style.as_deref()),
        Some("success")
    );

    let tap = ann.taps(&card, "Deny");
    assert_eq!(tap.answered(), None);
    let updates = bot.updates().await;
    let press = &updates[1]["callback_query"];
    assert_eq!(press["data"], "d:1");
    assert_eq!(press["message"]["message_id"], json!(card.message_id));
    assert_eq!(press["message"]["text"], "Deploy?");
    assert_eq!(press["from"]["id"], json!(ann.id()));
    bot.ok(
        "answerCallbackQuery",
        json!({ "callback_query_id": press["id"], "text": "Denied", "show_alert": true }),
    )
    .await;
    let answer = tap.answer().await;
    assert_eq!((answer.text.as_str(), answer.show_alert), ("Denied", true));

    bot.ok(
        "editMessageText",
        json!({ "chat_id": ann.id(), "message_id": card.message_id, "text": "Denied by Ann" }),
    )
    .await;
    let edited = sim.wait_for_edit(&card, |m| m.text.contains("Ann")).await;
    assert!(
        !edited.has_buttons(),
        "an edit without a keyboard drops the old one"
    );
    assert!(edited.edit_date.is_some());
    sim.assert_all_read();
}

#[tokio::test]
async fn a_press_is_answered_once_and_in_time() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    let first = ann.taps(&card, "Approve");
    let again = ann.taps(&card, "Approve");
    assert_ne!(first.query_id(), again.query_id());
    bot.ok(
        "answerCallbackQuery",
        json!({ "callback_query_id": first.query_id() }),
    )
    .await;
    let twice = bot
        .refused(
            "answerCallbackQuery",
            json!({ "callback_query_id": first.query_id() }),
        )
        .await;
    assert_eq!(twice, TOO_OLD);
    sim.clock().advance(std::time::Duration::from_secs(61));
    assert_eq!(
        bot.refused(
            "answerCallbackQuery",
            json!({ "callback_query_id": again.query_id() })
        )
        .await,
        TOO_OLD
    );
    assert_eq!(
        bot.refused("answerCallbackQuery", json!({ "callback_query_id": "1" }))
            .await,
        TOO_OLD
    );
}

#[tokio::test]
async fn labels_match_exactly_or_by_a_unique_beginning() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    // "Deny" is the whole of one label's words and the beginning of another's: the whole one wins.
    ann.taps(&card, "Deny");
    ann.taps(&card, "✅ Approve");
    ann.taps(&card, "Deny with");
    let data: Vec<_> = bot.updates().await[1..]
        .iter()
        .map(|u| u["callback_query"]["data"].clone())
        .collect();
    assert_eq!(data, ["d:1", "a:1", "r:1"]);
    let error = ann
        .try_taps(&card, "Den")
        .expect_err("two buttons begin so");
    assert!(
        error.to_string().contains("✍️ Deny with a reason"),
        "{error}"
    );
    assert!(ann.try_taps(&card, "Postpone").is_err());
}

#[tokio::test]
async fn buttons_are_looked_up_on_the_message_as_it_is_now() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let id = bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    bot.ok(
        "editMessageReplyMarkup",
        json!({ "chat_id": ann.id(), "message_id": id }),
    )
    .await;
    assert!(ann.try_taps(&card, "Deny").is_err());
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_refused() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let id = bot.says(ann.id(), "one").await;
    let target = |text: &str| json!({ "chat_id": ann.id(), "message_id": id, "text": text });
    assert_eq!(
        bot.refused("editMessageText", target("one")).await,
        NOT_MODIFIED
    );
    assert_eq!(
        bot.refused("editMessageText", target("  one\n")).await,
        NOT_MODIFIED,
        "compared after trimming"
    );
    bot.ok("editMessageText", target("two")).await;
    let bold = json!({ "chat_id": ann.id(), "message_id": id, "text": "<b>two</b>", "parse_mode": "HTML" });
    bot.ok("editMessageText", bold).await;
    let none = bot
        .refused(
            "editMessageReplyMarkup",
            json!({ "chat_id": ann.id(), "message_id": id }),
        )
        .await;
    assert_eq!(none, NOT_MODIFIED);
    sim.read_all(&ann);
}

#[tokio::test]
async fn pressing_what_the_bot_cannot_see_any_more_carries_an_inaccessible_message() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let id = bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    sim.make_inaccessible(&card);
    ann.taps(&card, "Approve");
    ann.deletes(&card);
    ann.taps_data(&ann, id, "anything");
    for update in &bot.updates().await[1..] {
        let message = &update["callback_query"]["message"];
        assert_eq!(message["date"], 0);
        assert_eq!(message["message_id"], json!(id));
        assert!(message["text"].is_null() && message["from"].is_null());
    }
    assert!(
        ann.try_taps(&card, "Approve").is_err(),
        "an honest client no longer shows the message"
    );
    assert!(sim.message(&ann, id).is_none());
    let edit = json!({ "chat_id": ann.id(), "message_id": id, "text": "x" });
    assert_eq!(
        bot.refused("editMessageText", edit).await,
        "Bad Request: message to edit not found"
    );
}

#[tokio::test]
async fn anybody_may_send_any_data_for_any_message() {
    let (sim, bot) = start().await;
    let (ann, mallory) = (sim.person("Ann"), sim.person("Mallory"));
    ann.starts();
    let id = bot.card(ann.id()).await;
    mallory.taps_data(&ann, id, "a:1' OR 1=1");
    let press = &bot.updates().await[1]["callback_query"];
    assert_eq!(press["from"]["id"], json!(mallory.id()));
    assert_eq!(press["data"], "a:1' OR 1=1");
    sim.read_all(&ann);
}

#[tokio::test]
async fn a_force_reply_asks_the_right_people_and_a_reply_names_it() {
    let (sim, bot) = start().await;
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    let group = sim.group("Releases", &[&ann, &ben]).create();
    let text = format!("<a href=\"tg://user?id={}\">Ben</a>, why?", ben.id());
    let force =
        json!({ "force_reply": true, "selective": true, "input_field_placeholder": "Reason" });
    bot.ok(
        "sendMessage",
        json!({ "chat_id": group.id(), "text": text, "parse_mode": "HTML", "reply_markup": force }),
    )
    .await;
    let prompt = sim.next_message(&group).await;
    let asked = prompt.force_reply.as_ref().expect("a prompt");
    assert_eq!(asked.placeholder.as_deref(), Some("Reason"));
    assert_eq!(asked.asks.as_deref(), Some(&[ben.id()][..]));
    ben.replies(&prompt, "too risky");
    let updates = bot.updates().await;
    let reply = &updates.last().expect("an update")["message"];
    assert_eq!(
        reply["reply_to_message"]["message_id"],
        json!(prompt.message_id)
    );
    assert!(reply["reply_to_message"]["reply_to_message"].is_null());
    assert_eq!(reply["text"], "too risky");
}

#[tokio::test]
async fn replies_need_their_message_unless_they_may_go_without() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let hello = ann.starts();
    let reply = |id: i64, or_without: bool| {
        json!({ "chat_id": ann.id(), "text": "x",
                "reply_parameters": { "message_id": id, "allow_sending_without_reply": or_without } })
    };
    let sent = bot.ok("sendMessage", reply(hello.message_id, false)).await;
    assert_eq!(sent["reply_to_message"]["text"], "/start");
    assert_eq!(
        bot.refused("sendMessage", reply(77, false)).await,
        "Bad Request: message to be replied not found"
    );
    assert!(bot.ok("sendMessage", reply(77, true)).await["reply_to_message"].is_null());
    ann.deletes(&hello);
    let edit = json!({ "chat_id": ann.id(), "message_id": sent["message_id"], "text": "y" });
    let edited = bot.ok("editMessageText", edit).await;
    assert!(
        edited["reply_to_message"].is_null(),
        "what was deleted is not shown again"
    );
    sim.read_all(&ann);
}

#[tokio::test]
async fn a_voice_note_can_be_fetched_until_its_link_expires() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.sends_voice(&ann, VoiceNote::ogg("OggS…", 4), None);
    let voice = bot.updates().await[0]["message"]["voice"].clone();
    assert_eq!(
        (voice["duration"].as_i64(), voice["mime_type"].as_str()),
        (Some(4), Some("audio/ogg"))
    );
    let file = bot
        .ok("getFile", json!({ "file_id": voice["file_id"] }))
        .await;
    let url = format!(
        "{}/file/bot{}/{}",
        bot.root,
        bot.token,
        file["file_path"].as_str().expect("a path")
    );
    let body = bot.client.get(&url).send().await.expect("an answer");
    assert_eq!(body.text().await.expect("bytes"), "OggS…");
    sim.clock().advance(std::time::Duration::from_secs(3601));
    assert_eq!(
        bot.client
            .get(&url)
            .send()
            .await
            .expect("an answer")
            .status(),
        404
    );
}

#[tokio::test]
async fn a_file_over_20_mb_is_refused_by_its_declared_size() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.sends_voice(
        &ann,
        VoiceNote::ogg("small", 900).declared_as(20 * 1024 * 1024 + 1),
        None,
    );
    ann.sends_voice(
        &ann,
        VoiceNote::ogg("small", 900).declared_as(20 * 1024 * 1024),
        None,
    );
    let updates = bot.updates().await;
    let id = |index: usize| json!({ "file_id": updates[index]["message"]["voice"]["file_id"] });
    assert_eq!(
        bot.refused("getFile", id(0)).await,
        "Bad Request: file is too big"
    );
    bot.ok("getFile", id(1)).await;
}

#[tokio::test]
async fn deleting_works_for_48_hours() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let (early, late) = (
        bot.says(ann.id(), "early").await,
        bot.says(ann.id(), "late").await,
    );
    let target = |id: i64| json!({ "chat_id": ann.id(), "message_id": id });
    bot.ok("deleteMessage", target(early)).await;
    assert_eq!(
        bot.refused("deleteMessage", target(early)).await,
        "Bad Request: message to delete not found"
    );
    sim.clock().advance(std::time::Duration::from_hours(48));
    let refusal = bot.refused("deleteMessage", target(late)).await;
    assert_eq!(
        refusal,
        "Bad Request: message can't be deleted for everyone"
    );
    let edit =
        json!({ "chat_id": ann.id(), "message_id": late, "text": "edits have no age limit" });
    bot.ok("editMessageText", edit).await;
    sim.read_all(&ann);
}

#[tokio::test]
async fn an_unread_message_fails_the_test_that_left_it() {
    let (sim, bot) = start_with(|options| options.fail_on_unread = true).await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.says(ann.id(), "you overlooked me").await;
    let dropped = tokio::spawn(async move { drop(sim) }).await;
    let panic = dropped.expect_err("it panics").into_panic();
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("you overlooked me"), "{text}");
}

#[tokio::test]
async fn sending_shows_silence_protection_and_typing() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.ok(
        "sendChatAction",
        json!({ "chat_id": ann.id(), "action": "typing" }),
    )
    .await;
    assert_eq!(sim.chat_action(&ann).as_deref(), Some("typing"));
    let params = json!({ "chat_id": ann.id(), "text": "x", "disable_notification": true, "protect_content": true });
    assert_eq!(
        bot.ok("sendMessage", params).await["has_protected_content"],
        true
    );
    let message = sim.next_message(&ann).await;
    assert!(message.silent && message.protected);
    assert_eq!(
        sim.chat_action(&ann),
        None,
        "a message ends what the bot shows to be doing"
    );
    bot.ok(
        "sendChatAction",
        json!({ "chat_id": ann.id(), "action": "upload_document" }),
    )
    .await;
    sim.clock().advance(std::time::Duration::from_secs(5));
    assert_eq!(sim.chat_action(&ann), None, "and so do five seconds");
}
