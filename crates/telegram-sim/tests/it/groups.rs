//! Groups: membership, privacy, anonymity, migration, topics, pins.

use serde_json::{Value, json};
use signoff_telegram_sim::wire::GROUP_ANONYMOUS_BOT_ID;

use super::{start, start_with};

fn texts(updates: &[Value]) -> Vec<&str> {
    updates
        .iter()
        .filter_map(|update| update["message"]["text"].as_str())
        .collect()
}

#[tokio::test]
async fn a_bot_is_told_that_it_was_added() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).create();
    let updates = bot.updates().await;
    assert_eq!(
        updates[0]["my_chat_member"]["old_chat_member"]["status"],
        "left"
    );
    assert_eq!(
        updates[0]["my_chat_member"]["new_chat_member"]["status"],
        "member"
    );
    assert_eq!(
        updates[1]["message"]["new_chat_members"][0]["username"],
        sim.bot_username()
    );
    assert_eq!(
        updates[1]["message"]["chat"],
        json!({ "id": group.id(), "type": "group", "title": "Releases" })
    );
}

#[tokio::test]
async fn privacy_mode_hides_what_is_not_for_the_bot() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).create();
    bot.says(group.id(), "question").await;
    let question = sim.next_message(&group).await;
    ann.says(&group, "chatter");
    ann.says(&group, "/pending");
    ann.says(&group, "/pending@other_bot");
    ann.says(
        &group,
        &format!("/deny@{} no", sim.bot_username().to_uppercase()),
    );
    ann.replies(&question, "answer");
    assert_eq!(
        texts(&bot.updates().await),
        [
            "/pending".to_owned(),
            format!("/deny@{} no", sim.bot_username().to_uppercase()),
            "answer".to_owned()
        ]
    );
}

#[tokio::test]
async fn an_administrator_bot_and_one_without_privacy_see_everything() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim
        .group("Releases", &[&ann])
        .supergroup()
        .bot_is_admin()
        .create();
    ann.says(&group, "chatter");
    assert_eq!(texts(&bot.updates().await), ["chatter"]);

    let (sim, bot) = start_with(|options| options.privacy_mode = false).await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).create();
    ann.says(&group, "chatter");
    assert_eq!(texts(&bot.updates().await), ["chatter"]);
    assert_eq!(
        bot.ok("getMe", json!({})).await["can_read_all_group_messages"],
        true
    );
}

#[tokio::test]
async fn an_anonymous_administrator_writes_as_the_group_and_presses_as_a_person() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim
        .group("Releases", &[&sim.person("Owner"), &ann])
        .supergroup()
        .create();
    group.promotes_anonymously(&ann);
    bot.updates().await;
    let id = bot.card(group.id()).await;
    let card = sim.next_message(&group).await;
    ann.replies(&card, "no");
    ann.taps(&card, "Deny");
    let updates = bot.updates().await;
    let message = &updates[0]["message"];
    assert_eq!(message["from"]["id"], GROUP_ANONYMOUS_BOT_ID);
    assert_eq!(message["from"]["is_bot"], true);
    assert_eq!(message["sender_chat"]["id"], json!(group.id()));
    let press = &updates[1]["callback_query"];
    assert_eq!(press["from"]["id"], json!(ann.id()));
    assert_eq!(press["message"]["message_id"], json!(id));
}

#[tokio::test]
async fn outside_of_a_group_nothing_can_be_said_by_anybody() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let basic = sim.group("Basic", &[&ann]).create();
    let supergroup = sim.group("Super", &[&ann]).supergroup().create();
    let never = sim.group("Never", &[&ann]).without_bot().create();
    basic.kicks_bot(&ann);
    supergroup.kicks_bot(&ann);
    let send = |chat: i64| json!({ "chat_id": chat, "text": "x" });
    let table = [
        (basic.id(), "Forbidden: bot was kicked from the group chat"),
        (
            supergroup.id(),
            "Forbidden: bot was kicked from the supergroup chat",
        ),
        (
            never.id(),
            "Forbidden: bot is not a member of the group chat",
        ),
    ];
    for (chat, refusal) in table {
        assert_eq!(bot.refused("sendMessage", send(chat)).await, refusal);
    }
    bot.updates().await;
    ann.says(&basic, "/anyone");
    assert!(bot.updates().await.is_empty());
    basic.adds_bot(&ann);
    bot.ok("sendMessage", send(basic.id())).await;
    sim.read_all(&basic);
}

#[tokio::test]
async fn migration_moves_the_group_and_says_where_to() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let old = sim.group("Releases", &[&ann]).create();
    let card = bot.card(old.id()).await;
    let seen = sim.next_message(&old).await;
    bot.updates().await;
    let new = old.migrates();
    assert!(new.id() < -1_000_000_000_000);
    let updates = bot.updates().await;
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], json!(new.id()));
    assert_eq!(
        updates[1]["message"]["migrate_from_chat_id"],
        json!(old.id())
    );
    let refusal = bot
        .raw("sendMessage", json!({ "chat_id": old.id(), "text": "x" }))
        .await;
    assert_eq!(refusal["error_code"], 400);
    assert_eq!(
        refusal["description"],
        "Bad Request: group chat was upgraded to a supergroup chat"
    );
    assert_eq!(
        refusal["parameters"],
        json!({ "migrate_to_chat_id": new.id() })
    );
    ann.taps(&seen, "Approve");
    assert_eq!(
        bot.updates().await[0]["callback_query"]["message"]["message_id"],
        json!(card)
    );
    bot.says(new.id(), "x").await;
    sim.next_message(&new).await;
}

