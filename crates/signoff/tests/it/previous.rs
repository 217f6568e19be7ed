//! The program in the place of the bots that it replaces: started with their environment and no
//! file, called as they were called, in a simulated Telegram.

use std::net::TcpListener;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use signoff_telegram_sim::{Sim, SimOptions};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::world::{PATIENCE, Service, World};

/// A caller of the bots: what it asks with, and where it is called back.
struct Mcp {
    http: reqwest::Client,
    callback: String,
    heard: Receiver<(HeaderMap, String)>,
}

impl Mcp {
    async fn start() -> Self {
        let (sender, heard) = channel(16);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/callback", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/callback", post(hear))
            .with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            callback,
            heard,
        }
    }

    async fn asks(&self, url: &str, body: &Value) -> String {
        let answer = self.http.post(url).body(body.to_string()).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        answer.text().await.unwrap()
    }

    /// The next callback: its headers and its body.
    async fn hears(&mut self) -> (HeaderMap, String) {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        heard.unwrap().unwrap()
    }

    fn approval(&self) -> Value {
        json!({
            "correlation_id": "corr-1",
            "tool": "k8s.delete",
            "arguments": { "name": "pod-1" },
            "justification": "The pod hangs.",
            "approval_request": "May I delete pod-1?",
            "risk_assessment": "It restarts at once.",
            "callback": { "url": self.callback },
        })
    }
}

