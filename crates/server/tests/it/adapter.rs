//! What adapters may send, and everything that they, or someone who pretends to be one, may not.

mod asking;

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use signoff_contract::signature::{SigningSecret, sign};
use signoff_server::ServerOptions;

use crate::answer::{Answer, adapter_openapi};
use crate::world::{World, approval};

const CHAT: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const CHAT_BEFORE: &str = "whsec_/////////////////////////////////////////w==";
const OTHER: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3";
/// The second at which the world's clock stands.
const NOW: i64 = 1_767_323_045;

/// Two channels: one whose secret is being rotated, and another.
fn channels(options: &mut ServerOptions) {
    let secrets = |texts: &[&str]| {
        let texts = texts.iter();
        texts
            .map(|text| SigningSecret::parse(text).expect("a secret"))
            .collect()
    };
    options.adapters = [
        ("chat".to_owned(), secrets(&[CHAT, CHAT_BEFORE])),
        ("other".to_owned(), secrets(&[OTHER])),
    ]
    .into();
}

/// A message on its way to Signoff, which a test may bend.
#[derive(Clone)]
struct Message {
    method: Method,
    target: String,
    body: Option<String>,
    channel: Vec<&'static str>,
    secret: &'static str,
    id: &'static str,
    at: i64,
    /// What is signed, when that is not what is sent.
    signed: Option<String>,
    without: Option<&'static str>,
}

impl Message {
    fn post(operation: &str, body: &Value) -> Self {
        Self {
            method: Method::POST,
            target: format!("/v1/adapter/{operation}"),
            body: Some(body.to_string()),
            channel: vec!["chat"],
            secret: CHAT,
            id: "event-1",
            at: NOW,
            signed: None,
            without: None,
        }
    }

    fn pending(user_id: &str) -> Self {
        Self {
            method: Method::GET,
            target: format!("/v1/adapter/pending?user_id={user_id}"),
            body: None,
            ..Self::post("", &Value::Null)
        }
    }

    fn of(self, channel: &'static str, secret: &'static str) -> Self {
        Self {
            channel: vec![channel],
            secret,
            ..self
        }
    }

    async fn to(self, world: &World) -> Answer {
        let sent = self.body.clone().unwrap_or_default();
        let proper = self.body.unwrap_or_else(|| self.target.clone());
        let signed = self.signed.unwrap_or(proper);
        let secret = SigningSecret::parse(self.secret).expect("a secret");
        // An id with a full stop cannot be signed; then any signature stands for one.
        let signature = sign(&[secret], self.id, self.at, signed.as_bytes());
        let signature = signature.unwrap_or_else(|_| "v1,AAAA".to_owned());
        let nobody = world.nobody();
        let mut request = nobody.request(self.method, &self.target).body(sent);
        for channel in &self.channel {
            request = request.header("signoff-channel", *channel);
        }
        let at = self.at.to_string();
        for (name, value) in [
            ("webhook-id", self.id),
            ("webhook-timestamp", &at),
            ("webhook-signature", &signature),
        ] {
            if self.without != Some(name) {
                request = request.header(name, value);
            }
        }
        nobody.send(request, &self.target).await
    }
}

/// What Dee responds with a handle.
fn response(event: &str, prompt: &Value, handle: &Value) -> Value {
    json!({
        "event_id": event, "prompt_id": prompt, "handle": handle, "via": "button",
        "actor": { "user_id": "dee@chat", "display_name": "Dee" }, "occurred_at": "2026-01-02T03:04:05Z",
    })
}

/// Asks Dee; the prompt as it waits in the chat.
async fn asked(world: &World, name: &str) -> Value {
    let mut body = approval(name);
    body["route"] = "chat".into();
    body["risk"] = "low".into();
    let plane = world.as_("plane");
    plane.submit(&body).await.expect(StatusCode::ACCEPTED);
    let waiting = Message::pending("dee@chat")
        .to(world)
        .await
        .expect(StatusCode::OK);
    let prompts = waiting.body["prompts"].as_array().expect("a list");
    let of_name = |prompt: &&Value| prompt["request"]["correlation_id"] == name;
    prompts.iter().find(of_name).expect("it waits").clone()
}