#[tokio::test]
async fn topics_hold_messages_until_they_are_gone_or_closed() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let group = sim.group("Releases", &[&ann]).forum().create();
    let thread = group.opens_topic(&ann, "billing");
    let post =
        |thread: i64| json!({ "chat_id": group.id(), "text": "x", "message_thread_id": thread });
    let sent = bot.ok("sendMessage", post(thread)).await;
    assert_eq!(
        (
            sent["message_thread_id"].as_i64(),
            sent["is_topic_message"].as_bool()
        ),
        (Some(thread), Some(true))
    );
    assert_eq!(sent["chat"]["is_forum"], true);
    let message = sim.next_message(&group).await;
    ann.replies(&message, "yes");
    let reply = bot.updates().await.pop().expect("an update");
    assert_eq!(
        reply["message"]["message_thread_id"],
        json!(thread),
        "a reply stays in the topic"
    );
    let create = json!({ "chat_id": group.id(), "name": "ops" });
    let refusal = bot.refused("createForumTopic", create.clone()).await;
    assert_eq!(refusal, "Bad Request: not enough rights to create a topic");
    assert_eq!(
        bot.refused("sendMessage", post(1)).await,
        "Bad Request: message thread not found"
    );
    group.deletes_topic(thread);
    assert_eq!(
        bot.refused("sendMessage", post(thread)).await,
        "Bad Request: message thread not found"
    );

    let forum = sim
        .group("Managed", &[&ann])
        .forum()
        .bot_is_admin()
        .create();
    let topic = bot
        .ok(
            "createForumTopic",
            json!({ "chat_id": forum.id(), "name": "ops" }),
        )
        .await;
    let target = |extra: Value| {
        let mut params =
            json!({ "chat_id": forum.id(), "message_thread_id": topic["message_thread_id"] });
        params
            .as_object_mut()
            .expect("an object")
            .extend(extra.as_object().expect("an object").clone());
        params
    };
    bot.ok("editForumTopic", target(json!({ "name": "operations" })))
        .await;
    bot.ok("closeForumTopic", target(json!({}))).await;
    assert_eq!(
        bot.refused("closeForumTopic", target(json!({}))).await,
        "Bad Request: TOPIC_NOT_MODIFIED"
    );
    bot.ok("reopenForumTopic", target(json!({}))).await;
}

#[tokio::test]
async fn pins_and_memberships_can_be_asked_for() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    let ben = sim.person("Ben");
    let group = sim
        .group("Releases", &[&ann])
        .supergroup()
        .bot_is_admin()
        .create();
    let id = bot.says(group.id(), "pinned").await;
    bot.ok(
        "pinChatMessage",
        json!({ "chat_id": group.id(), "message_id": id }),
    )
    .await;
    let chat = bot.ok("getChat", json!({ "chat_id": group.id() })).await;
    assert_eq!(chat["pinned_message"]["message_id"], json!(id));
    bot.ok(
        "unpinChatMessage",
        json!({ "chat_id": group.id(), "message_id": id }),
    )
    .await;
    assert!(bot.ok("getChat", json!({ "chat_id": group.id() })).await["pinned_message"].is_null());
    let member = |id: i64| json!({ "chat_id": group.id(), "user_id": id });
    assert_eq!(
        bot.ok("getChatMember", member(ann.id())).await["status"],
        "creator"
    );
    assert_eq!(
        bot.ok("getChatMember", member(ben.id())).await["status"],
        "left"
    );
    assert_eq!(
        bot.refused("getChatMember", member(4_242)).await,
        "Bad Request: user not found"
    );
    let plain = sim.group("Plain", &[&ann]).supergroup().create();
    let id = bot.says(plain.id(), "x").await;
    let refusal = bot
        .refused(
            "pinChatMessage",
            json!({ "chat_id": plain.id(), "message_id": id }),
        )
        .await;
    assert_eq!(
        refusal,
        "Bad Request: not enough rights to manage pinned messages in the chat"
    );
    bot.ok("leaveChat", json!({ "chat_id": plain.id() })).await;
    sim.read_all(&group);
    sim.read_all(&plain);
}

#[tokio::test]
async fn a_forwarded_card_loses_its_buttons_and_names_its_origin() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    bot.card(ann.id()).await;
    let card = sim.next_message(&ann).await;
    let copy = ann.forwards(&card, &ann);
    assert!(copy.forwarded && !copy.has_buttons());
    let update = bot.updates().await.pop().expect("an update");
    assert_eq!(update["message"]["forward_origin"]["type"], "user");
    assert_eq!(
        update["message"]["forward_origin"]["sender_user"]["is_bot"],
        true
    );
    assert_eq!(update["message"]["from"]["id"], json!(ann.id()));
}

#[tokio::test]
async fn message_ids_count_per_chat() {
    let (sim, bot) = start().await;
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    ann.starts();
    ben.starts();
    assert_eq!(bot.says(ann.id(), "x").await, bot.says(ben.id(), "x").await);
    sim.read_all(&ann);
    sim.read_all(&ben);
}
