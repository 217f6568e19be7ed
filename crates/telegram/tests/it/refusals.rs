//! What Telegram refuses, and what becomes of the card.

use serde_json::json;
use signoff_contract::{CancelBody, Status};
use signoff_engine::Gateway as _;
use signoff_telegram::Limits;
use signoff_telegram_sim::{Fault, FaultKind};

use crate::delivery::{bad_request, long_approval};
use crate::world::{Options, World, ann, approval, id, question, requester, with};

#[tokio::test]
async fn a_file_is_not_posted_again_when_the_card_has_to_be_tried_again() {
    let world = World::new().await;
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::InternalServerError));
    world.asks(long_approval("apply")).await;
    world.card(&world.ann).await;
    assert_eq!(world.sim.calls_of("sendDocument").len(), 1);
}

#[tokio::test]
async fn without_its_file_a_card_cannot_be_approved() {
    let world = World::new().await;
    world.sim.fault(Fault::on(
        "sendDocument",
        bad_request("not enough rights to send documents to the chat"),
    ));
    world.asks(long_approval("apply")).await;
    let card = world.card(&world.ann).await;
    assert_eq!(card.labels(), ["❌ Deny", "✍️ Deny with a reason"]);
    assert!(
        card.text.contains("could not be posted here"),
        "{}",
        card.text
    );
}

#[tokio::test]
async fn a_blocked_bot_makes_the_request_undeliverable_at_once() {
    let world = World::new().await;
    world.ann.blocks_bot();
    world.asks(approval("deploy")).await;
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.status, Status::Failed);
    let reason = outcome.reason.unwrap();
    assert!(reason.contains("bot was blocked by the user"), "{reason}");
}

#[tokio::test]
async fn with_three_approvers_and_two_needed_two_blocked_chats_fail_it_at_once() {
    let world = World::new().await;
    let token = "abcDEF-123_x";
    world.invites("dee", token).await;
    let dee = world.sim.new_person("Dee").id(1004).create();
    dee.follows(&format!(
        "https://t.me/{}?start={token}",
        world.sim.bot_username()
    ));
    world.sim.next_message(&dee).await;
    // Telegram takes its time to say no, so that Dee has her card before.
    for person in [&world.ann, &world.ben] {
        person.blocks_bot();
        let slow = FaultKind::DelayBefore { millis: 500 };
        world
            .sim
            .fault(Fault::on("sendMessage", slow).in_chat(person.id()));
    }
    let body = json!({ "route": "three", "callback": { "url": "http://127.0.0.1:9/hook" } });
    world.asks(with(approval("deploy"), body)).await;
    let card = world.card(&dee).await;
    assert!(card.has_buttons());
    // At once, not at the deadline in an hour.
    let ended = world.ends("deploy").await;
    let outcome = ended.outcome.unwrap();
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(
        outcome.reason.as_deref(),
        Some(
            "undeliverable: telegram: Forbidden: bot was blocked by the user \
             (1 of 2 needed approvers can be reached)"
        )
    );
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        closed.text.contains("⚠️ Could not be decided"),
        "{}",
        closed.text
    );
    // Dee's late press finds the end.
    let data = card.button("✅ Approve").unwrap().callback_data.clone();
    let late = dee.taps_data(&dee, card.message_id, &data.unwrap());
    let late = late.answer().await;
    assert!(
        late.show_alert && late.text.contains("Could not be decided"),
        "{late:?}"
    );
    let callbacks = world.store.callbacks(None, None, 10).await.unwrap();
    assert_eq!(callbacks.len(), 1, "the requester is told");
}