#[tokio::test]
async fn a_response_decides_once_however_often_it_is_sent() {
    let world = World::start_with(channels).await;
    let prompt = asked(&world, "a").await;
    assert_eq!(prompt["recipients"][0]["address"], "dee@chat");
    let approve = &prompt["buttons"][0]["handle"];
    let message = Message::post("responses", &response("1", &prompt["prompt_id"], approve));
    let first = message.clone().to(&world).await.expect(StatusCode::OK);
    assert_eq!(first.body["result"], "applied");
    assert_eq!(first.body["message"], "Taken.");
    assert_eq!(first.body["outcome"]["decided_by"][0]["name"], "dee");
    // The same bytes again, and the same event signed with the secret before.
    assert_eq!(first.body["repeated"], false);
    let mut repeated = first.body.clone();
    repeated["repeated"] = true.into();
    // The prompt is the one thing that is told as it is now.
    repeated["prompt"] = Value::Null;
    for again in [message.clone(), message.of("chat", CHAT_BEFORE)] {
        let mut again = again.to(&world).await.body;
        assert_eq!(again["prompt"]["state"], "closed");
        again["prompt"] = Value::Null;
        assert_eq!(again, repeated);
    }
    let events = world.as_("reader").get("/v1/requests/a/events").await;
    let events = events.body["items"].as_array().expect("a list").clone();
    let decided = events
        .iter()
        .filter(|event| event["event_type"] == "approval.approved");
    assert_eq!(decided.count(), 1, "{events:#?}");
    assert!(
        Message::pending("dee@chat").to(&world).await.body["prompts"] == json!([]),
        "nothing waits any more"
    );
}

#[tokio::test]
async fn nothing_that_is_not_signed_by_the_channel_is_believed() {
    let world = World::start_with(channels).await;
    let prompt = asked(&world, "a").await;
    let body = response("1", &prompt["prompt_id"], &prompt["buttons"][0]["handle"]);
    let good = Message::post("responses", &body);
    let other = response("1", &prompt["prompt_id"], &prompt["buttons"][1]["handle"]);
    let bend = |change: &dyn Fn(&mut Message)| {
        let mut message = good.clone();
        change(&mut message);
        message
    };
    let pending = Message::pending("dee@chat");
    let table: Vec<(&str, Message)> = vec![
        ("another channel's secret", good.clone().of("chat", OTHER)),
        ("another channel's name", good.clone().of("other", CHAT)),
        ("an unknown channel", good.clone().of("nobody", CHAT)),
        ("a channel that is none", good.clone().of("telegram", CHAT)),
        ("no channel", bend(&|m| m.channel = vec![])),
        ("two channels", bend(&|m| m.channel = vec!["chat", "other"])),
        (
            "the same channel twice",
            bend(&|m| m.channel = vec!["chat", "chat"]),
        ),
        (
            "no signature",
            bend(&|m| m.without = Some("webhook-signature")),
        ),
        ("no time", bend(&|m| m.without = Some("webhook-timestamp"))),
        ("no id", bend(&|m| m.without = Some("webhook-id"))),
        ("an id with a full stop", bend(&|m| m.id = "event.1")),
        ("too old", bend(&|m| m.at = NOW - 301)),
        ("from the future", bend(&|m| m.at = NOW + 301)),
        (
            "another body",
            bend(&|m| m.signed = Some(other.to_string())),
        ),
        (
            "a body that was not there",
            bend(&|m| m.signed = Some(String::new())),
        ),
        (
            "a question about somebody else",
            Message {
                signed: Some("/v1/adapter/pending?user_id=cy@chat".to_owned()),
                ..pending.clone()
            },
        ),
        (
            "a question signed as an empty body",
            Message {
                signed: Some(String::new()),
                ..pending.clone()
            },
        ),
    ];
    for (what, message) in table {
        let answer = message.to(&world).await.expect(StatusCode::UNAUTHORIZED);
        assert_eq!(answer.code(), "unauthenticated", "{what}");
        assert_eq!(
            answer.header("www-authenticate"),
            "Webhook-Signature realm=\"signoff\"",
            "{what}"
        );
    }
    // A key is no signature.
    let plane = world.as_("plane");
    let by_key = plane.post("/v1/adapter/responses", &body).await;
    assert_eq!(by_key.status, StatusCode::UNAUTHORIZED);
    assert_eq!(plane.get("/v1/requests/a").await.body["status"], "pending");
    // At the edge of the tolerance it is.
    let late = bend(&|message| message.at = NOW - 300);
    assert_eq!(late.to(&world).await.body["result"], "applied");
}

