//! Updates: at least once, whatever happens in between.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use signoff_contract::Status;
use signoff_engine::Gateway as _;
use signoff_telegram::check::{Finding, check};
use signoff_telegram::{Config, Place, Updates, WebhookAnswer};
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::world::{Options, World, ann, approval};

const SECRET: &str = "a-webhook-secret_1";

fn webhook() -> Options {
    let updates = Updates::Webhook {
        url: "https://signoff.example/telegram/7000000001"
            .parse()
            .unwrap(),
        secret: SecretString::from(SECRET),
    };
    Options {
        updates,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_press_made_while_the_service_is_down_is_handled_when_it_is_back() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_killed().await;
    let tap = world.ann.taps(&card, "Approve");
    assert!(tap.answered().is_none());
    world.wakes();
    assert_eq!(tap.answer().await.text, "Approved");
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
}

#[tokio::test]
async fn a_press_that_was_committed_and_not_handled_is_handled_after_a_crash() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.gate.closes();
    let tap = world.ann.taps(&card, "Approve");
    // It is confirmed to Telegram, so Telegram will not send it again.
    world.sim.wait_until_fetched().await;
    world.is_killed().await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    // Long after the query could be answered.
    world.passes(Duration::from_secs(200));
    world.gate.opens();
    world.wakes();
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(
        tap.answered().is_none_or(|answer| answer.text.is_empty()),
        "it was too late to answer"
    );
}

#[tokio::test]
async fn an_update_that_comes_twice_is_handled_once() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world
        .sim
        .fault(Fault::on("getUpdates", FaultKind::DuplicateUpdates).times(5));
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert_eq!(world.sim.calls_of("answerCallbackQuery").len(), 1);
}

#[tokio::test]
async fn ids_that_start_again_lose_nothing() {
    let world = World::new().await;
    for round in 0..3 {
        let name = format!("deploy-{round}");
        world.asks(approval(&name)).await;
        let card = world.card(&world.ann).await;
        world.sim.restart_update_ids();
        world.ann.taps(&card, "Approve").answer().await;
        assert_eq!(world.ends(&name).await.status, Status::Approved);
    }
}

#[tokio::test]
async fn kinds_that_we_do_not_know_are_passed_over() {
    let world = World::new().await;
    world
        .sim
        .inject_update("message", &json!({ "quantum": true }));
    world.sim.inject_update("message", &json!(null));
    world.ann.says(&world.ann, "/whoami");
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .starts_with("You are ann")
    );
}

#[tokio::test]
async fn polling_survives_everything_that_telegram_answers() {
    let world = World::new().await;
    let faults = [
        FaultKind::InternalServerError,
        FaultKind::BadGateway,
        FaultKind::EmptyBody,
        FaultKind::TruncatedJson,
        FaultKind::NullResult,
        FaultKind::ResetAfter,
        FaultKind::TooManyRequests { retry_after: 1 },
    ];
    for fault in faults {
        world.sim.fault(Fault::on("getUpdates", fault.clone()));
        world.ann.says(&world.ann, "/whoami");
        world.sim.next_message(&world.ann).await;
        world.ann.says(&world.ann, "/whoami");
        world.sim.next_message(&world.ann).await;
    }
}

#[tokio::test]
async fn a_second_poller_shows_in_the_health_with_what_to_do() {
    let world = World::new().await;
    world
        .sim
        .fault(Fault::on("getUpdates", FaultKind::Conflict).times(3));
    // Ends the poll that hangs, should one hang.
    world.ann.says(&world.ann, "/whoami");
    let first = world.sim.wait_for_call(|call| call.status == 409).await;
    // The second try proves that the first one's answer was read.
    world
        .sim
        .wait_for_call(|call| call.status == 409 && call.sequence > first.sequence)
        .await;
    let health = world.telegram().health();
    let problem = health.problem.expect("the conflict shows");
    assert_eq!(problem.what, "another process polls with this bot's token");
    assert!(problem.remedy.contains("stop the other process"));
    // Three conflicts later it polls again. Two who poll do so in turns: that proves nothing yet.
    let known = |seen: &SeenMessage| seen.text.starts_with("You are ann");
    world.sim.wait_for_message(&world.ann, known).await;
    world.ann.says(&world.ann, "/help");
    world.sim.next_message(&world.ann).await;
    assert!(world.telegram().health().problem.is_some());
    // Nobody was seen to poll for a minute, and all is well.
    world.passes(Duration::from_secs(61));
    for _ in 0..2 {
        world.ann.says(&world.ann, "/help");
        world.sim.next_message(&world.ann).await;
    }
    assert_eq!(world.telegram().health().problem, None);
}

#[tokio::test]
async fn a_revoked_token_is_called_by_its_name() {
    let world = World::asleep(Options::default()).await;
    let telegram = world.connects();
    let waiting = world.asks(approval("deploy")).await;
    world
        .sim
        .fault(Fault::on("sendMessage", FaultKind::Unauthorized));
    let pending = world.engine.pending(&ann()).await.unwrap();
    assert_eq!(pending[0].card.request.id, waiting.id);
    telegram
        .channel()
        .show(&pending[0].card, &[])
        .await
        .unwrap_err();
    let problem = telegram.health().problem.unwrap();
    assert!(
        problem.what.contains("revoked") && problem.remedy.contains("@BotFather"),
        "{problem:?}"
    );
}

#[tokio::test]
async fn a_service_that_starts_without_telegram_finds_it_later() {
    let world = World::asleep(Options::default()).await;
    world.sim.fault(Fault::on("getMe", FaultKind::BadGateway));
    world
        .sim
        .fault(Fault::on("getUpdates", FaultKind::ResetBefore));
    world.wakes();
    let greeting = world.sim.next_message(&world.ann).await;
    assert!(greeting.text.starts_with("Hello ann"), "{}", greeting.text);
}

