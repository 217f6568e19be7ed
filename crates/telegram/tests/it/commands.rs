//! What people type with a slash.

use serde_json::json;
use signoff_contract::Status;
use signoff_engine::{Gateway, UserIdentity};

use crate::world::{World, approval, question, with};

#[tokio::test]
async fn commands_are_registered_in_every_language() {
    let world = World::new().await;
    world
        .sim
        .wait_for_call(|call| {
            call.method == "setMyCommands" && call.params["language_code"] == "zh"
        })
        .await;
    let names: Vec<String> = world
        .sim
        .commands("")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        ["pending", "show", "deny", "cancel", "whoami", "help"]
    );
    assert_eq!(world.sim.commands("ru")[0].1, "что ждёт моего решения");
    assert_eq!(world.sim.commands("zh")[0].1, "等我决定的事项");
}

#[tokio::test]
async fn a_stranger_learns_how_to_become_known() {
    let world = World::new().await;
    world.eve.starts();
    let greeting = world.sim.next_message(&world.eve).await;
    assert!(
        greeting.text.contains("Your Telegram id is 6666"),
        "{}",
        greeting.text
    );
    // Strangers are answered once a minute.
    world.passes(std::time::Duration::from_secs(61));
    world.eve.says(&world.eve, "/pending");
    assert!(
        world
            .sim
            .next_message(&world.eve)
            .await
            .text
            .contains("I do not know you")
    );
}

#[tokio::test]
async fn an_invitation_pairs_once() {
    let world = World::new().await;
    let token = "abcDEF-123_x";
    world.invites("dee", token).await;
    let dee = world.sim.new_person("Dee").id(1004).create();
    let link = format!("https://t.me/{}?start={token}", world.sim.bot_username());
    dee.follows(&link);
    let greeting = world.sim.next_message(&dee).await;
    assert!(
        greeting.text.starts_with("You are dee from now on."),
        "{}",
        greeting.text
    );
    world.eve.follows(&link);
    let refused = world.sim.next_message(&world.eve).await;
    assert!(
        refused.text.starts_with("This invitation is used up"),
        "{}",
        refused.text
    );
    let identity = UserIdentity {
        channel: "telegram".into(),
        user_id: "1004".into(),
        display_name: "Dee".into(),
    };
    assert_eq!(
        world.engine.person(&identity).await.unwrap().unwrap().name,
        "dee"
    );
}

#[tokio::test]
async fn an_invitation_is_not_redeemed_in_a_group() {
    let world = World::new().await;
    world.invites("dee", "abcDEF-123_x").await;
    let start = format!("/start@{} abcDEF-123_x", world.sim.bot_username());
    world.eve.says(&world.ops, &start);
    let refused = world.sim.next_message(&world.ops).await;
    assert_eq!(
        refused.text,
        "Open the invitation in a private chat with me."
    );
}

#[tokio::test]
async fn who_am_i_says_who() {
    let world = World::new().await;
    world.ann.says(&world.ann, "/whoami");
    let told = world.sim.next_message(&world.ann).await;
    assert_eq!(told.text, "You are ann (owner). Your Telegram id is 1001.");
    world.ann.says(&world.ann, "/help");
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .contains("/deny a1b2c3 reason")
    );
    world.ann.says(&world.ann, "/frobnicate");
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .starts_with("I do not know that command.")
    );
}

#[tokio::test]
async fn pending_lists_what_waits_and_its_buttons_show_it() {
    let world = World::new().await;
    world.ann.says(&world.ann, "/pending");
    assert_eq!(
        world.sim.next_message(&world.ann).await.text,
        "Nothing waits for you."
    );
    let request = world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.says(&world.ann, "/pending");
    let list = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "1 request waits for you:")
        .await;
    let label = format!("🟢 {} · Deploy billing-api 1.2.3", request.id.short());
    assert_eq!(list.labels(), [label.as_str()]);
    world.ann.taps(&list, &label).answer().await;
    let copy = world.card(&world.ann).await;
    assert_eq!(copy.text, card.text);
    // Whichever copy is used, every copy ends up showing the outcome.
    world.ann.taps(&copy, "Deny").answer().await;
    for card in [&card, &copy] {
        world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
    }
    let stale = world.ann.taps(&list, &label).answer().await;
    assert!(
        stale.show_alert && stale.text.starts_with("Already decided."),
        "{}",
        stale.text
    );
}

#[tokio::test]
async fn in_a_group_only_what_was_shown_there_is_listed() {
    let world = World::new().await;
    world
        .asks(with(
            approval("secret"),
            json!({ "title": "a private matter" }),
        ))
        .await;
    world.card(&world.ann).await;
    let public = world
        .asks(with(approval("public"), json!({ "route": "ops" })))
        .await;
    world.card(&world.ops).await;
    let command = format!("/pending@{}", world.sim.bot_username());
    world.ann.says(&world.ops, &command);
    let list = world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text == "1 request waits for you:")
        .await;
    assert!(list.labels()[0].contains(&public.id.short()));
    world.ann.says(&world.ops, "/pending@another_bot");
    world.ann.says(&world.ops, "/whoami");
    let told = world.sim.next_message(&world.ops).await.text;
    assert!(
        told.starts_with("You are ann"),
        "the other bot's command is not ours: {told}"
    );
    let route = format!("telegram_chat_id = {}", world.ops.id());
    assert!(
        told.ends_with(&route),
        "what a route needs to know of the group: {told}"
    );
}

#[tokio::test]
async fn show_posts_the_card_again() {
    let world = World::new().await;
    let request = world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.ann.says(
        &world.ann,
        &format!("/show {}", request.id.short().to_uppercase()),
    );
    let copy = world.card(&world.ann).await;
    world.ann.taps(&copy, "Approve").answer().await;
    for card in [&card, &copy] {
        world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
    }
    world.ann.says(&world.ann, "/show zzzzzz");
    world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.starts_with("Nothing with the id zzzzzz")
        })
        .await;
    world.ann.says(&world.ann, "/show");
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.starts_with("Write /show"))
        .await;
}

#[tokio::test]
async fn deny_takes_the_reason_with_it() {
    let world = World::new().await;
    let request = world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.says(
        &world.ann,
        &format!("/deny {} not on a Friday", request.id.short()),
    );
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(
        (outcome.status, outcome.reason.as_deref()),
        (Status::Denied, Some("not on a Friday"))
    );
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "Denied")
        .await;
    world
        .sim
        .wait_for_edit(&card, |seen| seen.text.contains("Reason  not on a Friday"))
        .await;
}

#[tokio::test]
async fn deny_declines_a_question() {
    let world = World::new().await;
    let request = world.asks(question("rollout")).await;
    world.card(&world.ann).await;
    world
        .ann
        .says(&world.ann, &format!("/deny {}", request.id.short()));
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text == "Declined")
        .await;
    assert_eq!(world.ends("rollout").await.status, Status::Denied);
}

#[tokio::test]
async fn a_stranger_cannot_deny() {
    let world = World::new().await;
    let request = world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    world.card(&world.ops).await;
    world
        .eve
        .says(&world.ops, &format!("/deny {} because", request.id.short()));
    let refused = world.sim.next_message(&world.ops).await;
    assert!(
        refused.text.starts_with("Nothing with the id"),
        "{}",
        refused.text
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}