#[tokio::test]
async fn a_chat_that_telegram_does_not_know_makes_it_undeliverable_too() {
    let world = World::new().await;
    world
        .sim
        .fault(Fault::on("sendMessage", bad_request("chat not found")));
    world.asks(approval("deploy")).await;
    assert!(
        world
            .ends("deploy")
            .await
            .outcome
            .unwrap()
            .reason
            .unwrap()
            .contains("chat not found")
    );
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_followed() {
    let world = World::new().await;
    let new = world.ops.migrates();
    world
        .asks(with(approval("one"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&new).await;
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.ends("one").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    // After a restart the new id is still known: the old one is not tried again.
    world.is_killed().await;
    world.wakes();
    let before = world.sim.calls_of("sendMessage").len();
    world
        .asks(with(approval("two"), json!({ "route": "ops" })))
        .await;
    world.card(&new).await;
    let sent = &world.sim.calls_of("sendMessage")[before..];
    assert!(
        sent.iter().all(|call| call.params["chat_id"] == new.id()),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_card_that_stood_in_a_migrated_group_is_shown_again_where_it_can_be_pressed() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops-both" })))
        .await;
    let old = world.card(&world.ops).await;
    world.ann.taps(&old, "Approve").answer().await;
    world
        .sim
        .wait_for_edit(&old, |seen| seen.text.contains("1 of 2"))
        .await;
    let new = world.ops.migrates();
    world
        .engine
        .cancel(&requester(), &id("deploy"), CancelBody { reason: None })
        .await
        .unwrap();
    let told = world
        .sim
        .wait_for_message(&new, |seen| seen.text.contains("Withdrawn"))
        .await;
    assert!(!told.has_buttons());
}

#[tokio::test]
async fn a_deleted_card_is_posted_again_while_it_is_open() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "both" })))
        .await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.ben.deletes(&bens);
    world.ann.taps(&anns, "Approve").answer().await;
    let again = world.card(&world.ben).await;
    assert!(again.text.contains("1 of 2: ann"), "{}", again.text);
    world.ben.taps(&again, "Approve").answer().await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&again, |seen| !seen.has_buttons())
        .await;
}