#[tokio::test]
async fn only_what_is_needed_is_asked_for() {
    let world = World::new().await;
    let call = world
        .sim
        .wait_for_call(|call| call.method == "getUpdates")
        .await;
    assert_eq!(
        call.params["allowed_updates"],
        json!(["message", "edited_message", "callback_query"])
    );
    assert_eq!(
        call.params.get("offset"),
        None,
        "the first poll has no offset"
    );
}

#[tokio::test]
async fn switching_to_polling_removes_a_webhook_and_keeps_what_waits() {
    let world = World::asleep(Options::default()).await;
    world.has_a_webhook_elsewhere().await;
    world.wakes();
    // What was written before the service ran.
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .starts_with("Hello ann")
    );
    assert_eq!(world.sim.calls_of("deleteWebhook").len(), 1);
}

fn update(id: i64, text: &str) -> Value {
    json!({ "update_id": id, "message": { "message_id": 50, "date": 1_772_366_400, "text": text,
        "chat": { "id": 1001, "type": "private" }, "from": { "id": 1001, "is_bot": false, "first_name": "Ann" } } })
}

#[tokio::test]
async fn a_webhook_is_set_and_takes_updates() {
    let world = World::asleep(webhook()).await;
    world.wakes();
    let call = world
        .sim
        .wait_for_call(|call| call.method == "setWebhook")
        .await;
    assert_eq!(
        call.params["url"],
        "https://signoff.example/telegram/7000000001"
    );
    assert_eq!(call.params["secret_token"], SECRET);
    assert_eq!(
        call.params["allowed_updates"],
        json!(["message", "edited_message", "callback_query"])
    );
    let telegram = world.telegram();
    assert_eq!(telegram.webhook_path(), "/telegram/7000000001");
    let body = update(7, "/whoami").to_string();
    for _ in 0..2 {
        // Repeated when our 200 was lost: taken again, handled once.
        assert_eq!(
            telegram
                .receive_webhook(Some(SECRET), body.as_bytes())
                .await,
            WebhookAnswer::Taken
        );
    }
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .starts_with("You are ann")
    );
    let body = update(8, "/help").to_string();
    telegram
        .receive_webhook(Some(SECRET), body.as_bytes())
        .await;
    assert!(
        world
            .sim
            .next_message(&world.ann)
            .await
            .text
            .contains("/pending"),
        "the next answer is to the next update"
    );
    assert!(world.sim.calls_of("getUpdates").is_empty());
    world.stops().await;
    assert!(
        world.sim.calls_of("deleteWebhook").is_empty(),
        "Telegram keeps what we miss"
    );
}

#[tokio::test]
async fn a_webhook_takes_nothing_without_its_secret() {
    let world = World::asleep(webhook()).await;
    let telegram = world.connects();
    let body = update(7, "/whoami").to_string();
    for secret in [
        None,
        Some(""),
        Some("a-webhook-secret_2"),
        Some("a-webhook-secret_"),
        Some("a-webhook-secret_11"),
        Some("A-webhook-secret_1"),
        Some(" a-webhook-secret_1"),
        Some("b-webhook-secret_1"),
    ] {
        let answer = telegram.receive_webhook(secret, body.as_bytes()).await;
        assert_eq!(
            (answer, answer.status()),
            (WebhookAnswer::Refused, 401),
            "{secret:?}"
        );
    }
    let polling = World::asleep(Options::default()).await.connects();
    assert_eq!(
        polling.receive_webhook(Some(""), body.as_bytes()).await,
        WebhookAnswer::Refused
    );
}

#[tokio::test]
async fn what_is_no_update_is_not_sent_for_ever() {
    let world = World::asleep(webhook()).await;
    let telegram = world.connects();
    for body in [&b""[..], b"{", b"[]", b"{\"message\":{}}", b"\xff\xfe"] {
        let answer = telegram.receive_webhook(Some(SECRET), body).await;
        assert_eq!((answer, answer.status()), (WebhookAnswer::Unreadable, 200));
    }
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let world = World::asleep(Options::default()).await;
    let config = Config {
        token: world.sim.bot_token().to_owned().into(),
        api_url: world.sim.api_url().parse().unwrap(),
        updates: Updates::Polling,
        protect_content: false,
        instance: "test".to_owned(),
    };
    let places = [Place::chat(1001), Place::chat(424_242)];
    let checks = check(&config, &places, world.store.clock().clone()).await;
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["token", "updates", "chat 1001", "chat 424242"]);
    assert!(
        checks[..3]
            .iter()
            .all(|check| matches!(check.finding, Finding::Good { .. })),
        "{checks:?}"
    );
    let Finding::Bad { what, remedy } = &checks[3].finding else {
        panic!("{checks:?}")
    };
    assert!(
        what.contains("chat not found") && remedy.contains("press Start"),
        "{checks:?}"
    );

    let revoked = Config {
        token: "7000000001:AAwrong".to_owned().into(),
        ..config
    };
    let checks = check(&revoked, &places, world.store.clock().clone()).await;
    let Finding::Bad { remedy, .. } = &checks[0].finding else {
        panic!("{checks:?}")
    };
    assert!(
        checks.len() == 1 && remedy.contains("@BotFather"),
        "{checks:?}"
    );
}

#[tokio::test]
async fn stopping_takes_no_time() {
    let world = World::new().await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), world.stops()).await;
    stopped.expect("a long poll does not hold it up");
}