async fn hear(
    State(sender): State<Sender<(HeaderMap, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let body = String::from_utf8(body.to_vec()).unwrap();
    sender.send((headers, body)).await.unwrap();
    StatusCode::OK
}

/// The environment of one of the bots, in this Telegram.
fn environment(prefix: &str, sim: &Sim, chat: i64) -> World {
    let mut world = World::bare();
    world.set(&format!("{prefix}_TOKEN"), sim.bot_token());
    world.set(&format!("{prefix}_CHAT_ID"), &chat.to_string());
    world.set(&format!("{prefix}_HTTP_HOST"), "127.0.0.1");
    world.set(&format!("{prefix}_HTTP_PORT"), "0");
    world.set("SIGNOFF_TELEGRAM__API_URL", &sim.api_url());
    world
}

/// Where the endpoints are.
fn drop_in(service: &Service) -> String {
    let words = "the drop-in endpoints are at ";
    service.wait_for(words);
    let log = service.log();
    let (_, rest) = log.split_once(words).unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_approvers_environment_and_no_file_it_is_that_bot() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let ann = sim.new_person("Ann").id(1001).create();
    ann.starts();
    let mut mcp = Mcp::start().await;
    let world = environment("TG_APPROVER", &sim, ann.id());
    let service = Service::start(&world);
    let url = drop_in(&service);
    sim.next_message(ann.id()).await;
    let queued = mcp.asks(&format!("{url}/approve"), &mcp.approval()).await;
    let expected = r#"{"decision":"pending","reason":"queued","correlation_id":"corr-1"}"#;
    assert_eq!(queued, format!("{expected}\n"));
    let card = sim.next_message(ann.id()).await;
    for shown in [
        "May I delete pod-1?",
        "k8s.delete",
        "pod-1",
        "The pod hangs.",
        "It restarts at once.",
    ] {
        assert!(card.text.contains(shown), "{shown}: {}", card.text);
    }
    // The health check of a container asks at the port that the configuration names: 0 is none.
    let unknown = world.run(&["health"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    ann.taps(&card, "✅ Approve").answer().await;
    let (headers, body) = mcp.hears().await;
    assert_eq!(
        body,
        r#"{"correlation_id":"corr-1","decision":"approve","reason":"approved","tool":"k8s.delete"}"#
    );
    assert_eq!(headers["content-type"], "application/json");
    assert!(
        headers["webhook-signature"]
            .to_str()
            .unwrap()
            .starts_with("v1,")
    );
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("callbacks.allow"), "{log}");
    let secret = sim.bot_token().split(':').nth(1).unwrap();
    assert!(!log.contains(secret), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_executors_environment_and_a_group_only_the_named_count() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let ann = sim.new_person("Ann").id(1001).create();
    let eve = sim.new_person("Eve").id(6666).create();
    let group = sim.group("Operations", &[&ann, &eve]).supergroup().create();
    let mut mcp = Mcp::start().await;
    let mut world = environment("TG_EXECUTOR", &sim, group.id());
    world.set("SIGNOFF_APPROVER_IDS", "1001");
    world.set("TG_EXECUTOR_LANG", "ru");
    let service = Service::start(&world);
    let question = json!({
        "correlation_id": "corr-2",
        "tool": { "name": "ask.owner" },
        "arguments": { "question": "Which way shall it go?", "options": ["left", "right"] },
        "callback": { "url": mcp.callback },
    });
    mcp.asks(&format!("{}/execute", drop_in(&service)), &question)
        .await;
    let card = sim
        .wait_for_message(group.id(), |message| message.text.contains("Which way"))
        .await;
    assert!(card.text.contains("Вопрос"), "{}", card.text);
    let refused = eve.taps(&card, "right").answer().await;
    assert!(refused.show_alert, "{refused:?}");
    ann.taps(&card, "left").answer().await;
    let (_, body) = mcp.hears().await;
    assert_eq!(
        body,
        concat!(
            r#"{"correlation_id":"corr-2","result":{"custom":false,"input_mode":"button","#,
            r#""question":"Which way shall it go?","selected_index":0,"selected_option":"left"},"#,
            r#""status":"success","tool":"ask.owner"}"#
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_posts_to_the_webhook_that_the_bot_had() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let ann = sim.new_person("Ann").id(1001).create();
    ann.starts();
    let mut mcp = Mcp::start().await;
    // The port must be known before: Telegram is told where to post.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut world = environment("TG_APPROVER", &sim, ann.id());
    world.set("TG_APPROVER_HTTP_PORT", &address.port().to_string());
    world.set(
        "TG_APPROVER_WEBHOOK_URL",
        &format!("http://{address}/webhook"),
    );
    world.set("TG_APPROVER_WEBHOOK_SECRET", "hunter2-webhook");
    let service = Service::start(&world);
    sim.wait_for_call(|call| call.method.eq_ignore_ascii_case("setWebhook"))
        .await;
    let url = drop_in(&service);
    mcp.asks(&format!("{url}/approve"), &mcp.approval()).await;
    let card = sim
        .wait_for_message(ann.id(), |message| message.text.contains("May I delete"))
        .await;
    ann.taps(&card, "❌ Deny").answer().await;
    let (_, body) = mcp.hears().await;
    assert_eq!(
        body,
        r#"{"correlation_id":"corr-1","decision":"deny","reason":"denied","tool":"k8s.delete"}"#
    );
    assert!(sim.calls_of("getUpdates").is_empty());
    // What the container's health check runs.
    let healthy = world.ok(&["health"]);
    assert_eq!(healthy.stderr, format!("{address} is ready\n"));
    let guessed = mcp
        .http
        .post(format!("{url}/webhook"))
        .body(r#"{"update_id":1}"#);
    assert_eq!(
        guessed.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_the_previous_bot_are_answered_in_every_language() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let people = [
        (
            "en",
            "This request was made by the previous bot; ask for it again",
        ),
        ("ru", "Этот запрос создал прежний бот; отправьте его заново"),
        ("zh-hans", "此请求由之前的机器人发出，请重新发起"),
    ]
    .map(|(language, said)| {
        let person = sim.new_person(language).language(language).create();
        person.starts();
        (person, said)
    });
    let world = environment("TG_APPROVER", &sim, people[0].0.id());
    let _service = Service::start(&world);
    for (person, said) in people {
        let greeted = sim.next_message(person.id()).await;
        for data in [
            "approve:corr-1",
            "deny:corr-1",
            "deny_reason:corr-1",
            "option:corr-1|2",
            "delete:17",
        ] {
            let answer = person
                .taps_data(person.id(), greeted.message_id, data)
                .answer()
                .await;
            assert_eq!(answer.text, said, "{data}");
            assert!(answer.show_alert, "{data}");
        }
        let answer = person
            .taps_data(person.id(), greeted.message_id, "vote:1")
            .answer()
            .await;
        assert_ne!(answer.text, said);
    }
}