#[tokio::test]
async fn a_deleted_card_of_an_ended_request_leaves_a_message_with_the_outcome() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.deletes(&card);
    world
        .engine
        .cancel(
            &requester(),
            &id("deploy"),
            CancelBody {
                reason: Some("superseded".to_owned()),
            },
        )
        .await
        .unwrap();
    let told = world
        .sim
        .wait_for_message(&world.ann, |seen| {
            seen.text.contains("Withdrawn by the requester")
        })
        .await;
    assert!(
        told.text.contains("Reason  superseded") && !told.has_buttons(),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn a_429_delays_its_chat_only() {
    let world = World::new().await;
    let busy = FaultKind::TooManyRequests { retry_after: 1 };
    world
        .sim
        .fault(Fault::on("sendMessage", busy).in_chat(world.ann.id()));
    world
        .asks(with(approval("deploy"), json!({ "route": "either" })))
        .await;
    world.card(&world.ben).await;
    assert!(
        world
            .sim
            .transcript(&world.ann)
            .iter()
            .all(|seen| !seen.has_buttons()),
        "Ann's chat waits"
    );
    world.card(&world.ann).await;
    let sent: Vec<i64> = world
        .sim
        .calls_of("sendMessage")
        .iter()
        .filter(|c| c.params["chat_id"] == world.ann.id() && c.params.get("reply_markup").is_some())
        .map(|c| c.at_ms)
        .collect();
    assert!(sent.len() == 2 && sent[1] - sent[0] >= 1_000, "{sent:?}");
}

#[tokio::test]
async fn with_telegrams_limits_in_force_nothing_is_ever_refused() {
    let limits = Limits::default();
    let world = World::with(Options {
        limits,
        rate_limits: true,
        ..Options::default()
    })
    .await;
    for number in 0..5 {
        world.asks(approval(&format!("deploy-{number}"))).await;
    }
    for _ in 0..5 {
        world.card(&world.ann).await;
    }
    assert!(
        world.sim.calls().iter().all(|call| call.status != 429),
        "our limiter is the stricter one"
    );
}

#[tokio::test]
async fn server_errors_and_broken_answers_are_tried_again() {
    let world = World::new().await;
    for fault in [
        FaultKind::InternalServerError,
        FaultKind::BadGateway,
        FaultKind::ResetBefore,
    ] {
        let name = format!("{fault:?}");
        world.sim.fault(Fault::on("sendMessage", fault));
        world
            .asks(with(
                question("q"),
                json!({ "correlation_id": name, "ttl_seconds": 600 }),
            ))
            .await;
        let card = world.card(&world.ann).await;
        world.ann.taps(&card, "Delay").answer().await;
        assert_eq!(world.ends(&name).await.status, Status::Approved, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_say_what_was_sent_may_double_a_card_but_never_lose_it() {
    let world = World::new().await;
    for fault in [
        FaultKind::EmptyBody,
        FaultKind::TruncatedJson,
        FaultKind::NullResult,
    ] {
        let name = format!("{fault:?}");
        world.sim.fault(Fault::on("sendMessage", fault));
        world
            .asks(with(
                approval("x"),
                json!({ "correlation_id": name, "title": name }),
            ))
            .await;
        let (first, second) = (world.card(&world.ann).await, world.card(&world.ann).await);
        assert_eq!(first.text, second.text);
        world.ann.taps(&first, "Deny").answer().await;
        for card in [&first, &second] {
            world
                .sim
                .wait_for_edit(card, |seen| !seen.has_buttons())
                .await;
        }
    }
}

#[tokio::test]
async fn a_card_is_not_posted_twice_when_the_engine_could_not_note_it() {
    let world = World::asleep(Options::default()).await;
    world.asks(approval("deploy")).await;
    let waiting = world.engine.pending(&ann()).await.unwrap();
    let first = world
        .connects()
        .channel()
        .show(&waiting[0].card, &[])
        .await
        .unwrap();
    // Another process, and the card is shown as if for the first time.
    let second = world
        .connects()
        .channel()
        .show(&waiting[0].card, &[])
        .await
        .unwrap();
    assert_eq!(first, second);
    assert_eq!(world.sim.calls_of("sendMessage").len(), 1);
}

#[tokio::test]
async fn the_token_never_shows() {
    let world = World::asleep(Options::default()).await;
    let telegram = world.connects();
    let secret = world.sim.bot_token().split_once(':').unwrap().1.to_owned();
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::ResetBefore));
    world.asks(approval("deploy")).await;
    let waiting = world.engine.pending(&ann()).await.unwrap();
    let error = telegram
        .channel()
        .show(&waiting[0].card, &[])
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?} {telegram:?} {:?}", telegram.health()).contains(&secret));
    assert!(error.to_string().starts_with("Telegram: "), "{error}");
}

#[tokio::test]
async fn a_server_that_says_the_address_back_does_not_make_us_say_the_token() {
    let world = World::asleep(Options::default()).await;
    let telegram = world.connects();
    let token = world.sim.bot_token().to_owned();
    let secret = token.split_once(':').unwrap().1;
    let description = format!("no such path: /bot{token}/sendMessage");
    world.asks(approval("deploy")).await;
    let waiting = world.engine.pending(&ann()).await.unwrap();
    for kind in [
        bad_request(&description),
        FaultKind::Forbidden {
            description: description.clone(),
        },
    ] {
        world.sim.fault(Fault::on("sendMessage", kind));
        let shown = telegram.channel().show(&waiting[0].card, &[]).await;
        let error = shown.unwrap_err();
        let said = format!("{error} {error:?} {telegram:?} {:?}", telegram.health());
        assert!(!said.contains(secret), "{said}");
        assert!(said.contains("/bot•••/sendMessage"), "{said}");
    }
}

#[tokio::test]
async fn what_the_channel_is_set_up_with_prints_without_its_secrets() {
    let config = signoff_telegram::Config {
        token: "123456:hunter2-hunter2".into(),
        api_url: "https://api.telegram.org".parse().unwrap(),
        updates: signoff_telegram::Updates::Webhook {
            url: "https://signoff.example.org/telegram/123456"
                .parse()
                .unwrap(),
            secret: "hunter2-webhook".into(),
        },
        protect_content: false,
        instance: "signoff".to_owned(),
    };
    let printed = format!("{config:?} {config:#?}");
    assert!(printed.contains("api.telegram.org"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}
