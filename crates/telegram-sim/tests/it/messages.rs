//! Sending, editing, deleting and pressing.

use serde_json::json;

use super::start;

#[tokio::test]
async fn a_card_is_tapped_answered_and_edited() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    assert_eq!(card.text, "Deploy?");
    assert_eq!(card.part("bold").as_deref(), Some("Deploy"));
    assert_eq!(card.labels(), ["✅ Approve", "❌ Deny", "✍️ Deny with a reason"]);

    let tap = ann.taps(&card, "Deny");
    let updates = bot.updates().await;
    let press = &updates[1]["callback_query"];
    assert_eq!(press["data"], "d:1");
    assert_eq!(press["message"]["message_id"], json!(card.message_id));
    assert_eq!(press["from"]["id"], json!(ann.id()));
    bot.ok("answerCallbackQuery", json!({ "callback_query_id": press["id"], "text": "Denied", "show_alert": true }))
        .await;
    let answer = tap.answer().await;
    assert_eq!((answer.text.as_str(), answer.show_alert), ("Denied", true));

    bot.ok("editMessageText", json!({ "chat_id": ann.id(), "message_id": card.message_id, "text": "Denied by Ann" }))
        .await;
    let edited = sim.wait_for_edit(&card, |m| m.text.contains("Ann")).await;
    assert!(!edited.has_buttons(), "an edit without a keyboard drops the old one");
    sim.assert_all_read();
}
