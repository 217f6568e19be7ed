//! Webhook delivery to a real listener.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{start, start_with};

/// A receiver that answers what the test scripted, 200 otherwise.
struct Receiver {
    url: String,
    arrived: mpsc::UnboundedReceiver<(Option<String>, Value)>,
    script: Arc<Mutex<Vec<StatusCode>>>,
}

type Shared = (
    mpsc::UnboundedSender<(Option<String>, Value)>,
    Arc<Mutex<Vec<StatusCode>>>,
);

async fn receive(
    State((sender, script)): State<Shared>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let header = headers.get("x-telegram-bot-api-secret-token");
    let secret = header
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let _ = sender.send((secret, serde_json::from_str(&body).expect("JSON")));
    script
        .lock()
        .expect("a lock")
        .pop()
        .unwrap_or(StatusCode::OK)
}

async fn receiver(script: Vec<StatusCode>) -> Receiver {
    let script = Arc::new(Mutex::new(script));
    let (sender, arrived) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let app = Router::new()
        .fallback(receive)
        .with_state((sender, Arc::clone(&script)));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Receiver {
        url,
        arrived,
        script,
    }
}

impl Receiver {
    async fn next(&mut self) -> (Option<String>, Value) {
        let arrived = tokio::time::timeout(Duration::from_secs(5), self.arrived.recv()).await;
        arrived
            .expect("a delivery in time")
            .expect("an open channel")
    }
}

#[tokio::test]
async fn a_webhook_gets_updates_with_its_secret_and_excludes_polling() {
    let (sim, bot) = start().await;
    let mut hook = receiver(vec![]).await;
    let ann = sim.person("Ann");
    ann.says(&ann, "before");
    bot.ok(
        "setWebhook",
        json!({ "url": hook.url, "secret_token": "s3cret_-", "max_connections": 7 }),
    )
    .await;
    ann.says(&ann, "after");
    let texts = [hook.next().await, hook.next().await].map(|(secret, update)| {
        assert_eq!(secret.as_deref(), Some("s3cret_-"));
        update["message"]["text"].clone()
    });
    assert_eq!(texts, ["before", "after"]);
    sim.wait_until_fetched().await;
    let poll = bot.raw("getUpdates", json!({})).await;
    assert_eq!(
        poll["description"],
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    );
    let info = bot.ok("getWebhookInfo", json!({})).await;
    assert_eq!(
        (info["url"].as_str(), info["max_connections"].as_i64()),
        (Some(hook.url.as_str()), Some(7))
    );
    assert!(info["last_error_message"].is_null());
    bot.ok("deleteWebhook", json!({})).await;
    assert_eq!(bot.ok("getWebhookInfo", json!({})).await["url"], "");
    ann.says(&ann, "polled again");
    assert_eq!(bot.updates().await[0]["message"]["text"], "polled again");
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_at_once_then_later_and_in_order() {
    let (sim, bot) = start().await;
    let mut hook = receiver(vec![
        StatusCode::BAD_GATEWAY,
        StatusCode::INTERNAL_SERVER_ERROR,
    ])
    .await;
    let ann = sim.person("Ann");
    bot.ok("setWebhook", json!({ "url": hook.url })).await;
    ann.says(&ann, "one");
    ann.says(&ann, "two");
    for _ in 0..2 {
        assert_eq!(hook.next().await.1["message"]["text"], "one");
    }
    sim.clock().advance(Duration::from_millis(900));
    tokio::task::yield_now().await;
    assert!(
        hook.arrived.try_recv().is_err(),
        "the second retry waits, and holds the lane"
    );
    let info = bot.ok("getWebhookInfo", json!({})).await;
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 502 Bad Gateway"
    );
    assert_eq!(info["pending_update_count"], 2);
    // A press of the same person is in another lane and is not held up.
    ann.taps_data(&ann, 1, "x");
    assert_eq!(hook.next().await.1["callback_query"]["data"], "x");
    sim.clock().advance(Duration::from_secs(1));
    assert_eq!(hook.next().await.1["message"]["text"], "one");
    assert_eq!(hook.next().await.1["message"]["text"], "two");
    sim.wait_until_fetched().await;
}

#[tokio::test]
async fn a_press_that_cannot_be_delivered_is_given_up_after_150_seconds() {
    let (sim, bot) = start().await;
    let mut hook = receiver(vec![StatusCode::SERVICE_UNAVAILABLE; 40]).await;
    let ann = sim.person("Ann");
    bot.ok("setWebhook", json!({ "url": hook.url })).await;
    ann.taps_data(&ann, 1, "lost");
    hook.next().await;
    sim.clock().advance(Duration::from_secs(150));
    sim.wait_until_fetched().await;
    hook.script.lock().expect("a lock").clear();
    while hook.arrived.try_recv().is_ok() {}
    ann.says(&ann, "marker");
    assert_eq!(hook.next().await.1["message"]["text"], "marker");
}

#[tokio::test]
async fn telegram_itself_wants_https_and_certain_ports() {
    let (_sim, bot) = start_with(|options| options.allow_http_webhook = false).await;
    let refusal = bot
        .refused("setWebhook", json!({ "url": "http://example.com/hook" }))
        .await;
    assert_eq!(
        refusal,
        "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    );
    let refusal = bot
        .refused(
            "setWebhook",
            json!({ "url": "https://example.com:8080/hook" }),
        )
        .await;
    assert_eq!(
        refusal,
        "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
    );
}

#[tokio::test]
async fn setting_a_webhook_ends_a_running_poll() {
    let (sim, bot) = start().await;
    let hook = receiver(vec![]).await;
    let (poll, _) = tokio::join!(bot.raw("getUpdates", json!({ "timeout": 30 })), async {
        sim.wait_for_poll().await;
        bot.ok("setWebhook", json!({ "url": hook.url })).await
    });
    assert_eq!(
        poll["description"],
        "Conflict: terminated by setWebhook request"
    );
}