#[tokio::test]
async fn who_guesses_signatures_is_slowed_down_and_the_adapter_beside_them_is_not() {
    let world = World::start_with(channels).await;
    let guess = Message::pending("dee@chat").of("chat", OTHER);
    let mut last = StatusCode::UNAUTHORIZED;
    for _ in 0..31 {
        last = guess.clone().to(&world).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let good = Message::pending("dee@chat").to(&world).await;
    assert_eq!(good.status, StatusCode::OK);
}

#[tokio::test]
async fn a_channel_speaks_for_its_own_people_and_about_its_own_prompts() {
    let world = World::start_with(channels).await;
    let (a, b) = (asked(&world, "a").await, asked(&world, "b").await);
    let approve = &a["buttons"][0]["handle"];
    let of_a = response("1", &a["prompt_id"], approve);
    let mut by_other = of_a.clone();
    by_other["actor"]["user_id"] = "dee@other".into();
    let mut by_stranger = of_a.clone();
    by_stranger["actor"]["user_id"] = "dee@other".into();
    let mixed = response("2", &b["prompt_id"], approve);
    let made_up = response("3", &a["prompt_id"], &"A".repeat(47).into());
    let unknown = response("4", &"prm_01JD0000000000000000000000".into(), approve);
    let table = [
        (
            "another channel, its own person",
            Message::post("responses", &by_other).of("other", OTHER),
            "invalid",
        ),
        (
            "another channel, this one's person",
            Message::post("responses", &of_a).of("other", OTHER),
            "invalid",
        ),
        (
            "an identity of another channel",
            Message::post("responses", &by_stranger),
            "not_authorised",
        ),
        (
            "a handle of another prompt",
            Message::post("responses", &mixed),
            "invalid",
        ),
        (
            "a handle that nobody sealed",
            Message::post("responses", &made_up),
            "invalid",
        ),
        (
            "a prompt that is not there",
            Message::post("responses", &unknown),
            "invalid",
        ),
    ];
    for (what, message, result) in table {
        let answer = message.to(&world).await.expect(StatusCode::OK);
        assert_eq!(answer.body["result"], result, "{what}");
        assert_eq!(answer.body["outcome"], Value::Null, "{what}");
    }
    for name in ["a", "b"] {
        let now = world
            .as_("plane")
            .get(&format!("/v1/requests/{name}"))
            .await;
        assert_eq!(now.body["status"], "pending", "{name}");
    }
    // Dee is known in the other channel too, and nothing was shown there.
    let elsewhere = Message::pending("dee@other")
        .of("other", OTHER)
        .to(&world)
        .await;
    assert_eq!(elsewhere.body, json!({ "prompts": [], "more": 0 }));
    let stranger = Message::pending("dee@other").to(&world).await;
    assert_eq!(stranger.body["prompts"], json!([]));
}

#[tokio::test]
async fn what_signoff_sent_itself_is_nothing_when_it_comes_back() {
    let world = World::start_with(channels).await;
    let prompt = asked(&world, "a").await;
    for operation in ["responses", "receipts", "pairings"] {
        let reflected = Message::post(operation, &prompt).to(&world).await;
        assert_eq!(reflected.status, StatusCode::BAD_REQUEST, "{operation}");
        assert_eq!(reflected.code(), "validation_failed");
    }
}

#[tokio::test]
async fn bodies_and_queries_are_read_strictly() {
    let world = World::start_with(channels).await;
    let prompt = asked(&world, "a").await;
    let mut body = response("1", &prompt["prompt_id"], &prompt["buttons"][0]["handle"]);
    body["channel"] = "other".into();
    let refused = Message::post("responses", &body).to(&world).await;
    assert_eq!(refused.field_errors(), [("/channel", "unknown_field")]);
    let mut no_json = Message::post("receipts", &json!({}));
    no_json.body = Some("{".to_owned());
    let refused = no_json.to(&world).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused.code(), "invalid_json");
    let mut long = Message::post("receipts", &json!({}));
    long.body = Some(" ".repeat(300 * 1024));
    let refused = long.to(&world).await.expect(StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.code(), "payload_too_large");
    for target in [
        "/v1/adapter/pending",
        "/v1/adapter/pending?user_id=",
        "/v1/adapter/pending?user=dee",
    ] {
        let mut question = Message::pending("");
        question.target = target.to_owned();
        let refused = question.to(&world).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(refused.code(), "validation_failed", "{target}");
    }
    let stale = json!({ "event_id": "1", "prompt_id": prompt["prompt_id"], "revision": 1, "state": "shown" });
    let nobody_waits = Message::post("receipts", &stale).to(&world).await;
    assert_eq!(nobody_waits.body, json!({ "result": "stale" }));
}

#[tokio::test]
async fn a_token_makes_a_person_of_the_channel_known_once() {
    let (world, engine) = World::start_idle(channels).await;
    let expires = "2026-01-03T00:00:00Z".parse().expect("a time");
    let hash = Sha256::digest(b"the-token").into();
    let by = signoff_core::audit::Actor::operator("test");
    let invited = engine.store().invite("cy", hash, expires, by);
    invited.await.expect("an invitation");
    let pair = |token: &str, user_id: &str| {
        let body = json!({ "token": token, "user_id": user_id, "display_name": "Cy" });
        Message::post("pairings", &body)
    };
    let wrong = pair("another", "cy@chat").to(&world).await;
    assert_eq!(wrong.body, json!({ "result": "invalid_token" }));
    let paired = pair("the-token", "cy@chat").to(&world).await;
    assert_eq!(paired.body, json!({ "result": "paired", "approver": "cy" }));
    let again = pair("the-token", "cy@chat").to(&world).await;
    assert_eq!(again.body, json!({ "result": "taken", "approver": "cy" }));
    let by_another = pair("the-token", "eve@chat").to(&world).await;
    assert_eq!(by_another.body, json!({ "result": "invalid_token" }));
    let taken = pair("the-token", "dee@chat").to(&world).await;
    assert_eq!(taken.body, json!({ "result": "taken", "approver": "dee" }));
}

#[tokio::test]
async fn the_documents_operations_are_there_and_its_references_lead_somewhere() {
    let world = World::start_with(channels).await;
    let paths = adapter_openapi()["paths"].as_object().expect("paths");
    let ours: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    assert_eq!(
        ours,
        BTreeSet::from([
            "/v1/adapter/handles/{handle}",
            "/v1/adapter/notes",
            "/v1/adapter/pairings",
            "/v1/adapter/pending",
            "/v1/adapter/person",
            "/v1/adapter/receipts",
            "/v1/adapter/responses",
            "/v1/prompts/{prompt_id}",
        ])
    );
    for path in ours.iter().filter(|path| path.starts_with("/v1/adapter/")) {
        for (name, method) in [("get", Method::GET), ("post", Method::POST)] {
            let answer = world.nobody().request(method, path).send().await;
            let there = answer.expect("an answer").status() != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(there, paths[*path].get(name).is_some(), "{name} {path}");
        }
    }
    let text = adapter_openapi().to_string();
    let mut found = 0;
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(adapter_openapi().pointer(pointer).is_some(), "{pointer}");
        found += 1;
    }
    assert!(found > 20, "{found}");
}
